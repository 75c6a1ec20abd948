"""Stores of sessions, and the one in memory. The main operation is an atomic change of one session's value.

`update(id, change)` calls `change` with the session's present value and keeps the value that it returns. `change` is
pure, so a store that several processes share may call it again when another process was quicker. A change that returns
the same object keeps nothing: a refused key never makes a session.

A store that cannot be reached raises `StoreUnavailableError`; whether the change was kept is then unknown.
`defer(id, change)` is for what must happen anyway: the store makes that change as soon as it can. Such a change must be
correct whether the lost one was kept or not (see `billing.void` and `billing.settle`).

The store in memory is bounded: beyond `limit` sessions it forgets the one that was unused longest.
"""

from collections import OrderedDict
from collections.abc import Callable
from itertools import islice
from typing import Protocol, TypeVar

from mockserver.accounts.session import REAL, Session, Timeline
from mockserver.core.errors import MockserverError

T = TypeVar("T")

MOST_SESSIONS = 10_000


class StoreUnavailableError(MockserverError):
    """The store cannot be reached. Whether the last change was kept is unknown."""


class Store(Protocol):
    """A store of sessions by id. `is_immediate` says that `update` never waits."""

    is_immediate: bool

    async def update(self, id: str, change: Callable[[Session], tuple[Session, T]]) -> T:
        """Change one session atomically. Return what `change` returns beside the new value.

        Raises `StoreUnavailableError`.
        """
        ...

    def new_session(self, id: str) -> Session:
        """Return a session without any request, as this server starts it."""
        ...

    def defer(self, id: str, change: Callable[[Session], Session]) -> None:
        """Make a change as soon as the store can be reached."""
        ...

    async def find(self, id: str) -> Session | None:
        """Return the session of that id, or None if there is none. Raises `StoreUnavailableError`."""
        ...

    async def sessions(self, limit: int) -> list[Session]:
        """Return at most `limit` of the sessions. Raises `StoreUnavailableError`."""
        ...

    async def forget(self, id: str) -> None:
        """Delete a session; the next request under its id starts a new one. Raises `StoreUnavailableError`."""
        ...


class MemoryStore:
    """Sessions of one process. It awaits nothing between reading and writing, so on one event loop it is atomic."""

    is_immediate = True

    def __init__(self, seed: str = "0", clock: Timeline = REAL, limit: int = MOST_SESSIONS) -> None:
        self._seed = seed
        self._clock = clock
        self._limit = limit
        self._sessions: OrderedDict[str, Session] = OrderedDict()

    def __len__(self) -> int:
        return len(self._sessions)

    def present(self, id: str) -> Session:
        """Return the session of that id; one without any request if there is none."""
        return self._sessions.get(id) or self.new_session(id)

    def keep(self, id: str, session: Session) -> None:
        """Keep the new value of a session, which is now the one that was used last.

        A caller that awaits nothing between `present` and `keep` changes a session atomically.
        """
        sessions = self._sessions
        sessions[id] = session
        sessions.move_to_end(id)
        if len(sessions) > self._limit:
            sessions.popitem(last=False)

    async def update(self, id: str, change: Callable[[Session], tuple[Session, T]]) -> T:
        """Change one session atomically."""
        before = self.present(id)
        after, result = change(before)
        if after is not before:
            self.keep(id, after)
        return result

    def new_session(self, id: str) -> Session:
        """Return a session without any request."""
        return Session(id, self._seed, clock=self._clock)

    def defer(self, id: str, change: Callable[[Session], Session]) -> None:
        """Make a change now: memory is always available."""
        before = self._sessions.get(id)
        if before is not None:
            self._sessions[id] = change(before)

    async def find(self, id: str) -> Session | None:
        """Return the session of that id, or None."""
        return self._sessions.get(id)

    async def sessions(self, limit: int) -> list[Session]:
        """Return at most `limit` of the sessions, the latest used first."""
        return list(islice(reversed(self._sessions.values()), limit))

    async def forget(self, id: str) -> None:
        """Delete a session."""
        self._sessions.pop(id, None)
