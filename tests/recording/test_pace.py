"""Measured times, rounded to what a person would write."""

import pytest

from mockserver.core.units import parse_duration
from mockserver.recording.pace import duration, pace_words

PACES: list[tuple[tuple[float, float, int], dict[str, object]]] = [
    ((0.0, 0.0, 0), {}),
    ((0.019, 0.019, 50), {}),
    ((0.3337, 0.0, 1), {"first": "330ms"}),
    ((1.249, 2.0, 81), {"first": "1.2s", "rate": "40/s"}),
    ((0.001, 10.0, 4), {"rate": "0.3/s"}),
    ((75.2, 0.0, 0), {"first": "75s"}),
]


@pytest.mark.parametrize(("measured", "words"), PACES)
def test_a_pace_has_two_digits_and_leaves_out_the_network(
    measured: tuple[float, float, int], words: dict[str, object]
) -> None:
    assert pace_words(*measured) == words


@pytest.mark.parametrize("seconds", [0.0201, 0.0999, 0.9949, 0.996, 1.0, 9.96, 61.0, 1234.0])
def test_a_duration_is_read_back_within_a_twentieth(seconds: float) -> None:
    assert parse_duration(duration(seconds)) == pytest.approx(seconds, rel=0.05)
