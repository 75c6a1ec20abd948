"""The journal: what happened, exchange by exchange, bounded in number and in bytes.

An exchange is entered when its answer has ended, with what was really delivered. `redact.capture` removes keys, tokens
and cookies before anything is stored. When the journal is full, it drops the oldest exchanges.

It stores what exists anyway (the body, the actions, the note). What tests look at, a parsed conversation or the answer
event by event, is derived on demand: see `record`. An answer that was not written out for its client is not written out
for the journal either, until somebody reads it: see `unread`.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from decimal import Decimal
from itertools import chain, islice
from operator import methodcaller
from sys import getsizeof
from typing import Literal, Protocol, TypeAlias

import msgspec

from mockserver.core.actions import Actions, Data, Head, Raw
from mockserver.core.conversation import Usage
from mockserver.engine.decision import Note
from mockserver.engine.recipe import Recipe
from mockserver.journal.listeners import GuardedCalls
from mockserver.journal.totals import Totals

MOST_EXCHANGES = 1_000
MOST_BYTES = 16 * 1024 * 1024
FACTOR = 1.5
"""A full journal takes at most this times its bound in bytes of memory: what is counted is nearly what is kept."""
LONGEST_CLIENT = 200
"""Characters of a client's name (its user-agent) that are kept."""
OVERHEAD = 500
"""Bytes of an exchange beside its texts, roughly."""
LONGEST_PATH = 2_000
WRITE = 150
"""Bytes of one entry of `Outcome.writes`, roughly."""
ACTION = 120
"""Bytes of one action beside its payload, roughly."""
HEADER = 150
"""Bytes of one header beside its name and value, roughly."""
RECIPE = 250
"""Bytes of a recipe beside its texts, roughly."""
TEXT = 60
"""Bytes of one text of the note beside its characters, roughly."""


Ended: TypeAlias = Literal["complete", "closed", "reset", "client_left", "server_stopped"]
Write: TypeAlias = tuple[int, int, float]
"""One write: the frames and bytes delivered until then, and the time in seconds from the start."""
Hold: TypeAlias = tuple[int, float]
"""One hold: the frames delivered before it, and its length in seconds of real time."""


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What was delivered: `frames` (or bodies) `of` all planned ones, bytes handed to the socket, and how it ended.

    `closed` and `reset` are breaks that the mock made; `nearest` says what it did instead where it had no real socket.
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
        """Whether an exception has to break the answer off, because there was no socket to do it on."""
        return self.ended in ("closed", "reset") and bool(self.nearest)

    def moments(self) -> list[float]:
        """Return the time of each delivered frame, in seconds from the start."""
        times: list[float] = []
        for frames, _, seconds in self.writes:
            times += [seconds] * (frames - len(times))
        return times


class Balance(msgspec.Struct, frozen=True, gc=False):
    """The credits of an account before its answer was paid for, and after it was settled."""

    before: Decimal
    after: Decimal


class KeptHeaders(dict[str, str]):
    """Headers without secrets, and what every exchange with them needs; many exchanges may share them.

    `size` is about how many bytes they take, `client` the name that the client gives itself, `weight` both.
    """

    __slots__ = ("client", "size", "weight")

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__(headers)
        self.size = headers_size(headers.items())
        self.client = headers.get("user-agent", "")[:LONGEST_CLIENT]
        self.weight = self.size + len(self.client)


