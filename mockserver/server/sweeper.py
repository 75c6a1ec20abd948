"""The sweeper: checks every connection against its limits, again and again, so that no request needs a timer."""

import asyncio
from collections.abc import Iterable

from mockserver.server.protocol import HttpProtocol


class Sweeper:
    """Checks every connection of a server again and again, until it is stopped."""

    def __init__(self, connections: Iterable[object], seconds: float) -> None:
        self._connections = connections
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._handle = self._loop.call_later(seconds, self._sweep)

    def _sweep(self) -> None:
        now = self._loop.time()
        for connection in list(self._connections):
            if isinstance(connection, HttpProtocol):
                connection.check(now)
        self._handle = self._loop.call_later(self._seconds, self._sweep)

    def stop(self) -> None:
        """Check nothing more."""
        self._handle.cancel()
