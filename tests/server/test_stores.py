"""Sessions in a store: atomic under load, in one process and in several, and while the store is unavailable."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import cast

import pytest

from mockserver.accounts import billing, ledger
from mockserver.accounts.identify import Accounts
from mockserver.accounts.keys import session_of
from mockserver.accounts.session import Session
from mockserver.core.clock import FixedClock
from mockserver.core.errors import OperatorError
from mockserver.engine.step import Engine, EngineSettings
from mockserver.server.asgi import Gateway
from mockserver.server.asgi_types import Message
from mockserver.server.stores import redis as redis_store
from mockserver.server.stores.memory import MemoryStore, Store, StoreUnavailableError
from mockserver.server.stores.redis import PREFIX, RedisStore
from tests.support.bank import BALANCE, CHAT, LOGIN, MESSAGES, REFRESH, accounts_of
from tests.support.engine import contract, turns
from tests.support.redis_server import RedisServer
from tests.support.serve_process import BODY, HUNDRED, ask_by_socket, exchange, served

ONE_CREDIT = turns("  - reply: hello\n    usage: {input: 600, output: 400}\n    times: always")
ID = session_of("sk_hundred")


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer(tmp_path) as server:
        yield server


def session(id: str) -> Session:
    return Session(id)


def gateway(store: Store, accounts: str = HUNDRED) -> Gateway:
    engine = Engine(contract(), {"test": ONE_CREDIT}, EngineSettings(scenario="test"), Accounts(accounts_of(accounts)))
    return Gateway(engine, store=store, clock=FixedClock())


@asynccontextmanager
async def gateways(redis: RedisServer, count: int = 2) -> AsyncIterator[list[Gateway]]:
    """Gateways that share nothing but a Redis, as those of several processes do."""
    stores = [RedisStore(redis.url, session) for _ in range(count)]
    try:
        yield [gateway(store) for store in stores]
    finally:
        for store in stores:
            await store.aclose()


class Answer:
    """The answer to one request."""

    def __init__(self, sent: list[Message]) -> None:
        self.status = sent[0]["status"]
        raw = cast(list[tuple[bytes, bytes]], sent[0]["headers"])
        self.headers = {name.decode(): value.decode() for name, value in raw}
        self.body = b"".join([cast(bytes, message["body"]) for message in sent[1:]])


async def ask(app: Gateway, path: str = MESSAGES, method: str = "POST", key: str = "sk_hundred") -> Answer:
    """Send one request directly to the application."""
    sent: list[Message] = []
    body: list[Message] = [{"type": "http.request", "body": BODY if method == "POST" else b""}]

    async def receive() -> Message:
        return body.pop() if body else await asyncio.Future()

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"x-api-key", key.encode())]
    await app({"type": "http", "method": method, "path": path, "headers": headers}, receive, send)
    return Answer(sent)


async def left(app: Gateway) -> Decimal:
    match = re.search(rb'"remaining_credits":([-0-9.]+)', (await ask(app, BALANCE, "GET")).body)
    assert match is not None
    return Decimal(match[1].decode())


async def race(ask_one: Callable[[int], Awaitable[Answer]], requests: int) -> Counter[object]:
    return Counter([answer.status for answer in await asyncio.gather(*(ask_one(n) for n in range(requests)))])


def test_the_journal_keeps_no_password_and_no_token() -> None:
    async def main() -> None:
        app = gateway(MemoryStore())
        for path in (LOGIN, REFRESH, MESSAGES):
            await ask(app, path)
        assert [exchange.body for exchange in app.journal] == [b"", b"", BODY]

    asyncio.run(main())


# --- Under load


def test_a_thousand_requests_against_a_hundred_credits_are_a_hundred_answers() -> None:
    async def main() -> None:
        app = gateway(MemoryStore())
        assert await race(lambda n: ask(app), 1000) == {200: 100, 402: 900}
        assert await left(app) == 0

    asyncio.run(main())


@pytest.mark.process
def test_two_gateways_on_one_redis_behave_as_one(redis: RedisServer) -> None:
    async def main() -> None:
        async with gateways(redis) as apps:
            assert await race(lambda n: ask(apps[n % 2]), 400) == {200: 100, 402: 300}
            assert [await left(app) for app in apps] == [0, 0]

    asyncio.run(main())


@pytest.mark.process
def test_a_window_is_not_overrun_by_two_gateways(redis: RedisServer) -> None:
    async def main() -> None:
        stores = [RedisStore(redis.url, session) for _ in range(2)]
        limited = "accounts: [{key: sk_hundred, plan: pro, limits: {requests: 30}}]"
        apps = [gateway(store, limited) for store in stores]
        assert await race(lambda n: ask(apps[n % 2]), 100) == {200: 30, 429: 70}
        for store in stores:
            await store.aclose()

    asyncio.run(main())


@pytest.mark.process
def test_a_thousand_requests_to_three_worker_processes_are_a_hundred_answers(
    redis: RedisServer, tmp_path: Path
) -> None:
    async def main(host: str, port: int) -> Counter[int]:
        return Counter(await asyncio.gather(*(ask_by_socket(host, port) for _ in range(1000))))

    with served(tmp_path, "--store", redis.url, "--workers", "3") as (host, port, server):
        assert asyncio.run(main(host, port)) == {200: 100, 402: 900}
    assert server.returncode == 0


def children_of(process: int) -> set[int]:
    return {int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()}


@pytest.mark.process
def test_a_worker_that_dies_is_replaced(redis: RedisServer, tmp_path: Path) -> None:
    with served(tmp_path, "--store", redis.url, "--workers", "2") as (host, port, server):
        before = set[int]()
        while len(before) < 2:
            before = children_of(server.pid)
        os.kill(min(before), signal.SIGKILL)
        after = before
        while len(after) < 2 or after == before:
            after = children_of(server.pid)
        assert max(before) in after
        assert {asyncio.run(ask_by_socket(host, port)) for _ in range(4)} == {200}
    assert server.returncode == 0


# --- While Redis is away


@pytest.mark.process
def test_a_store_that_goes_away_is_503_with_retry_after_and_recovers(redis: RedisServer) -> None:
    async def main() -> None:
        async with gateways(redis) as apps:
            assert (await ask(apps[0])).status == 200
            redis.kill()
            for path, kind in ((MESSAGES, b'"type":"error"'), (CHAT, b'"error":{')):
                answer = await ask(apps[0], path)
                assert (answer.status, answer.headers["retry-after"]) == (503, "1")
                assert kind in answer.body
                assert b'"code":"store_unavailable"' in answer.body
            redis.start()
            for app in apps:
                assert (await ask(app)).status == 200
            assert [await left(app) for app in apps] == [97, 97]

    asyncio.run(main())


@pytest.mark.process
def test_an_answer_that_redis_booked_and_nobody_got_is_not_paid(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Check the worst case: Redis makes the write and dies before it can answer."""

    async def main() -> None:
        store, other = RedisStore(redis.url, session), RedisStore(redis.url, session)
        app = gateway(store)
        write = store._write

        async def cut(key: str, old: bytes, new: bytes) -> tuple[bool, bytes]:
            await write(key, old, new)
            redis.kill()
            raise ConnectionResetError

        assert (await ask(app)).status == 200
        monkeypatch.setattr(store, "_write", cut)
        assert (await ask(app)).status == 503
        monkeypatch.undo()
        redis.start()
        assert (await ask(gateway(other))).status == 200
        await store.wait_for_deferred()
        assert await left(app) == await left(gateway(other)) == 98
        await store.aclose()
        await other.aclose()

    asyncio.run(main())


