"""The result of a measurement beside the goals: rows, limits and remarks; and the arithmetic of rounds.

The machine is never quiet, and its clock rate drifts. So everything is measured in rounds, in which the competitors
take turns. A ratio is the median of the rounds' own ratios, not the ratio of two medians: a disturbed round is
disturbed for both. A slow machine does fewer rounds, and takes no more time.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median
from typing import NamedTuple, TypeVar

from benchmarks.goals import Figure

T = TypeVar("T")

ROUNDS = 5
LIMIT = 20.0
"""Seconds after which no further round begins, unless a measurement says otherwise."""


class Row(NamedTuple):
    """One line of the table: a cost of the mock, and of its competitor, if there is one."""

    what: str
    unit: str
    mock: float
    beside: float | None = None
    ratio: float | None = None
    remark: str = ""


class Limit(NamedTuple):
    """The limit of a value, and a remark that helps to judge it."""

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
    """The result of one detail."""

    rows: Sequence[Row]
    limits: Sequence[Limit] = ()
    remarks: Sequence[str] = ()


def rounds(measures: Mapping[str, Callable[[], T]], count: int = ROUNDS, limit: float = LIMIT) -> dict[str, list[T]]:
    """Run every measure once a round. The order rotates, so that none always goes first."""
    names = list(measures)
    end = time.perf_counter() + limit
    values: dict[str, list[T]] = {name: [] for name in names}
    for number in range(count):
        for name in _turned(names, number):
            values[name].append(measures[name]())
        if time.perf_counter() > end:
            break
    return values


def _turned(names: Sequence[str], by: int) -> Iterator[str]:
    for place in range(len(names)):
        yield names[(place + by) % len(names)]


def ratio(values: Sequence[float], others: Sequence[float]) -> float:
    """Return the median of the rounds' ratios."""
    return median([value / other for value, other in zip(values, others, strict=True)])


def medians(measured: Mapping[str, Sequence[T]], baseline: str, value: Callable[[T], float]) -> Figure:
    """Return the medians of one value of the mock and of a baseline, and the median of the rounds' ratios."""
    own, other = ([value(one) for one in measured[name]] for name in ("mock", baseline))
    return Figure(median(own), median(other), ratio(own, other))
