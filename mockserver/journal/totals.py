"""Totals over all exchanges since the server's start, for metrics."""

from bisect import bisect_left
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from mockserver.core.conversation import Usage

if TYPE_CHECKING:
    from mockserver.journal.log import Outcome

BOUNDS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0)
"""Upper bounds of the duration histogram, in seconds: from an immediate answer to a long stream."""


class Totals:
    """The sums. A journal has one, and counts each exchange that it enters."""

    def __init__(self) -> None:
        self.exchanges: Counter[tuple[str, int, str]] = Counter()
        """Number of exchanges by operation, status and ending."""
        self.seconds: defaultdict[str, float] = defaultdict(float)
        """By operation: the time that its answers took."""
        self.bytes = self.input = self.output = self.unmatched = 0
        self._later: dict[str, list[int]] = {}
        """By operation: the number of exchanges in each bucket of `BOUNDS` that took time, and above the last."""

    def count(self, operation: str, outcome: "Outcome", usage: Usage | None, code: str) -> None:
        """Count one exchange: its operation, what was delivered, the tokens that it reported, its error code."""
        self.exchanges[operation, outcome.status, outcome.ended] += 1
        self.bytes += outcome.bytes
        seconds = outcome.seconds
        if seconds:
            counts = self._later.setdefault(operation, [0] * (len(BOUNDS) + 1))
            counts[bisect_left(BOUNDS, seconds)] += 1
            self.seconds[operation] += seconds
        if usage is not None:
            self.input += usage.input
            self.output += usage.output
        elif code == "no_turn_matched":
            self.unmatched += 1

    @property
    def durations(self) -> dict[str, list[int]]:
        """By operation: the number of exchanges in each bucket of `BOUNDS`, and above the last."""
        durations: dict[str, list[int]] = {}
        for (name, _, _), count in self.exchanges.items():
            counts = durations.setdefault(name, [0] * (len(BOUNDS) + 1))
            counts[0] += count
        for name, later in self._later.items():
            durations[name][0] -= sum(later)
            durations[name] = [count + more for count, more in zip(durations[name], later, strict=True)]
        return durations
