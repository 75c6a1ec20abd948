"""The run as JSON: everything that is known of it, for programs."""

import time
from dataclasses import asdict
from typing import Any

import orjson

from mockserver import __version__
from mockserver.contracts.check import Deviation
from mockserver.gate.causes import Cause, fingerprint
from mockserver.gate.grades import grade, themes
from mockserver.gate.reports.curl import curl
from mockserver.gate.reports.terminal import UNDECIDED, headline
from mockserver.gate.reports.text import encodable
from mockserver.gate.results import STATES, PromiseResult
from mockserver.gate.runner import GateRun


def as_value(run: GateRun) -> dict[str, Any]:
    """Return the whole run as plain data."""
    results, settings = run.results, run.settings
    counts = {state: len(results.of(state)) for state in STATES}
    return {
        "tool": f"mockserver contract {__version__}",
        "target": settings.url,
        "profile": settings.profile.name,
        "seed": settings.seed,
        "began": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(run.began)),
        "documented_only": settings.documented_only,
        "verdict": headline(run),
        "coverage": round(results.coverage, 1),
        "counts": counts,
        "requests": run.spent.requests,
        "tokens_at_most": run.spent.tokens,
        "seconds": round(run.seconds, 3),
        "stopped": run.stopped,
        "complaints": [*run.complaints, *run.gaps],
        "notes": run.notes,
        "passed": run.passed,
        "exit_code": run.exit_code,
        "answers_begin": {"median": round(run.pace.median, 4), "slowest": round(run.pace.slowest, 4)},
        "grade": grade(results.entries.values()),
        "themes": {theme.theme: theme.grade for theme in themes(results)},
        "trend": asdict(run.trend) if run.trend else None,
        "causes": [_cause(cause) for cause in results.causes()],
        "promises": [_entry(run, entry) for entry in results.entries.values()],
    }


def _entry(run: GateRun, entry: PromiseResult) -> dict[str, Any]:
    promise = entry.promise
    value: dict[str, Any] = {
        "name": promise.name,
        "group": promise.group,
        "state": entry.state,
        "sentence": promise.sentence,
        "sources": list(promise.sources),
        "section": promise.section,
        "examined": entry.examined,
    }
    if entry.state in UNDECIDED:
        value["why"] = entry.reason
    if entry.accepted:
        value["accepted"] = entry.accepted
    if entry.deviations:
        value["findings"] = [_finding(run, deviation) for deviation in entry.deviations]
    return value


def _cause(cause: Cause) -> dict[str, Any]:
    return {
        "cause": cause.what,
        "promises": list(cause.promises),
        "count": cause.count,
        "operations": dict(cause.operations),
    }


def _finding(run: GateRun, deviation: Deviation) -> dict[str, Any]:
    value: dict[str, Any] = {"got": deviation.got, "fingerprint": str(fingerprint(deviation))}
    if deviation.exchange is not None:
        response = deviation.exchange.response
        value["request"] = curl(run.settings.url, deviation.exchange.request)
        value["answer"] = {
            "status": response.status,
            "headers": [
                [name, "$COOKIE" if name == "set-cookie" else run.results.redact(text, deviation.exchange)]
                for name, text in response.headers
            ],
            "body": run.results.redact(response.body[:4000].decode("utf-8", "replace"), deviation.exchange),
            "ended": response.ended,
        }
    return value


def render(run: GateRun) -> bytes:
    """Return the run as JSON."""
    return orjson.dumps(encodable(as_value(run)), option=orjson.OPT_INDENT_2) + b"\n"
