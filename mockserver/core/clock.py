"""Clocks: the one module of the lower layers that may read the time.

A `Clock` returns the time in seconds since the epoch. The engine never reads one; its caller passes the time.
`SystemClock` is the machine's; `FixedClock` stands still until it is advanced, for tests and replays.
"""

import time
from typing import Protocol


class Clock(Protocol):
    """A source of the time."""

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        return time.time()


class FixedClock:
    """A clock that stands still until it is advanced."""

    def __init__(self, now: float = 1_767_225_600.0) -> None:
        self._now = now

    def now(self) -> float:
        """Return the time in seconds since the epoch; at first 2026-01-01T00:00:00Z by default."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Advance the clock by `seconds`."""
        self._now += seconds
