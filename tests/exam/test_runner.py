"""The exam as a whole, without processes: a good client passes, and each bad one fails exactly where it is bad."""

import pytest

from mockserver.exam.cases import read_cases
from mockserver.exam.grades import grade
from mockserver.exam.results import ExamRun
from mockserver.exam.runner import Examiner, ExamSettings
from tests.support.exam_client import HABITS, StudiedClient

FAILS: dict[str, set[str]] = {
    "": set(),
    "retries 402": {"no-credits", "credits-run-out-in-a-tool-loop"},
    "ignores retry-after": {
        "rate-limited-once",
        "rate-limited-twice",
        "rate-limited-for-ever",
        "rate-limited-in-mid-run",
        "model-loading",
    },
    "accepts truncated streams": {
        "cut-before-the-first-event",
        "cut-before-the-stop-reason",
        "cut-in-a-tool-call",
        "cut-in-the-text",
        "quiet-end",
        "reset-in-the-text",
    },
    "leaks its key": {"key-kept-secret", "key-kept-secret-in-errors"},
}
"""Habit -> the cases that must fail."""


NOT_APPLICABLE = {"credits-gone-later", "silent-for-ever", "stalls-for-ever", "cut-in-the-body"}
"""Cases that do not concern a streaming tool loop whose time limit is not known; all others come about."""


def hold(habit: str) -> ExamRun:
    return Examiner(StudiedClient(habit), read_cases(), ExamSettings(jobs=8, virtual=True)).hold()


@pytest.mark.parametrize("habit", ["", *HABITS])
def test_a_client_fails_exactly_where_it_is_bad(habit: str) -> None:
    run = hold(habit)
    failed = {result.case.name: [finding.name for finding in result.findings] for result in run.of("fail")}
    assert set(failed) == FAILS[habit], failed
    assert (run.of("error"), run.stopped) == ([], "")
    assert {result.case.name for result in run.of("not applicable")} == NOT_APPLICABLE
    assert run.exit_code == int(bool(habit))
    assert (grade(run.results) == "A") == (not habit)
