"""How fast a target answers, which are the figures behind the promise `latency`; and how far a run is."""

import statistics
from collections import deque
from dataclasses import dataclass, field

MOST_ANSWERS = 10_000
"""A soak has no end, but its memory has: the oldest figures are forgotten."""


@dataclass
class AnswerPace:
    """The seconds until each answer began."""

    firsts: deque[float] = field(default_factory=lambda: deque(maxlen=MOST_ANSWERS))

    @property
    def median(self) -> float:
        """The median, or 0 without an answer."""
        return statistics.median(self.firsts) if self.firsts else 0.0

    @property
    def slowest(self) -> float:
        """The longest time, or 0 without an answer."""
        return max(self.firsts, default=0.0)

    def __str__(self) -> str:
        return f"{seconds(self.median)} in the median, {seconds(self.slowest)} at most"


def seconds(value: float) -> str:
    """Return a time for people: 12 ms, 2.1 s."""
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"


FIRST_ESTIMATE = 5
"""Probes before the time that is left can be estimated."""


def how_far(probe: str, number: int, total: int, took: float, requests: int, broken: int = 0) -> str:
    """Return how far a run is, how many promises are broken, and after some probes about how long the rest takes."""
    left = took / (number - 1) * (total - number + 1) if number > FIRST_ESTIMATE else 0.0
    words = f", about {left:.0f} s left" if left >= 1 else ""
    found = f", {broken} broken" if broken else ""
    return f"{number}/{total} {probe.replace('_', ' ')}, {requests} requests{found}{words}"
