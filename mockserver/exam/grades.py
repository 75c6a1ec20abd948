"""Grades: how many of the applicable cases a client passes, as one letter."""

from collections.abc import Iterable

from mockserver.exam.results import CaseResult, ExamRun

STEPS = ((1.0, "A"), (0.9, "B"), (0.75, "C"), (0.5, "D"), (0.0, "F"))
"""The least share of passed cases -> the grade."""

NO_GRADE = "-"
"""The grade where no case is applicable, and of an exam that could not be held."""

RULE = "A: all applicable cases pass; B: 90 % of them; C: 75 %; D: 50 %; F: fewer. Accepted failures count as failed."


def grade(results: Iterable[CaseResult]) -> str:
    """Return the grade of some results."""
    judged = [result for result in results if result.is_judged]
    if not judged:
        return NO_GRADE
    share = sum(result.state == "pass" for result in judged) / len(judged)
    return next(letter for least, letter in STEPS if share >= least)


def final_grade(run: ExamRun) -> str:
    """Return the grade of a whole exam; an exam that stopped early has none, however well it began."""
    return NO_GRADE if run.stopped else grade(run.results)
