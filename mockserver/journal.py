"""The journal: what happened, exchange by exchange, bounded in number and in bytes.

An exchange is entered when its answer has ended, with what was really delivered. Keys never come in: the headers that
carry them are not kept. When the journal is full, the oldest exchange goes.
"""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Literal, TypeAlias

import msgspec

from mockserver.engine import Note

MOST_EXCHANGES = 1_000
MOST_BYTES = 16 * 1024 * 1024
OVERHEAD = 500
"""What an exchange weighs beside its texts, roughly."""
LONGEST_PATH = 2_000
WRITE = 150
"""What one write of its answer weighs."""


Ended: TypeAlias = Literal["complete", "closed", "reset", "client_left", "server_stopped"]
Write: TypeAlias = tuple[int, int, float]
"""After one write: how many frames and bytes were delivered in all, and when, in seconds from the start."""


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What was delivered: `frames` (or bodies) `of` so many, bytes handed to the socket, and who ended it.

    `closed` and `reset` are the mock's own breaks; `nearest` says what was done for want of a real socket.
    """

    status: int
    frames: int
    bytes: int
    seconds: float
    ended: Ended
    of: int = 0
    writes: tuple[Write, ...] = ()
    nearest: tuple[str, ...] = ()

    @property
    def breaks_off(self) -> bool:
        """Whether the client must still be told, by an exception, that the answer has broken off."""
        return self.ended in ("closed", "reset") and bool(self.nearest)

    def moments(self) -> list[float]:
        """When each frame was delivered, in seconds from the start."""
        found: list[float] = []
        for frames, _, seconds in self.writes:
            found += [seconds] * (frames - len(found))
        return found


class Exchange(msgspec.Struct, frozen=True, gc=False):
    """One request and its answer. `number` counts from 1; `at` is in seconds since the epoch."""

    number: int
    at: float
    client: str
    method: str
    path: str
    body: bytes
    note: Note
    outcome: Outcome


class Journal:
    """The exchanges, oldest first. `listeners` are told of each one as it is entered."""

    def __init__(self, most: int = MOST_EXCHANGES, most_bytes: int = MOST_BYTES) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._exchanges: deque[Exchange] = deque()
        self._bytes = 0
        self._entered = 0
        self.listeners: list[Callable[[Exchange], None]] = []

    def __len__(self) -> int:
        return len(self._exchanges)

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self._exchanges)

    def enter(self, at: float, client: str, method: str, path: str, body: bytes, note: Note, outcome: Outcome) -> None:
        """Enter one exchange. A body larger than the whole journal is kept cut to nothing."""
        self._entered += 1
        kept = body if len(body) + OVERHEAD <= self._most_bytes else b""
        exchange = Exchange(self._entered, at, client, method, path[:LONGEST_PATH], kept, note, outcome)
        self._exchanges.append(exchange)
        self._bytes += _weight(exchange)
        while len(self._exchanges) > self._most or self._bytes > self._most_bytes:
            self._bytes -= _weight(self._exchanges.popleft())
        for listener in self.listeners:
            listener(exchange)


def _weight(exchange: Exchange) -> int:
    """The bytes that an exchange holds, roughly."""
    texts = (exchange.client, exchange.path, *exchange.note.misses)
    return OVERHEAD + len(exchange.body) + sum([len(text) for text in texts]) + WRITE * len(exchange.outcome.writes)
