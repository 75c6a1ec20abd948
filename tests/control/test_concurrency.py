"""Concurrency: each queued answer goes to one request, and ended streams and feeds leave nothing behind."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from mockserver.accounts.session import Session
from mockserver.server.stores.redis import RedisStore
from tests.control.support import Served, conversation, serving
from tests.support.engine import MESSAGES, turns
from tests.support.redis_server import RedisServer

PLAYED = turns("""
  - when: {text: held}
    reply: one two
    faults: [{hold: {at: 2}}]
    times: always
  - reply: usual
    times: always
""")

CLIENTS = 20


@pytest.fixture
def served() -> Iterator[Served]:
    with serving(PLAYED, playing="test") as served:
        yield served


def texts(*served: Served) -> Counter[str]:
    """Return the texts that concurrent clients get, each with its own key, spread over the servers."""

    def ask(number: int) -> str:
        headers = {"x-api-key": f"sk_{number}"}
        url = served[number % len(served)].url
        answer = httpx.post(url + MESSAGES, json=conversation("Hi"), headers=headers, trust_env=False, timeout=20)
        return str(answer.json()["content"][0]["text"])

    with ThreadPoolExecutor(CLIENTS) as pool:
        return Counter(pool.map(ask, range(CLIENTS)))


def test_what_waits_for_everybody_goes_to_one_of_those_who_ask_at_once(served: Served) -> None:
    for times in (1, 3):
        served.post("/next", {"turn": {"reply": "queued"}, "times": times}, 201)
        assert texts(served) == {"queued": times, "usual": CLIENTS - times}
        assert served.get("/next") == []


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer(tmp_path) as server:
        yield server


@pytest.fixture
def two(redis: RedisServer) -> Iterator[tuple[Served, Served]]:
    """Yield two servers that share their sessions."""
    stores = [RedisStore(redis.url, lambda id: Session(id, "of-the-server")) for _ in range(2)]
    with ExitStack() as stack:
        one, other = [stack.enter_context(serving(PLAYED, playing="test", store=store)) for store in stores]
        yield one, other
        for store, served in zip(stores, (one, other), strict=True):
            asyncio.run_coroutine_threadsafe(store.aclose(), served.loop).result()


@pytest.mark.process
def test_each_server_has_a_queue_of_its_own_and_no_item_is_lost_or_doubled(two: tuple[Served, Served]) -> None:
    for served in two:
        served.post("/next", {"turn": {"reply": "queued"}}, 201)
    assert texts(*two) == {"queued": 2, "usual": CLIENTS - 2}
    assert [served.get("/next") for served in two] == [[], []]


@pytest.mark.process
def test_a_session_that_is_steered_in_one_server_is_steered_in_the_other(two: tuple[Served, Served]) -> None:
    one, other = two
    made = one.session(name="a", account={"plan": "starter", "credits": 5}, pace={"first": "1ms"}, scenario="none")
    assert made["seed"] == "of-the-server"
    assert other.get("/sessions/a/export") == one.get("/sessions/a/export")
    other.post("/next", {"session": "a", "turn": {"reply": "queued there"}}, 201)
    answer = one.ask(headers={"x-mock-session": "a"})
    assert answer.json()["content"][0]["text"] == "queued there"
    assert other.get("/sessions/a")["waiting"] == []
    assert other.control.patch("/sessions/a", json={"scenario": "test"}).status_code == 200
    assert one.ask(headers={"x-mock-session": "a"}).json()["content"][0]["text"] == "usual"
    assert other.control.patch("/sessions/a", json={"seed": None}).json()["seed"] == "of-the-server"


@pytest.mark.slow
def test_a_hundred_held_streams_and_fifty_feeds_leave_nothing_behind(served: Served) -> None:
    async def main() -> None:
        limits = httpx.Limits(max_connections=None)
        headers = {"x-api-key": "sk_a", "authorization": served.control.headers["authorization"]}
        browser = httpx.AsyncClient(base_url=served.url, headers=headers, limits=limits, trust_env=False, timeout=60)
        async with browser as client:

            async def stream(is_patient: bool) -> None:
                body = conversation("held", stream=True)
                async with client.stream("POST", MESSAGES, json=body) as answer:
                    held.release()
                    if is_patient:
                        assert b"message_stop" in await answer.aread()
                    else:
                        await leave.wait()

            async def feed() -> None:
                async with client.stream("GET", "/_mock/traffic") as answer:
                    async for line in answer.aiter_lines():
                        if line == "event: began":
                            held.release()
                            return

            held, leave = asyncio.Semaphore(0), asyncio.Event()
            streams = [asyncio.create_task(stream(number % 2 == 0)) for number in range(100)]
            feeds = [asyncio.create_task(feed()) for _ in range(50)]
            for _ in range(150):
                await held.acquire()
            live = (await client.get("/_mock/live")).json()
            assert (len(live), {one["held"] for one in live}) == (100, {True})
            leave.set()
            for one in live:
                await client.post(f"/_mock/live/{one['id']}/run")
            await asyncio.gather(*streams, *feeds)

    before = served.on_loop(lambda: len(asyncio.all_tasks()))
    asyncio.run(main())
    served.holds(lambda: not served.app.traffic.live and not served.app.traffic.watchers)
    served.holds(lambda: served.app.journal.entered == 100)
    served.holds(lambda: len(asyncio.all_tasks()) <= before + 1)  # the task that checks this
    assert list(served.app.failures) == []
