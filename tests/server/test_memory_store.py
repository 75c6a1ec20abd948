"""The store in memory: an atomic change of one session, and a bound on their number."""

import asyncio
from collections.abc import Callable

import pytest

from mockserver.accounts.session import Session
from mockserver.server.stores.memory import MemoryStore


def update(store: MemoryStore, id: str, change: Callable[[Session], Session]) -> Session:
    """Change a session; return its value before."""
    return asyncio.run(store.update(id, lambda session: (change(session), session)))


def counted(session: Session) -> Session:
    return session.counted()


def unchanged(session: Session) -> Session:
    return session


def test_a_session_begins_with_its_name_and_the_stores_seed() -> None:
    assert update(MemoryStore("7"), "a", unchanged) == Session("a", "7")


def test_a_change_is_kept() -> None:
    store = MemoryStore()
    update(store, "a", counted)
    assert update(store, "a", unchanged).requests == 1


def test_sessions_do_not_disturb_each_other() -> None:
    store = MemoryStore()
    update(store, "a", counted)
    assert update(store, "b", unchanged).requests == 0


def test_a_change_that_changes_nothing_makes_no_session() -> None:
    store = MemoryStore()
    update(store, "a", unchanged)
    assert len(store) == 0


def test_a_change_that_fails_keeps_nothing() -> None:
    store = MemoryStore()

    def fail(session: Session) -> Session:
        raise LookupError

    with pytest.raises(LookupError):
        update(store, "a", fail)
    assert len(store) == 0


def test_the_number_of_sessions_is_bounded() -> None:
    store = MemoryStore(limit=3)
    for number in range(10):
        update(store, str(number), counted)
    assert len(store) == 3


def test_the_session_that_was_unused_longest_is_forgotten() -> None:
    store = MemoryStore(limit=2)
    for id in ("a", "b", "a", "c"):
        update(store, id, counted)
    assert {id: update(store, id, unchanged).requests for id in ("a", "b", "c")} == {"a": 2, "b": 0, "c": 1}


def test_changes_that_race_are_all_kept() -> None:
    store = MemoryStore()

    async def race() -> None:
        await asyncio.gather(*[store.update("a", lambda session: (session.counted(), None)) for _ in range(100)])

    asyncio.run(race())
    assert update(store, "a", unchanged).requests == 100
