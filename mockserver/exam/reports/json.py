"""The exam as JSON: everything that is known of it, for programs."""

import time
from typing import Any

import orjson

from mockserver import __version__
from mockserver.exam.grades import RULE, final_grade, grade
from mockserver.exam.reports.terminal import headline
from mockserver.exam.results import STATES, CaseResult, ExamRun
from mockserver.gate.reports.text import encodable


def render(run: ExamRun) -> bytes:
    """Return the whole exam."""
    return orjson.dumps(encodable(as_value(run)), option=orjson.OPT_INDENT_2) + b"\n"


def as_value(run: ExamRun) -> dict[str, Any]:  # Any: JSON
    """Return the whole exam as plain data."""
    return {
        "tool": f"mockserver exam {__version__}",
        "client": run.client,
        "habits": run.habits,
        "seed": run.seed,
        "began": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(run.began)),
        "seconds": round(run.seconds, 3),
        "verdict": headline(run),
        "grade": final_grade(run),
        "grades": {theme: grade(results) for theme, results in run.themes.items()},
        "rule": RULE,
        "counts": {state: len(run.of(state)) for state in STATES},
        "stopped": run.stopped,
        "complaints": run.complaints,
        "cases": [_case(result) for result in run.results],
    }


def _case(result: CaseResult) -> dict[str, Any]:  # Any: JSON
    header = result.case.header
    return {
        "name": result.case.name,
        "theme": header.theme,
        "state": result.state,
        "reason": result.reason,
        "gateway": header.gateway,
        "right": header.right,
        "why": header.why,
        "source": header.source,
        "seconds": round(result.seconds, 3),
        "findings": [finding._asdict() for finding in result.findings],
        "timeline": result.timeline,
        "output": result.output if result.state in ("fail", "error") else "",
    }
