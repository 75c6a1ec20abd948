"""The journal: what happened, exchange by exchange, bounded in number and in bytes.

An exchange is entered when its answer has ended, with what was really delivered. Secrets never come in: `capture`
takes keys, tokens and cookies out before anything is stored. When the journal is full, the oldest exchange goes.

Stored is what was there anyway (the body, the actions, the note); what people ask of it, a parsed conversation or the
answer event by event, is derived when somebody asks: see `records`.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from sys import getsizeof
from typing import Literal, TypeAlias

import msgspec

from mockserver.core.actions import Actions, Data, Head, Raw
from mockserver.engine.decision import Note

MOST_EXCHANGES = 1_000
MOST_BYTES = 16 * 1024 * 1024
FACTOR = 1.5
"""A full journal takes at most this times its bound in bytes of memory: what is counted is nearly what is kept."""
OVERHEAD = 500
"""What an exchange weighs beside its texts, roughly."""
LONGEST_PATH = 2_000
WRITE = 150
"""What one write of its answer weighs."""
ACTION = 120
"""What one action weighs beside its bytes."""
HEADER = 150
"""What one header weighs beside its name and value."""
TEXT = 60
"""What a text of the note weighs beside its bytes."""


Ended: TypeAlias = Literal["complete", "closed", "reset", "client_left", "server_stopped"]
Write: TypeAlias = tuple[int, int, float]
"""After one write: how many frames and bytes were delivered in all, and when, in seconds from the start."""
Hold: TypeAlias = tuple[int, float]
"""After how many frames an answer was held back by hand, and for how many seconds of real time."""


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
    holds: tuple[Hold, ...] = ()

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


class Balance(msgspec.Struct, frozen=True, gc=False):
    """The credits of an account before its answer was paid for, and after it was settled."""

    before: Decimal
    after: Decimal


class Captured(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What is kept of an exchange beside its body, secrets taken out.

    `received_at` and `ended_at` are the host's time; `virtual` says that waits on the session's clock took none of it.
    `leaked` says that the caller's own key stood in the body. `actions` are what was to be sent: `Outcome` says how
    much of it was. `live` is the number that it had while it was on its way.
    """

    headers: Mapping[str, str] = {}
    actions: Actions = ()
    received_at: float = 0.0
    ended_at: float = 0.0
    virtual: bool = False
    leaked: bool = False
    credits: Balance | None = None
    live: int = 0


NOTHING_CAPTURED = Captured()


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
    captured: Captured = NOTHING_CAPTURED


class Journal:
    """The exchanges, oldest first. `listeners` are told of each one as it is entered."""

    def __init__(self, most: int = MOST_EXCHANGES, most_bytes: int = MOST_BYTES) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._exchanges: deque[Exchange] = deque()
        self._weights: deque[int] = deque()
        self._bytes = 0
        self._entered = 0
        self.listeners: list[Callable[[Exchange], None]] = []

    def __len__(self) -> int:
        return len(self._exchanges)

    def __iter__(self) -> Iterator[Exchange]:
        return iter(tuple(self._exchanges))  # a copy: another thread may read while the server enters

    @property
    def entered(self) -> int:
        """How many exchanges there ever were: the number of the last."""
        return self._entered

    @property
    def forgotten(self) -> int:
        """How many exchanges have gone because the journal was full."""
        return self._entered - len(self._exchanges)

    def enter(
        self,
        at: float,
        client: str,
        method: str,
        path: str,
        body: bytes,
        note: Note,
        outcome: Outcome,
        captured: Captured = NOTHING_CAPTURED,
    ) -> Exchange:
        """Enter one exchange, and give it. A body or an answer larger than the whole journal is kept cut to nothing."""
        self._entered += 1
        kept = body if len(body) + OVERHEAD <= self._most_bytes else b""
        if len(kept) + OVERHEAD + _size(captured, outcome) > self._most_bytes:
            captured = msgspec.structs.replace(captured, actions=(), headers={})
        exchange = Exchange(self._entered, at, client, method, path[:LONGEST_PATH], kept, note, outcome, captured)
        weight = _weight(exchange)
        self._exchanges.append(exchange)
        self._weights.append(weight)
        self._bytes += weight
        while len(self._exchanges) > self._most or self._bytes > self._most_bytes:
            self._exchanges.popleft()
            self._bytes -= self._weights.popleft()
        for listener in self.listeners:
            listener(exchange)
        return exchange


def _weight(exchange: Exchange) -> int:
    """Return the bytes that an exchange holds, roughly."""
    note = exchange.note
    texts = (*note.misses, *note.idle_faults, *note.warnings, *note.draws, *note.faults)
    noted = sum([TEXT + getsizeof(text) for text in texts])
    written = WRITE * len(exchange.outcome.writes)
    held = len(exchange.client) + len(exchange.path) + len(exchange.body)
    return OVERHEAD + held + noted + written + _size(exchange.captured, exchange.outcome)


def _size(captured: Captured, outcome: Outcome) -> int:
    """Return the bytes of headers and actions. What was delivered is known already; what was not is counted."""
    held = _headers_size(captured.headers.items())
    if not captured.actions:
        return held
    held += ACTION * len(captured.actions)
    first = captured.actions[0]
    if isinstance(first, Head):
        held += _headers_size(first.headers)
    if outcome.ended == "complete":
        return held + outcome.bytes
    return held + sum([len(action.payload) for action in captured.actions if isinstance(action, Data | Raw)])


def _headers_size(headers: Iterable[tuple[str, str]]) -> int:
    """Return the bytes of headers: names, values, and what each takes in a mapping."""
    return sum([HEADER + len(name) + len(value) for name, value in headers])
