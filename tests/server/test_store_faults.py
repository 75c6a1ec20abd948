"""Faults between a gateway and its Redis: each request is answered or refused, and each answer is paid once.

The proxy is that of `make attack`, which does the same to a whole server under load.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from mockserver.accounts.session import Session
from mockserver.server.asgi import Gateway
from mockserver.server.stores import redis as redis_store
from mockserver.server.stores.redis import RedisStore
from tests.server.test_stores import ask, gateway, left, race
from tests.support.redis_server import RedisServer
from tools.attack.proxy import FaultProxy, Mode, proxied

pytestmark = pytest.mark.process

REQUESTS = 8


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[FaultProxy]:
    with RedisServer(tmp_path) as redis, proxied(redis.port) as proxy:
        yield proxy


@asynccontextmanager
async def behind(proxy: FaultProxy) -> AsyncIterator[tuple[Gateway, RedisStore]]:
    """Yield a gateway whose Redis is behind a proxy."""
    store = RedisStore(f"redis://127.0.0.1:{proxy.port}", Session)
    try:
        yield gateway(store), store
    finally:
        await store.aclose()


@pytest.mark.parametrize(
    ("mode", "allowed"),
    [("late", {200, 503}), ("drops", {200, 503}), ("deaf", {503}), ("mute", {503}), ("cut", {503})],
)
def test_every_answer_is_paid_once(
    mode: Mode, allowed: set[int], proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_store, "TIMEOUT", 0.3)

    async def main() -> None:
        async with behind(proxy) as (app, store):
            assert (await ask(app)).status == 200
            proxy.set(mode)
            statuses = await race(lambda _: ask(app), REQUESTS)
            assert set(statuses) <= allowed
            proxy.set("pass")
            while (await ask(app)).status == 503:
                pass  # a connection that was cut is noticed when it is used
            await store.wait_for_deferred()
            assert await left(app) == Decimal(100 - 2 - statuses[200])

    asyncio.run(main())


def test_who_needs_no_session_does_not_wait_for_those_who_do(
    proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_store, "TIMEOUT", 60.0)

    async def main() -> None:
        async with behind(proxy) as (app, _):
            proxy.set("deaf")
            waiting = [asyncio.create_task(ask(app, key=f"sk_{number}")) for number in range(REQUESTS)]
            assert (await ask(app, "/v1/models", "GET", key="sk-ant-1")).status == 401
            assert not any(task.done() for task in waiting)
            for task in waiting:
                task.cancel()
            await asyncio.wait(waiting)

    asyncio.run(main())
