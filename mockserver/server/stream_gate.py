"""An answer on its way: how far it has come, and the valve that can hold it back.

The player writes a `Delivery`; whoever watches reads it, and is told of every change. Its `StreamGate` is open unless
it is shut, by the action `Hold` or from outside, at any moment. While it is shut, events pass one by one as they are
let through, at once: the pace of the answer begins again when the valve is opened. All of it happens on the player's
loop.
"""

import asyncio
from collections.abc import Callable

from mockserver.journal.log import Hold, Write


class StreamGate:
    """Whether an answer flows. `is_shut` is for the player's quick look."""

    __slots__ = ("_passes", "_timer", "_waker", "is_shut")

    def __init__(self) -> None:
        self.is_shut = False
        self._passes = 0
        self._waker: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def shut(self, seconds: float | None = None) -> None:
        """Hold the answer back before its next event; for so many seconds at the most, if a number is given."""
        self.is_shut = True
        if seconds is not None:
            self._drop_timer()
            self._timer = asyncio.get_running_loop().call_later(seconds, self.open)

    def let(self, events: int = 1) -> None:
        """Let so many events through a valve that is shut."""
        self._passes += events
        self._wake()

    def open(self) -> None:
        """Let everything through from now on."""
        self.is_shut, self._passes = False, 0
        self._drop_timer()
        self._wake()

    def close(self) -> None:
        """The answer is over."""
        self._drop_timer()

    def passes(self, *, counts: bool = True) -> bool:
        """Whether one more may pass now; an event is counted."""
        if not self.is_shut:
            return True
        if self._passes:
            self._passes -= counts
            return True
        return False

    def changed(self) -> "asyncio.Future[None]":
        """Something that is done when events may pass again."""
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
    """How far an answer has come: its status, and the frames and bytes that were handed over, when.

    `sent` counts the frames whose send has returned, `is_over` says that the end or a break has been sent too. `holds`
    says where it was held back, and for how many seconds of real time; `waits` that it is, at this moment.
    """

    __slots__ = ("bytes", "frames", "holds", "is_over", "sent", "status", "tell", "valve", "waits", "writes")

    def __init__(self) -> None:
        self.status = self.frames = self.bytes = self.sent = 0
        self.writes: list[Write] = []
        self.holds: list[Hold] = []
        self.valve = StreamGate()
        self.waits = self.is_over = False
        self.tell: Callable[[], None] | None = None

    def changed(self) -> None:
        """Tell whoever watches."""
        if self.tell is not None:
            self.tell()
