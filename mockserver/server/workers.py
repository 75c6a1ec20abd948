"""Several processes on one socket: `serve --workers N`.

The parent binds the socket and forks; the children accept connections from the same queue, and the parent only watches.
It replaces a child that dies, and a signal to the parent ends all of them. Each child builds its own application after
the fork, so they share no event loop, connection or lock. They share the store; without one they would be N gateways
with different sessions and balances.

The parent holds one end of a pipe, the lifeline, and the children watch the other end. When the parent is gone, however
it died, the pipe closes, and the children settle and end instead of holding the port.
"""

import mmap
import os
import signal
import socket
import time
from collections import deque
from collections.abc import Callable
from types import FrameType

from mockserver.core.errors import OperatorError
from mockserver.server import uvicorn
from mockserver.server.asgi_types import Application

MOST_FAILED_STARTS = 20
"""Children that may die within `WINDOW` before they serve; with more, the fault is in the server itself."""
WINDOW = 60.0
"""Seconds."""


def check(workers: int, store: str | None) -> None:
    """Check that the workers can work together. Raises `OperatorError` with the reason and the remedy."""
    if workers > 1 and store is None:
        raise OperatorError(
            f"--workers {workers} needs a shared store, or each worker would have its own sessions and balances; "
            "add --store redis://localhost:6379, or omit --workers"
        )
    if workers > 1 and not hasattr(os, "fork"):
        raise OperatorError("--workers needs fork, which this system lacks; start several servers with one --store")


class FailedStarts:
    """The recent deaths of children that had not served. A child that has served is replaced however often it dies."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._times: deque[float] = deque()

    def are_too_many(self, has_served: bool) -> bool:
        """Count a death; return whether there are too many within the window."""
        if has_served:
            return False
        now = self._clock()
        self._times.append(now)
        while self._times[0] <= now - WINDOW:
            self._times.popleft()
        return len(self._times) >= MOST_FAILED_STARTS


class _Workers:
    """The children, and what the parent shares with them."""

    def __init__(self, make: Callable[[int], Application], sock: socket.socket, workers: int) -> None:
        self._make = make
        self._sock = sock
        self._children: dict[int, int] = {}
        self._served = mmap.mmap(-1, workers)
        """One byte for each child, which it sets when it serves."""
        self._lifeline, self._held_end = os.pipe()
        self._is_stopping = False

    def stop(self, number: int = 0, frame: FrameType | None = None) -> None:
        """End every child, also one that has just been forked and is not known yet: it finds the lifeline closed."""
        if not self._is_stopping:
            self._is_stopping = True
            os.close(self._held_end)
        for child in self._children:
            os.kill(child, signal.SIGTERM)

    def run(self, deaths: FailedStarts) -> None:
        """Start the children, replace those that die, and return when `stop` has ended them."""
        for number in range(len(self._served)):
            self._start(number)
        uvicorn.handle_ends(self.stop)
        try:
            while self._children:
                ended, status = os.wait()
                number = self._children.pop(ended, -1)
                if self._is_stopping or number < 0:
                    continue
                if deaths.are_too_many(has_served=bool(self._served[number])):
                    code = os.waitstatus_to_exitcode(status)
                    raise OperatorError(f"workers keep dying before they serve (status {code}); see their output")
                self._start(number)
        finally:
            self.stop()
            os.close(self._lifeline)

    def _start(self, number: int) -> None:
        """Fork one child. In the child, this method never returns."""
        self._served[number] = 0
        child = os.fork()
        if child:
            self._children[child] = number
            return
        code = 1
        try:
            os.close(self._held_end)  # or a child would keep the lifeline of the others open
            uvicorn.handle_ends(signal.SIG_DFL)
            app = self._make(number)
            uvicorn.run(app, self._sock, ready=lambda: self._serves(number), lifeline=self._lifeline)
            code = 0
        finally:
            os._exit(code)

    def _serves(self, number: int) -> None:
        self._served[number] = 1


def run(make: Callable[[int], Application], sock: socket.socket, workers: int) -> None:
    """Serve in `workers` processes until a signal ends them. Each child calls `make` with its number."""
    _Workers(make, sock, workers).run(FailedStarts())
