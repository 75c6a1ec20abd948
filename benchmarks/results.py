"""What a measurement gives: rows of the table, goals, and remarks; and the arithmetic of rounds.

The machine is never as quiet as one would like, and its clock rate drifts. So everything is measured in rounds, the
competitors take turns within each round, and a ratio is the median of the rounds' own ratios, not the ratio of
two medians: a round that was disturbed is disturbed for both. On a slow machine there are fewer rounds, not more time.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median
from typing import NamedTuple

ROUNDS = 5
LIMIT = 15.0
"""Seconds after which no further round begins."""


class Row(NamedTuple):
    """One line of the table: a cost of the mock, and of what stands beside it, if anything does."""

    what: str
    unit: str
    mock: float
    beside: float | None = None
    ratio: float | None = None
    remark: str = ""


class Goal(NamedTuple):
    """What a value may be at most, and what else helps to judge it."""

    what: str
    unit: str
    value: float
    limit: float
    remark: str = ""

    @property
    def met(self) -> bool:
        """Whether the value is within the limit."""
        return self.value <= self.limit


class Report(NamedTuple):
    """What one subject found."""

    rows: Sequence[Row]
    goals: Sequence[Goal] = ()
    remarks: Sequence[str] = ()


def rounds(measures: Mapping[str, Callable[[], float]], count: int = ROUNDS) -> dict[str, list[float]]:
    """Every measure once a round. The order turns with the rounds, so that none always goes first."""
    names = list(measures)
    end = time.perf_counter() + LIMIT
    found: dict[str, list[float]] = {name: [] for name in names}
    for number in range(count):
        for name in _turned(names, number):
            found[name].append(measures[name]())
        if time.perf_counter() > end:
            break
    return found


def _turned(names: Sequence[str], by: int) -> Iterator[str]:
    for place in range(len(names)):
        yield names[(place + by) % len(names)]


def ratio(values: Sequence[float], others: Sequence[float]) -> float:
    """The median of the rounds' ratios."""
    return median([value / other for value, other in zip(values, others, strict=True)])
