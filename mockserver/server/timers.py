"""Timers: a clock and an alarm, for the waits of one answer."""

import asyncio
from collections.abc import Callable
from typing import Protocol, TypeAlias

Waker: TypeAlias = Callable[[], object]
"""What a timer calls at a deadline."""


class Timer(Protocol):
    """A clock and an alarm, in seconds from any fixed moment."""

    def now(self) -> float:
        """Return the present moment."""
        ...

    def wake_at(self, deadline: float, waker: Waker) -> asyncio.TimerHandle | None:
        """Call `waker` at the deadline. Return a handle that cancels it, or None if it cannot be cancelled."""
        ...


class LoopTimer:
    """The event loop's own time."""

    def now(self) -> float:
        """Return the loop's monotonic time."""
        return asyncio.get_running_loop().time()

    def wake_at(self, deadline: float, waker: Waker) -> asyncio.TimerHandle | None:
        """Call `waker` at the deadline."""
        return asyncio.get_running_loop().call_at(deadline, waker)


class FastTimer:
    """The event loop's time, `speed` times as fast."""

    def __init__(self, speed: float) -> None:
        self._speed = speed

    def now(self) -> float:
        """Return the loop's time, multiplied by the speed."""
        return asyncio.get_running_loop().time() * self._speed

    def wake_at(self, deadline: float, waker: Waker) -> asyncio.TimerHandle | None:
        """Call `waker` at the deadline."""
        return asyncio.get_running_loop().call_at(deadline / self._speed, waker)


class VirtualTimer:
    """Time that passes only by waiting: every deadline is reached at once."""

    def __init__(self) -> None:
        self._now = 0.0

    def now(self) -> float:
        """Return the seconds that were waited for."""
        return self._now

    def wake_at(self, deadline: float, waker: Waker) -> asyncio.TimerHandle | None:
        """Move to the deadline, and call `waker` in the loop's next turn, so that other tasks are not starved."""
        self._now = max(self._now, deadline)
        asyncio.get_running_loop().call_soon(waker)
        return None
