"""The limit of open files, of which every connection needs one.

At the limit the kernel accepts no connection for the server, and nothing says so: libuv closes new connections at once,
asyncio stops accepting for a second. The numbers of descriptors are given out from the lowest, so a connection with
one of the last numbers means that the limit is near.
"""

import asyncio
import errno
import logging

log = logging.getLogger("mockserver")

RESERVE = 4
"""The numbers below the limit that count as near it: a worker's thread or the loop may hold one or two of the last."""
REMEDY = 4096


class DescriptorWatch:
    """Reports once that this process can open no more files."""

    def __init__(self, limit: int | None = None) -> None:
        self._limit = limit if limit is not None else soft_limit()
        self._is_reported = False

    def check(self, descriptor: int, connections: int) -> None:
        """Report if the descriptor of a new connection is one of the last."""
        if self._limit is not None and descriptor >= self._limit - RESERVE:
            self.report(connections)

    def report(self, connections: int) -> None:
        """Log that new connections are refused, and what helps; only once."""
        if self._is_reported:
            return
        self._is_reported = True
        log.warning(
            "%d connections are open, and this process may have only %s open files (ulimit -n): further connections "
            "are refused until some close. To raise the limit, start with: ulimit -n %d",
            connections,
            self._limit,
            max(REMEDY, 4 * (self._limit or 0)),
        )

    def handle(self, loop: asyncio.AbstractEventLoop, context: dict[str, object], connections: int) -> None:
        """Report what asyncio says when it cannot accept, instead of a traceback a second; pass on everything else."""
        error = context.get("exception")
        if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
            self.report(connections)
        else:
            loop.default_exception_handler(context)


def soft_limit() -> int | None:
    """Return how many files this process may open; None if that is unlimited or the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return None if limit == resource.RLIM_INFINITY else limit