class Captured(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What the journal keeps of an exchange beside its body, without secrets.

    `received_at` and `ended_at` are the host's time; `virtual` says that waits on the session's clock took none of it.
    `leaked` says that the body contained the caller's own key. `actions` are the planned answer; `Outcome` says how
    much of it was delivered. `live` is the id of the answer while it was on its way, `recipe` what it was made from.
    """

    headers: Mapping[str, str] = {}
    actions: Actions = ()
    received_at: float = 0.0
    ended_at: float = 0.0
    virtual: bool = False
    leaked: bool = False
    credits: Balance | None = None
    live: int = 0
    recipe: Recipe | None = None


NOTHING_CAPTURED = Captured()


class Exchange(msgspec.Struct, frozen=True, gc=False):
    """One request and its answer. `number` counts from 1; `at` is the session's time in seconds since the epoch."""

    number: int
    at: float
    client: str
    method: str
    path: str
    body: bytes
    note: Note
    outcome: Outcome
    captured: Captured = NOTHING_CAPTURED


class Entry(Protocol):
    """An exchange as the journal keeps it, and what can be seen of it without reading it."""

    @property
    def number(self) -> int:
        """The number of the exchange."""
        ...

    @property
    def at(self) -> float:
        """The session's time of the request."""
        ...

    @property
    def session(self) -> str:
        """The session of the request."""
        ...

    @property
    def live(self) -> int:
        """The id of the answer while it was on its way."""
        ...

    @property
    def weight(self) -> int:
        """About how many bytes the exchange takes."""
        ...

    def read(self) -> Exchange:
        """Return the exchange."""
        ...


class ReadEntry(msgspec.Struct, frozen=True, gc=False):
    """An exchange that exists already."""

    exchange: Exchange
    weight: int

    @property
    def number(self) -> int:
        """The number of the exchange."""
        return self.exchange.number

    @property
    def at(self) -> float:
        """The session's time of the request."""
        return self.exchange.at

    @property
    def session(self) -> str:
        """The session of the request."""
        return self.exchange.note.session

    @property
    def live(self) -> int:
        """The id of the answer while it was on its way."""
        return self.exchange.captured.live

    def read(self) -> Exchange:
        """Return the exchange."""
        return self.exchange


_READ = methodcaller("read")


class Journal:
    """The exchanges, oldest first. The journal calls its `listeners` with each exchange; one of them may fail.

    `totals` are those of all exchanges, also of those that were dropped.
    """

    def __init__(self, most: int = MOST_EXCHANGES, most_bytes: int = MOST_BYTES) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._entries: deque[Entry] = deque()
        self._bytes = 0
        self.entered = 0
        """How many exchanges were entered: the number of the last one."""
        self.totals = Totals()
        self.listeners: list[Callable[[Exchange], None]] = []
        self._guarded = GuardedCalls()

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Exchange]:
        return map(_READ, self.entries())

    def entries(self) -> tuple[Entry, ...]:
        """Return the exchanges as they are kept, oldest first, for a caller that reads few of them."""
        return tuple(self._entries)  # a copy: another thread may read while the server enters

    def since(self, number: int) -> list[Exchange]:
        """Return the exchanges after this number, oldest first; only those are looked at."""
        entered = -1
        while entered != self.entered:  # another thread may enter one meanwhile
            entered = self.entered
            later = list(islice(reversed(self._entries), max(0, entered - number)))
        return [entry.read() for entry in reversed(later)]

    @property
    def forgotten(self) -> int:
        """How many exchanges were dropped because the journal was full."""
        return self.entered - len(self._entries)

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
        """Enter one exchange and return it. A body or answer that is larger than the whole journal is not kept."""
        number = self.entered + 1
        if len(path) > LONGEST_PATH:
            path = path[:LONGEST_PATH]
        exchange = Exchange(number, at, client, method, path, body, note, outcome, captured)
        most_bytes, weight = self._most_bytes, weight_of(exchange)
        if weight > most_bytes:
            exchange = _cut(exchange, most_bytes)
            weight = weight_of(exchange)
        self._keep(ReadEntry(exchange, weight))
        self.totals.count(note.operation, outcome, note.usage, note.code)
        for listener in tuple(self.listeners):
            self._guarded.call(listener, exchange)
        return exchange

    def enter_unread(self, entry: Entry, operation: str, outcome: Outcome, usage: Usage | None, code: str) -> None:
        """Enter an exchange that is made when somebody reads it; listeners read it at once."""
        if self.listeners or entry.weight > self._most_bytes:
            made = entry.read()
            fields = (made.at, made.client, made.method, made.path, made.body, made.note, made.outcome, made.captured)
            self.enter(*fields)
        else:
            self._keep(entry)
            self.totals.count(operation, outcome, usage, code)

    def _keep(self, entry: Entry) -> None:
        """Add an entry, and drop the oldest ones that have no room beside it."""
        entries = self._entries
        self.entered += 1
        entries.append(entry)
        self._bytes += entry.weight
        while self._bytes > self._most_bytes or len(entries) > self._most:
            self._bytes -= entries.popleft().weight


def _cut(exchange: Exchange, most_bytes: int) -> Exchange:
    """Return an exchange that is larger than the journal without what makes it so: its body, its answer."""
    held, body = _size(exchange.captured, exchange.outcome), exchange.body
    if len(body) + OVERHEAD > most_bytes:
        exchange, body = msgspec.structs.replace(exchange, body=b""), b""
    if len(body) + OVERHEAD + held > most_bytes:
        kept = msgspec.structs.replace(exchange.captured, actions=(), headers={}, recipe=None)
        exchange = msgspec.structs.replace(exchange, captured=kept)
    return exchange


def weight_of(exchange: Exchange) -> int:
    """Return the bytes of an exchange, roughly."""
    note, outcome = exchange.note, exchange.outcome
    weight = OVERHEAD + WRITE * len(outcome.writes) + _size(exchange.captured, outcome)
    weight += len(exchange.client) + len(exchange.path) + len(exchange.body)
    if note.warnings or note.misses or note.faults or note.draws or note.idle_faults:
        texts = note.misses + note.idle_faults + note.warnings + note.draws + note.faults
        weight += sum([TEXT + getsizeof(text) for text in texts])
    return weight


def _size(captured: Captured, outcome: Outcome) -> int:
    """Return the bytes of headers and actions. A complete outcome has the sum already; otherwise count."""
    headers, actions, recipe = captured.headers, captured.actions, captured.recipe
    held = headers.size if type(headers) is KeptHeaders else headers_size(headers.items())
    if recipe is not None:
        held += RECIPE + recipe.size
    if not actions:
        return held
    held += ACTION * len(actions)
    first = actions[0]
    if type(first) is Head:
        held += headers_size(first.headers)
    if outcome.ended == "complete":
        return held + outcome.bytes
    return held + sum([len(action.payload) for action in actions if isinstance(action, Data | Raw)])


def headers_size(headers: Collection[tuple[str, str]]) -> int:
    """Return the bytes of headers: names, values, and what each takes in a mapping."""
    return HEADER * len(headers) + sum(map(len, chain.from_iterable(headers)))