@pytest.mark.process
def test_what_a_stream_did_not_deliver_comes_back_when_redis_does(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        store = RedisStore(redis.url, session)
        app = gateway(store)
        update, calls = store.update, []

        async def failing(id: str, change: Callable[[Session], tuple[Session, object]]) -> object:
            calls.append(id)
            if len(calls) == 2:  # the first books, the second settles
                redis.kill()
            return await update(id, change)

        monkeypatch.setattr(store, "update", failing)
        assert (await ask(app)).status == 200
        assert len(calls) >= 2
        redis.start()
        await store.wait_for_deferred()
        books = await update(ID, lambda one: (one, one.ledgers[ID]))
        assert (books.remaining, dict(books.holds)) == (Decimal(99), {})
        await store.aclose()

    asyncio.run(main())


@pytest.mark.process
def test_workers_survive_a_restart_of_redis_and_their_probes_tell_of_it(redis: RedisServer, tmp_path: Path) -> None:
    async def until_answered(host: str, port: int) -> list[int]:
        seen = [await ask_by_socket(host, port)]
        while seen[-1] == 503:
            seen.append(await ask_by_socket(host, port))
        return seen

    def probed(host: str, port: int) -> list[tuple[int, bytes]]:
        paths = ("/_mock/health", "/_mock/ready")
        return [asyncio.run(exchange(host, port, "GET", path, {"host": "mock.service"})) for path in paths]

    healthy, ready, not_ready = (
        (status, b'{"status":"%b"}' % text) for status, text in ((200, b"ok"), (200, b"ready"), (503, b"not ready"))
    )
    with served(tmp_path, "--store", redis.url, "--workers", "2") as (host, port, _):
        assert asyncio.run(ask_by_socket(host, port)) == 200
        assert probed(host, port) == [healthy, ready]
        redis.kill()
        assert {asyncio.run(ask_by_socket(host, port)) for _ in range(4)} == {503}
        assert probed(host, port) == [healthy, not_ready]
        redis.start()
        assert asyncio.run(until_answered(host, port))[-1] == 200


def test_a_redis_that_hangs_is_waited_for_once_and_not_by_each_request_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_store, "TIMEOUT", 0.2)
    connections = []

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        await reader.read()
        writer.close()

    async def main() -> None:
        async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            store = RedisStore(f"redis://127.0.0.1:{port}", session)
            app = gateway(store)
            assert await race(lambda n: ask(app), 20) == {503: 20}
            assert len(connections) == 1
            await store.aclose()

    asyncio.run(main())


