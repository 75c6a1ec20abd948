"""Where sessions live: a store with one operation, an atomic change of one session's value.

`update(id, change)` gives `change` the session's present value and keeps the value that it returns. `change` is pure,
so a store that several processes share may call it again when another process was quicker. A change that returns the
same object keeps nothing: a refused key never makes a session.

A store that cannot be reached raises `StoreAwayError`; then nobody knows whether the change was kept. `owe(id,
change)` is for what must happen all the same: the store makes that change as soon as it can. Such a change must be good
to make when the lost one was kept and when it was not (see `billing.void` and `billing.settle`).

The store in memory is bounded: beyond `limit` sessions the one that was unused longest is forgotten.
"""

from collections import OrderedDict
from collections.abc import Callable
from itertools import islice
from typing import Protocol, TypeVar

from mockserver.accounts.session import REAL, Session, Timeline
from mockserver.core.errors import MockserverError

T = TypeVar("T")

MOST_SESSIONS = 10_000


class StoreAwayError(MockserverError):
    """The store cannot be reached. Whether the last change was kept is not known."""


class Store(Protocol):
    """A place where sessions live."""

    async def update(self, id: str, change: Callable[[Session], tuple[Session, T]]) -> T:
        """Change one session atomically; gives what `change` gives beside the new value.

        Raises `StoreAwayError`.
        """
        ...

    def fresh(self, id: str) -> Session:
        """A session of that name that has never asked, as this server begins it."""
        ...

    def owe(self, id: str, change: Callable[[Session], Session]) -> None:
        """Make a change as soon as the store can be reached."""
        ...

    async def find(self, id: str) -> Session | None:
        """The session of that name, or None where nobody has asked under it yet. Raises `StoreAwayError`."""
        ...

    async def every(self, most: int) -> list[Session]:
        """The sessions that there are, at most so many. Raises `StoreAwayError`."""
        ...

    async def forget(self, id: str) -> None:
        """Forget a session: whoever asks next under its name begins anew. Raises `StoreAwayError`."""
        ...


class MemoryStore:
    """Sessions of one process. Nothing is awaited between reading and writing, so one event loop is atomic."""

    def __init__(self, seed: str = "0", clock: Timeline = REAL, limit: int = MOST_SESSIONS) -> None:
        self._seed = seed
        self._clock = clock
        self._limit = limit
        self._sessions: OrderedDict[str, Session] = OrderedDict()

    def __len__(self) -> int:
        return len(self._sessions)

    async def update(self, id: str, change: Callable[[Session], tuple[Session, T]]) -> T:
        """Change one session atomically."""
        before = self._sessions.get(id) or self.fresh(id)
        after, result = change(before)
        if after is not before:
            self._sessions[id] = after
            self._sessions.move_to_end(id)
            if len(self._sessions) > self._limit:
                self._sessions.popitem(last=False)
        return result

    def fresh(self, id: str) -> Session:
        """A session of that name that has never asked."""
        return Session(id, self._seed, clock=self._clock)

    def owe(self, id: str, change: Callable[[Session], Session]) -> None:
        """Make a change now: memory is never away."""
        before = self._sessions.get(id)
        if before is not None:
            self._sessions[id] = change(before)

    async def find(self, id: str) -> Session | None:
        """The session of that name, or None."""
        return self._sessions.get(id)

    async def every(self, most: int) -> list[Session]:
        """The sessions that there are, the latest used first."""
        return list(islice(reversed(self._sessions.values()), most))

    async def forget(self, id: str) -> None:
        """Forget a session."""
        self._sessions.pop(id, None)
