"""Time: the one module of the lower layers that may read a clock.

A `Clock` says what time it is, in seconds since the epoch. The engine never asks; it is told. `SystemClock` is the
machine's; `FixedClock` stands still until it is moved, for tests and replays.
"""

import time
from typing import Protocol


class Clock(Protocol):
    """Something that knows the time."""

    def now(self) -> float:
        """Seconds since the epoch."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()


class FixedClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: float = 1_767_225_600.0) -> None:
        self._now = now

    def now(self) -> float:
        """Seconds since the epoch (2026-01-01T00:00:00Z unless said otherwise)."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move on by `seconds`."""
        self._now += seconds
