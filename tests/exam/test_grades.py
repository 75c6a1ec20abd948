"""Grades, and the exit code of a run."""

import pytest

from mockserver.exam.grades import NO_GRADE, RULE, STEPS, final_grade, grade
from mockserver.exam.results import CaseState, ExamRun
from tests.exam.support import run_of

GRADES = {(10, 0): "A", (9, 1): "B", (8, 2): "C", (5, 5): "D", (4, 6): "F", (0, 1): "F", (0, 0): NO_GRADE}
"""(Passed, failed) -> the grade."""


@pytest.mark.parametrize("counts", GRADES)
def test_a_grade_is_the_share_of_the_applicable_cases_that_pass(counts: tuple[int, int]) -> None:
    passed, failed = counts
    good: list[CaseState] = ["pass"] * passed
    bad: list[CaseState] = ["fail"] * failed
    states: list[CaseState] = [*good, *bad, "not applicable", "error"]
    assert grade(run_of(*states).results) == GRADES[counts]


def test_an_accepted_failure_counts_as_failed() -> None:
    assert grade(run_of("pass", "accepted").results) == "D"


def test_an_exam_that_stopped_has_no_grade_however_well_it_began() -> None:
    assert final_grade(run_of("pass")) == "A"
    assert final_grade(run_of("pass", stopped="the client sent no request")) == NO_GRADE


def test_the_rule_says_the_steps() -> None:
    for share, letter in STEPS[1:-1]:
        assert f"{letter}: {100 * share:.0f} %" in RULE


EXIT_CODES: list[tuple[ExamRun, int]] = [
    (run_of("pass", "not applicable", "accepted"), 0),
    (run_of("pass", "fail"), 1),
    (run_of("pass", complaints=("Baseline: stale",)), 1),
    (run_of("pass", "error", "fail"), 2),
    (run_of("fail", stopped="interrupted"), 2),
]


@pytest.mark.parametrize(("run", "code"), EXIT_CODES)
def test_the_exit_code_says_whether_something_failed(run: ExamRun, code: int) -> None:
    assert run.exit_code == code
