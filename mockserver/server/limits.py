"""The limits of one connection: how large a request's head may be, and how long the server waits for a client.

`docs/limits.md` lists them with the error that a client gets. They bound what one client can hold, never how long an
answer takes: a paced, held or hanging answer goes on for as long as its client reads.
"""

from typing import NamedTuple


class Limits(NamedTuple):
    """Sizes in bytes and times in seconds."""

    head: int = 64 * 1024
    """The request line and the headers in all (431). Trailers have the same limit."""
    head_seconds: float = 30.0
    """From the first byte of a request, or from the connection, until the head is complete (408)."""
    body_seconds: float = 30.0
    """Without one more byte of a body that is not complete (408)."""
    write_seconds: float = 30.0
    """Without one more byte taken by a client for which something waits to be sent (reset)."""
    idle_seconds: float = 75.0
    """Between two requests on one connection (closed)."""
    pipelined: int = 16
    """Requests that wait for their answers on one connection before the server stops reading from it."""
    linger_seconds: float = 2.0
    """After a refusal, for a client that is still sending, so that it can read the refusal."""
    linger_bytes: int = 1024 * 1024
    """What the server reads and discards in that time."""

    @property
    def sweep_seconds(self) -> float:
        """Return how often connections are checked: a deadline is noticed late by at most this."""
        return max(0.01, min(self.head_seconds, self.body_seconds, self.write_seconds, self.linger_seconds) / 4)


LIMITS = Limits()
