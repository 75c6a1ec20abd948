"""A run of the exam made by hand, for reports."""

from pathlib import Path

from mockserver.exam.cases import ExamCase
from mockserver.exam.results import Bar, CaseFinding, CaseResult, CaseState, ExamRun
from mockserver.scenarios.exam_header import ExamHeader
from mockserver.scenarios.schema import Scenario

EVIL = "<script>alert(1)</script>\x1b[2J"
"""What a hostile client may say."""


def case(name: str, theme: str = "credits") -> ExamCase:
    words = dict.fromkeys(["gateway", "right", "why", "source", "remedy"], "Words.")
    header = ExamHeader.model_validate(words | {"theme": theme})
    return ExamCase(name, header, Scenario.model_validate({"scenario": name, "turns": [{"reply": "Hi"}]}), Path(name))


def result(name: str, state: CaseState, theme: str = "credits") -> CaseResult:
    made = CaseResult(case(name, theme), state, timeline="  +0.000s  1. POST /v1/messages", output=EVIL, seconds=1.5)
    made.bars = (Bar(0.0, 0.5, 402, False, EVIL), Bar(1.0, 0.0, 0, True, "no answer"))
    if state == "fail":
        made.findings = (CaseFinding("retried-in-vain", f"a 402, {EVIL}", "Stop at 402."),)
    elif state != "pass":
        made.reason = f"because of {EVIL}"
    return made


def run_of(*states: CaseState, stopped: str = "", complaints: tuple[str, ...] = ()) -> ExamRun:
    results = [result(f"case-{number}", state) for number, state in enumerate(states)]
    run = ExamRun("python agent.py", "7", "Anthropic: 2 requests", results, 0.0, 12.0, stopped)
    run.complaints = list(complaints)
    return run


WHOLE = run_of("pass", "fail", "accepted", "not applicable", "error", complaints=("Baseline: x: passes now",))
"""A run with a result of each kind."""
