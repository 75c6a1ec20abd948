"""The goals: what meets one, how far a figure is from one, and when a figure is worse than an earlier one."""

import pytest

from benchmarks.__main__ import SUBJECTS
from benchmarks.goals import GOALS, Figure, Goal, Sense, distance, is_met, is_worse, worse

RATIO = Goal("a.cpu", "work", "CPU µs", "bare", 1.5)
VALUE = Goal("a.memory", "work", "MB", "bare", 10.0, False, noise=2.0)
RATE = Goal("a.rate", "work", "requests/s", "another", 2.5, sense=Sense.AT_LEAST)


def test_every_goal_has_a_name_of_its_own_and_a_measurement() -> None:
    assert len({goal.key for goal in GOALS}) == len(GOALS)
    assert {goal.subject for goal in GOALS} == set(SUBJECTS)


@pytest.mark.parametrize(
    ("goal", "figure", "met", "far"),
    [
        (RATIO, Figure(30.0, 20.0, 1.5), True, 1.0),
        (RATIO, Figure(60.0, 20.0, 3.0), False, 2.0),
        (VALUE, Figure(5.0, 1.0, 5.0), True, 0.5),
        (VALUE, Figure(20.0), False, 2.0),
        (RATE, Figure(500.0, 100.0, 5.0), True, 0.5),
        (RATE, Figure(125.0, 100.0, 1.25), False, 2.0),
    ],
)
def test_a_goal_limits_the_ratio_or_the_value(goal: Goal, figure: Figure, met: bool, far: float) -> None:
    assert is_met(goal, figure) is met
    assert distance(goal, figure) == pytest.approx(far)


def test_nothing_at_all_is_far_better_than_a_limit() -> None:
    assert distance(VALUE, Figure(0.0)) < 0.001
    assert distance(VALUE, Figure(-3.0)) < 0.001


@pytest.mark.parametrize(
    ("goal", "now", "then", "expected"),
    [
        (RATIO, Figure(1.0, 1.0, 1.14), Figure(1.0, 1.0, 1.0), False),
        (RATIO, Figure(1.0, 1.0, 1.16), Figure(1.0, 1.0, 1.0), True),
        (RATIO, Figure(9.0, 9.0, 1.0), Figure(1.0, 1.0, 1.0), False),  # a slower machine, for both
        (RATE, Figure(1.0, 1.0, 0.88), Figure(1.0, 1.0, 1.0), False),
        (RATE, Figure(1.0, 1.0, 0.86), Figure(1.0, 1.0, 1.0), True),
        (VALUE, Figure(1.9), Figure(0.1), False),  # no more than noise
        (VALUE, Figure(12.0), Figure(8.0), True),
        (VALUE, Figure(12.0, 4.0, 3.0), Figure(8.0), True),  # no ratio to compare with
    ],
)
def test_a_figure_is_worse_if_its_ratio_is_worse_by_more_than_15_percent(
    goal: Goal, now: Figure, then: Figure, expected: bool
) -> None:
    assert is_worse(goal, now, then) is expected


def test_rows_that_both_runs_have_are_compared() -> None:
    then = {"whole.cpu": Figure(1.0, 1.0, 1.0), "whole.rate": Figure(1.0, 1.0, 1.0), "gone": Figure(1.0)}
    now = {"whole.cpu": Figure(2.0, 1.0, 2.0), "whole.rate": Figure(2.0, 1.0, 2.0), "streams.cpu": Figure(9.0)}
    assert [goal.key for goal in worse(now, then)] == ["whole.cpu"]
