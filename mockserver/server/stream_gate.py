"""An answer on its way: how much of it was sent, and the gate that can hold it back.

The player writes a `Delivery`; watchers read it and are notified of every change. Its `StreamGate` is open unless it
is shut, by the action `Hold` or from outside, at any moment. While it is shut, events pass only as they are admitted,
each at once; when the gate opens, the answer continues at its own pace from there. All of it happens on the player's
event loop.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import cast

from mockserver.journal.log import Hold, Write

MOST_WRITES = 10_000
"""Writes of one answer that the journal keeps, and holds."""


class StreamGate:
    """A gate that an answer's events pass. `is_shut` is an attribute so that the player can check it quickly."""

    __slots__ = ("_passes", "_timer", "_waker", "is_shut")

    def __init__(self) -> None:
        self.is_shut = False
        self._passes = 0
        self._waker: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def shut(self, seconds: float | None = None) -> None:
        """Hold the answer back before its next event; for at most this many seconds, if a number is given."""
        self.is_shut = True
        if seconds is not None:
            self._drop_timer()
            self._timer = asyncio.get_running_loop().call_later(seconds, self.open)

    def admit(self, events: int = 1) -> None:
        """Let this number of events through while the gate is shut."""
        self._passes += events
        self._wake()

    def open(self) -> None:
        """Let everything through from now on."""
        self.is_shut, self._passes = False, 0
        self._drop_timer()
        self._wake()

    def close(self) -> None:
        """Cancel the timer of a gate whose answer is over."""
        self._drop_timer()

    def passes(self, *, counts: bool = True) -> bool:
        """Return whether one more action may pass now. An action that `counts` uses up one admitted event."""
        if not self.is_shut:
            return True
        if self._passes:
            self._passes -= counts
            return True
        return False

    def changed(self) -> "asyncio.Future[None]":
        """Return a future that is done when events may pass again."""
        self._waker = asyncio.get_running_loop().create_future()
        return self._waker

    def _wake(self) -> None:
        if self._waker is not None and not self._waker.done():
            self._waker.set_result(None)

    def _drop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class Delivery:
    """How much of an answer was sent: its status, the frames and bytes that were handed to the socket, and when.

    `sent` counts the frames whose send has returned; `is_over` says that the end or a break has been sent too. `holds`
    says where the answer was held back, and for how many seconds of real time; `is_held` that it is held back now.
    """

    __slots__ = ("_writes", "bytes", "frames", "gate", "holds", "is_held", "is_over", "on_change", "sent", "status")

    def __init__(self) -> None:
        self.status = self.frames = self.bytes = self.sent = 0
        self._writes: list[float] = []
        """The three numbers of each write, one after the other: the garbage collector looks at tuples, not at these."""
        self.holds: list[Hold] = []
        self.gate = StreamGate()
        self.is_held = self.is_over = False
        self.on_change: Callable[[], None] | None = None

    @property
    def writes(self) -> tuple[Write, ...]:
        """What was written when."""
        numbers = iter(self._writes)
        return tuple(cast(Iterator[Write], zip(numbers, numbers, numbers, strict=True)))

    def note_write(self, seconds: float) -> None:
        """Note a write, this many seconds after the start: all frames and bytes that were handed over until now."""
        self.sent = self.frames
        if len(self._writes) < 3 * MOST_WRITES:
            self._writes += (self.frames, self.bytes, seconds)
        if self.on_change is not None:
            self.on_change()

    def changed(self) -> None:
        """Notify the watcher of a change."""
        if self.on_change is not None:
            self.on_change()
