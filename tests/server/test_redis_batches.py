"""Changes of one session that wait together: one round trip for all, and to each its own result. No Redis is needed."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from mockserver.accounts.session import Session
from mockserver.server.stores.memory import StoreUnavailableError
from mockserver.server.stores.redis import RedisStore

WAITING = 20


class WrittenStore(RedisStore):
    """A store whose Redis is a value here. Each write waits until the test allows it."""

    def __init__(self) -> None:
        super().__init__("redis://127.0.0.1:1", Session)
        self.value = b""
        self.writes = 0
        self.allowed = asyncio.Event()
        self.allowed.set()
        self.fails = False

    async def _present(self, id: str, key: str) -> tuple[bytes, Session]:
        await asyncio.sleep(0)
        return self.value, self._session_of(id, self.value)

    async def _write(self, key: str, old: bytes, new: bytes) -> tuple[bool, bytes]:
        self.writes += 1
        await self.allowed.wait()
        if self.fails:
            raise OSError
        if old != self.value:
            return False, self.value
        self.value = new
        return True, b""


def count(session: Session) -> tuple[Session, int]:
    return session.counted(), session.requests


def fail(session: Session) -> tuple[Session, int]:
    raise ZeroDivisionError


def run(scene: Callable[[WrittenStore], Awaitable[None]]) -> None:
    async def main() -> None:
        store = WrittenStore()
        async with asyncio.timeout(10):
            await scene(store)
        await store.aclose()

    asyncio.run(main())


def test_changes_that_wait_together_are_written_together_in_their_order() -> None:
    async def scene(store: WrittenStore) -> None:
        assert await asyncio.gather(*[store.update("a", count) for _ in range(WAITING)]) == [*range(WAITING)]
        assert store.writes < WAITING / 2

    run(scene)


def test_a_change_that_fails_among_others_fails_alone() -> None:
    async def scene(store: WrittenStore) -> None:
        changes = [store.update("a", change) for change in (count, fail, count)]
        first, second, third = await asyncio.gather(*changes, return_exceptions=True)
        assert (first, type(second), third) == (0, ZeroDivisionError, 1)

    run(scene)


def test_changes_that_wait_are_made_again_when_another_process_was_quicker() -> None:
    async def scene(store: WrittenStore) -> None:
        await store.update("a", count)
        other = WrittenStore()
        other.value = store.value
        await other.update("a", count)
        store.value = other.value
        assert sorted(await asyncio.gather(store.update("a", count), store.update("a", count))) == [2, 3]

    run(scene)


def test_all_that_wait_learn_that_the_store_is_away() -> None:
    async def scene(store: WrittenStore) -> None:
        store.fails = True
        changes = [store.update("a", count) for _ in range(5)]
        outcomes = await asyncio.gather(*changes, return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {StoreUnavailableError}
        assert store.writes == 1

    run(scene)


def test_a_request_that_is_given_up_does_not_keep_others_waiting() -> None:
    async def scene(store: WrittenStore) -> None:
        store.allowed.clear()
        first, second, third = [asyncio.ensure_future(store.update("a", count)) for _ in range(3)]
        while not store.writes:
            await asyncio.sleep(0)
        third.cancel()
        first.cancel()
        store.allowed.set()
        outcomes = await asyncio.gather(first, second, third, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes[::2]] == [asyncio.CancelledError] * 2
        assert outcomes[1] == 1, "the change of the first was on its way"

    run(scene)


def test_a_change_that_nobody_waits_for_any_more_is_not_made() -> None:
    async def scene(store: WrittenStore) -> None:
        store.allowed.clear()
        first = asyncio.ensure_future(store.update("a", count))
        while not store.writes:
            await asyncio.sleep(0)
        second, third = [asyncio.ensure_future(store.update("a", count)) for _ in range(2)]
        await asyncio.sleep(0)
        second.cancel()
        store.allowed.set()
        assert [await first, await third] == [0, 1]

    run(scene)


def test_a_value_that_is_no_session_fails_those_who_wait_and_nobody_else() -> None:
    async def scene(store: WrittenStore) -> None:
        store.value = b"\xc1"
        changes = [store.update("a", count) for _ in range(2)]
        outcomes = await asyncio.gather(*changes, return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {msgspec.DecodeError}
        store.value = b""
        assert await store.update("a", count) == 0

    run(scene)


def test_a_store_that_closes_gives_up_what_waits() -> None:
    async def scene(store: WrittenStore) -> None:
        store.allowed.clear()
        first = asyncio.ensure_future(store.update("a", count))
        while not store.writes:
            await asyncio.sleep(0)
        second = asyncio.ensure_future(store.update("a", count))
        await asyncio.sleep(0)
        await store.aclose()
        outcomes = await asyncio.gather(first, second, return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {StoreUnavailableError}

    run(scene)


def test_no_queue_is_left_when_nobody_waits() -> None:
    async def scene(store: WrittenStore) -> None:
        await store.update("a", count)
        assert dict(store._queues) == {}

    run(scene)
