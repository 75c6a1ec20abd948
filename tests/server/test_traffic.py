"""Traffic: `settled` waits for every answer whose end its client can have seen, and for nothing else."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx
import orjson
import pytest

from mockserver.accounts.session import Session, start_clock
from mockserver.core.clock import FixedClock
from mockserver.engine.step import Engine, EngineSettings
from mockserver.server.asgi import Gateway
from mockserver.server.asgi_types import Message
from mockserver.server.stores.memory import MemoryStore
from mockserver.testing.gateway import GatewaySession
from mockserver.testing.start import start
from tests.support.asgi import Client, body, scope
from tests.support.engine import HELLO, MESSAGES, NOW, contract, turns

T = TypeVar("T")

KEY = {"x-api-key": "sk_a"}
STREAMED = orjson.dumps({"model": "m", "max_tokens": 100, "messages": HELLO, "stream": True})
MANY_TURNS = 100
"""Turns of the event loop, more than any answer in memory takes from its last byte to its entry in the journal."""


class BlockedStore(MemoryStore):
    """A store whose second change, which settles the answer, waits until the test allows it."""

    def __init__(self) -> None:
        super().__init__(clock=start_clock(NOW, virtual=True))
        self.allowed = asyncio.Event()
        self._updates = 0

    async def update(self, id: str, change: Callable[[Session], tuple[Session, T]]) -> T:
        self._updates += 1
        if self._updates > 1:
            await self.allowed.wait()
        return await super().update(id, change)


def gateway(reply: str, store: MemoryStore | None = None) -> Gateway:
    script = turns(reply)
    engine = Engine(contract(), {script.name: script}, EngineSettings(scenario=script.name))
    return Gateway(engine, store=store, clock=FixedClock(NOW))


async def let_the_loop_run() -> None:
    for _ in range(MANY_TURNS):
        await asyncio.sleep(0)


def run(scene: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(30):
            await scene()

    asyncio.run(bounded())


def serving(app: Gateway, client: Client) -> "asyncio.Task[None]":
    return asyncio.ensure_future(app(scope(headers=KEY), client.receive, client.send))


def test_settled_waits_for_an_answer_that_was_sent_and_is_not_yet_in_the_journal() -> None:
    async def scene() -> None:
        store = BlockedStore()
        app, client = gateway("  - reply: hi\n    pace: {first: 1s}\n", store), Client(body(STREAMED))
        served = serving(app, client)
        await let_the_loop_run()
        assert client.sent[-1]["more_body"] is False
        settled = asyncio.ensure_future(app.settled())
        await let_the_loop_run()
        assert (settled.done(), app.traffic.is_quiet, len(app.journal)) == (False, False, 0)
        store.allowed.set()
        await settled
        assert (app.traffic.is_quiet, len(app.journal)) == (True, 1)
        await served

    run(scene)


@pytest.mark.parametrize(
    "reply",
    [
        "  - reply: one two\n    pace: {rate: 1/h}\n",
        "  - reply: one two\n    faults: [{hold: 5}]\n",
        "  - reply: one two\n    faults: [{hold: end}]\n",
        "  - reply: one two\n    faults: [{hang: end}]\n",
    ],
    ids=["waits between events", "held in its middle", "held before its end", "hangs before its end"],
)
def test_settled_does_not_wait_for_an_answer_that_is_still_on_its_way(reply: str) -> None:
    async def scene() -> None:
        app, client = gateway(reply), Client(body(STREAMED))
        served = serving(app, client)
        await let_the_loop_run()
        await app.settled()
        assert (app.traffic.is_quiet, len(app.journal)) == (False, 0)
        client.gone.set()
        await served

    run(scene)


def test_settled_waits_while_only_flushes_are_left_after_the_last_event() -> None:
    async def scene() -> None:
        app = gateway("  - reply: one\n    faults: [one_byte_per_write]\n")
        entered: list[int] = []
        looking: list[asyncio.Task[None]] = []

        async def look() -> None:
            await app.settled()
            entered.append(len(app.journal))

        class Reader(Client):
            async def send(self, message: Message) -> None:
                await super().send(message)
                if b"".join(self.bodies).endswith(b'"message_stop"}\n\n') and not looking:
                    looking.append(asyncio.create_task(look()))  # it runs before the answer goes on

        await serving(app, Reader(body(STREAMED)))
        await looking[0]
        assert entered == [1]

    run(scene)


def test_settled_returns_when_entering_an_answer_has_failed(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene() -> None:
        store = BlockedStore()
        app, client = gateway("  - reply: hi\n    pace: {first: 1s}\n", store), Client(body(STREAMED))

        def fail(*_: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(app.journal, "enter", fail)
        served = serving(app, client)
        await let_the_loop_run()
        settled = asyncio.ensure_future(app.settled())
        await let_the_loop_run()
        store.allowed.set()
        await settled
        with pytest.raises(ZeroDivisionError):
            await served

    run(scene)
    assert "the player failed" in caplog.text


@pytest.mark.parametrize("fault", ["close", "reset"])
def test_a_broken_answer_is_in_the_journal_when_the_client_has_seen_the_break(
    gateway: GatewaySession, fault: str
) -> None:
    gateway.reply("one two three").fault(fault, at=5)
    with pytest.raises(httpx.HTTPError):
        httpx.post(gateway.url + MESSAGES, content=STREAMED, headers={"x-api-key": gateway.key})
    assert gateway.journal.last.ended == ("closed" if fault == "close" else "reset")


def test_a_client_that_has_left_is_in_the_journal_before_the_server_has_noticed_it() -> None:
    with start(clock="real") as gateway:
        gateway.turn(reply="one two three", pace={"rate": "1/h"})
        headers = {"x-api-key": gateway.key}
        with (
            httpx.Client(headers=headers) as client,
            client.stream("POST", gateway.url + MESSAGES, content=STREAMED) as answer,
        ):
            next(answer.iter_lines())
        assert gateway.journal.last.ended == "client_left"
