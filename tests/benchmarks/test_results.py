"""The arithmetic of rounds."""

from benchmarks.goals import Figure
from benchmarks.results import medians, ratio, rounds


def test_every_measure_has_its_turn_and_none_always_goes_first() -> None:
    order: list[str] = []
    rounds({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, 2)
    assert order == ["a", "b", "b", "a"]


def test_no_round_begins_when_the_time_is_over() -> None:
    assert rounds({"a": lambda: 1.0}, 3, limit=-1.0) == {"a": [1.0]}


def test_a_ratio_is_the_median_of_the_rounds_ratios() -> None:
    assert ratio([2.0, 40.0, 2.0], [1.0, 20.0, 2.0]) == 2.0  # a round that was disturbed was so for both


def test_medians_of_one_value_make_a_figure() -> None:
    measured = {"mock": [{"cpu": 2.0}, {"cpu": 6.0}, {"cpu": 4.0}], "bare": [{"cpu": 1.0}, {"cpu": 2.0}, {"cpu": 2.0}]}
    assert medians(measured, "bare", lambda one: one["cpu"]) == Figure(4.0, 2.0, 2.0)
