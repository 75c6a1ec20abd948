"""Grades: one for each theme, and none where too little was examined."""

import pytest

from mockserver.contracts.promises import PROMISES
from mockserver.gate.grades import THEMES, grade, themes
from mockserver.gate.results import PromiseResult, RunResults

PROMISE = PROMISES["latency"]
KEPT, IDLE = PromiseResult(PROMISE, examined=1), PromiseResult(PROMISE)
BROKEN, ABSENT = PromiseResult(PROMISE, examined=1, broken=1), PromiseResult(PROMISE, absent="404")


@pytest.mark.parametrize(
    ("kept", "broken", "idle", "letter"),
    [
        (10, 0, 0, "A"),
        (9, 0, 1, "A"),
        (8, 0, 2, "B"),
        (19, 1, 0, "C"),
        (9, 1, 0, "D"),
        (8, 2, 0, "E"),
        (1, 1, 0, "F"),
        (4, 0, 6, "–"),
        (0, 0, 0, "–"),
    ],
)
def test_a_grade_comes_from_what_is_broken_and_what_was_examined(
    kept: int, broken: int, idle: int, letter: str
) -> None:
    assert grade([*[KEPT] * kept, *[BROKEN] * broken, *[IDLE] * idle, ABSENT, ABSENT]) == letter


def test_every_group_of_promises_has_one_theme() -> None:
    groups = [group for groups in THEMES.values() for group in groups]
    assert sorted(groups) == sorted({promise.group for promise in PROMISES.values()})


def test_a_theme_without_a_promise_in_force_has_no_grade() -> None:
    graded = themes(RunResults(lambda promise: promise.group == "auth"))
    assert [(theme.theme, theme.grade, theme.kept) for theme in graded] == [("Access", "–", 0)]
