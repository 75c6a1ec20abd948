"""Totals over all exchanges since the server's start, for metrics."""

from bisect import bisect_left
from collections import Counter

from mockserver.journal.log import Exchange

BOUNDS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0)
"""Upper bounds of the duration histogram, in seconds: from an immediate answer to a long stream."""


class Totals:
    """The sums. An instance is a listener of the journal."""

    def __init__(self) -> None:
        self.exchanges: Counter[tuple[str, int, str]] = Counter()
        """Number of exchanges by operation, status and ending."""
        self.durations: dict[str, list[int]] = {}
        """By operation: the number of exchanges in each bucket of `BOUNDS`, and above the last."""
        self.seconds: dict[str, float] = {}
        self.bytes = self.input = self.output = self.unmatched = 0

    def __call__(self, exchange: Exchange) -> None:
        """Count one exchange."""
        note, outcome = exchange.note, exchange.outcome
        name, usage, seconds = note.operation, note.usage, outcome.seconds
        self.exchanges[name, outcome.status, outcome.ended] += 1
        durations = self.durations.get(name)
        if durations is None:
            durations = self.durations[name] = [0] * (len(BOUNDS) + 1)
            self.seconds[name] = 0.0
        if seconds:
            durations[bisect_left(BOUNDS, seconds)] += 1
            self.seconds[name] += seconds
        else:
            durations[0] += 1
        self.bytes += outcome.bytes
        if usage is not None:
            self.input += usage.input
            self.output += usage.output
        elif note.code == "no_turn_matched":
            self.unmatched += 1