# --- The store itself


@pytest.mark.process
def test_every_store_keeps_what_changed_and_forgets_what_did_not(redis: RedisServer) -> None:
    books = ledger.open_ledger(0.5, Decimal("0.1"))

    async def main() -> None:
        shared = RedisStore(redis.url, session)
        for store in (MemoryStore(), shared):
            assert await store.update("a", lambda one: (one, one.requests)) == 0
            assert await store.update("a", lambda one: (one.counted().with_ledger("b", books), one.requests)) == 0
            assert await store.update("a", lambda one: (one, (one.requests, one.ledgers))) == (1, {"b": books})
            assert await store.update("b", lambda one: (one, one.requests)) == 0
        keys = [key async for key in shared._redis.scan_iter("*")]
        assert keys == [f"{PREFIX}a".encode()]
        assert 0 < await shared._redis.ttl(keys[0]) <= 7 * 86_400
        await shared.aclose()

    asyncio.run(main())


@pytest.mark.process
def test_a_change_that_loses_the_race_is_made_again_on_what_is_there(redis: RedisServer) -> None:
    async def main() -> None:
        stores = [RedisStore(redis.url, session) for _ in range(3)]
        await asyncio.gather(*(stores[n % 3].update("a", lambda one: (one.counted(), None)) for n in range(300)))
        assert await stores[0].update("a", lambda one: (one, one.requests)) == 300
        for store in stores:
            await store.aclose()

    asyncio.run(main())


@pytest.mark.process
def test_a_change_that_fails_changes_nothing(redis: RedisServer) -> None:
    def fail(one: Session) -> tuple[Session, None]:
        raise ZeroDivisionError

    async def main() -> None:
        store = RedisStore(redis.url, session)
        for each in (store, MemoryStore()):
            with pytest.raises(ZeroDivisionError):
                await each.update("a", fail)
            assert await each.update("a", lambda one: (one.counted(), one.requests)) == 0
        redis.kill()
        with pytest.raises(StoreUnavailableError, match="does not answer"):
            await store.update("a", lambda one: (one, None))
        await store.aclose()

    asyncio.run(main())


def test_a_void_of_what_was_never_booked_changes_nothing() -> None:
    one = Session("a")
    assert billing.void(one, "ticket") is one


@pytest.mark.parametrize("url", ["redis://localhost:port", "redis://localhost:6379/?socket_timeout=x"])
def test_a_url_that_means_nothing_is_told(url: str) -> None:
    with pytest.raises(OperatorError, match="--store"):
        RedisStore(url, session)


@pytest.mark.process
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--workers", "2"], "needs a shared store"),
        (["--store", "postgres://x"], "expected the URL of a Redis server"),
        (["--store", "redis://127.0.0.1:1"], "cannot reach Redis"),
        (["--store", "redis://localhost:port"], "invalid Redis URL"),
        (["--accounts", "nowhere.yaml"], "nowhere.yaml: file not found"),
    ],
)
def test_what_cannot_be_served_is_one_line(options: list[str], words: str) -> None:
    command = [sys.executable, "-m", "mockserver", "serve", "--port", "0", *options]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
