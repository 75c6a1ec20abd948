"""The ASGI application in memory: bodies of any size, clients that leave, and what is not an HTTP request."""

import asyncio
from collections.abc import Callable, Mapping
from itertools import repeat
from typing import TypeVar

import orjson
import pytest

from mockserver.accounts.session import VIRTUAL_ORIGIN, Session, start_clock
from mockserver.core.clock import FixedClock
from mockserver.engine.arrival import Arrival
from mockserver.engine.decision import Decision
from mockserver.engine.prepared_turn import PreparedAnswer
from mockserver.engine.request import MAX_BODY
from mockserver.engine.step import Engine, EngineSettings
from mockserver.scenarios.script import Script
from mockserver.server.asgi import MOST_DISCARDED, Gateway
from mockserver.server.asgi_types import Message
from mockserver.server.stores.memory import MemoryStore, StoreUnavailableError
from tests.support.asgi import LEFT, Client, LeavingTimer, VirtualTimer, body, scope, serve
from tests.support.engine import HELLO, NOW, contract, turns

T = TypeVar("T")

KEY = {"x-api-key": "sk_secret_0123456789", "user-agent": "curl/8"}
ASKED = orjson.dumps({"model": "m", "max_tokens": 100, "messages": HELLO})
STREAMED = orjson.dumps({"model": "m", "max_tokens": 100, "messages": HELLO, "stream": True})
MEBIBYTE = b" " * 2**20


def gateway(played: Script | None = None) -> Gateway:
    scripts = {} if played is None else {played.name: played}
    engine = Engine(contract(), scripts, EngineSettings(scenario=None if played is None else played.name))
    return Gateway(engine, store=MemoryStore(), clock=FixedClock(NOW), timer=VirtualTimer())


def ask(app: Gateway, *chunks: bytes, headers: Mapping[str, str] = KEY) -> Client:
    return serve(app, scope(headers=headers), Client(body(*chunks)))


def code(client: Client) -> object:
    return orjson.loads(b"".join(client.bodies))["code"]


def test_an_answer_is_a_start_and_one_body() -> None:
    client = ask(gateway(), ASKED)
    assert [message["type"] for message in client.sent] == ["http.response.start", "http.response.body"]
    assert (client.status, client.sent[1]["more_body"]) == (200, False)


def test_the_content_length_is_that_of_the_body() -> None:
    client = ask(gateway(), ASKED)
    assert client.headers[b"content-length"] == str(len(client.bodies[0])).encode()


def test_a_body_may_come_in_chunks() -> None:
    assert ask(gateway(), ASKED[:5], b"", ASKED[5:20], ASKED[20:]).bodies == ask(gateway(), ASKED).bodies


def test_an_unpaced_stream_is_one_send() -> None:
    client = ask(gateway(), STREAMED)
    assert len(client.bodies) == 1
    assert client.headers[b"content-type"] == b"text/event-stream; charset=utf-8"


def test_the_time_of_an_answer_is_the_clocks() -> None:
    client = serve(gateway(), scope(path="/api/v1/chat/completions", headers=KEY), Client(body(ASKED)))
    assert orjson.loads(client.bodies[0])["created"] == int(NOW)


# Large bodies


def test_the_largest_body_has_ten_mebibytes() -> None:
    assert MAX_BODY == 10_485_760


def test_the_largest_body_is_read() -> None:
    assert ask(gateway(), ASKED + b" " * (MAX_BODY - len(ASKED))).status == 200


@pytest.mark.parametrize(
    "chunks",
    [[ASKED + b" " * (MAX_BODY + 1 - len(ASKED))], [ASKED, *repeat(MEBIBYTE, 10)]],
    ids=["in one piece", "in chunks"],
)
def test_a_larger_body_is_413(chunks: list[bytes]) -> None:
    client = ask(gateway(), *chunks)
    assert (client.status, code(client)) == (413, "request_too_large")


def test_a_too_large_body_is_read_to_its_end_so_that_the_client_can_read_the_answer() -> None:
    client = ask(gateway(), ASKED, *repeat(MEBIBYTE, 20))
    assert client.incoming == []


def test_an_endless_body_is_not_read_for_ever() -> None:
    client = ask(gateway(), *repeat(MEBIBYTE, 1_000))
    assert client.status == 413
    assert client.asked <= MOST_DISCARDED // len(MEBIBYTE) + 2


def test_a_too_large_body_is_not_kept() -> None:
    app = gateway()
    ask(app, ASKED, *repeat(MEBIBYTE, 10))
    assert [exchange.body for exchange in app.journal] == [b""]


# Clients that leave


@pytest.mark.parametrize("before", [[], body(ASKED[:5], b"")[:1]], ids=["before the body", "in the body"])
def test_a_client_that_leaves_before_its_body_is_complete_is_sent_nothing(before: list[Message]) -> None:
    app = gateway()
    client = serve(app, scope(headers=KEY), Client([*before, LEFT]))
    assert (client.sent, len(app.journal)) == ([], 0)


SLOW = """
  - reply: one two three four
    pace: {first: 1s, rate: 1/s}
    times: always
"""


def test_a_paced_stream_is_sent_in_pieces() -> None:
    app = gateway(turns(SLOW))
    client = ask(app, STREAMED)
    assert len(client.bodies) == 4
    assert [exchange.outcome.seconds for exchange in app.journal] == [4.0]


def test_in_virtual_time_a_wait_moves_the_clock_of_its_session_and_takes_no_time() -> None:
    engine = Engine(contract(), {"test": turns(SLOW)}, EngineSettings(scenario="test"))
    store = MemoryStore(clock=start_clock(NOW, virtual=True))
    app = Gateway(engine, store=store, clock=FixedClock(NOW))
    ask(app, STREAMED)
    ask(app, STREAMED)
    assert [(exchange.at - VIRTUAL_ORIGIN, exchange.outcome.seconds) for exchange in app.journal] == [(0, 4), (4, 4)]


def test_a_client_that_leaves_in_the_stream_is_entered_as_such() -> None:
    client = Client(body(STREAMED))
    engine = Engine(contract(), {"test": turns(SLOW)}, EngineSettings(scenario="test"))
    app = Gateway(engine, clock=FixedClock(NOW), timer=LeavingTimer(client, 3))
    serve(app, scope(headers=KEY), client)
    [exchange] = app.journal
    assert (exchange.outcome.ended, len(client.bodies)) == ("client_left", 2)


# Sessions and the journal


def test_requests_of_one_key_share_a_session() -> None:
    store = MemoryStore()
    app = Gateway(Engine(contract(), {}, EngineSettings()), store=store)
    ask(app, ASKED)
    ask(app, ASKED)
    ask(app, ASKED, headers={"x-api-key": "sk_other"})
    assert len(store) == 2


@pytest.mark.parametrize(
    "headers",
    [{"x-api-key": "sk-ant-x"}, {"authorization": "Bearer sk-ant-x"}, {"x-api-key": "sk_a", "x-mock-session": "!"}],
)
def test_a_refused_request_never_makes_a_session(headers: dict[str, str]) -> None:
    store = MemoryStore()
    ask(Gateway(Engine(contract(), {}, EngineSettings()), store=store), ASKED, headers=headers)
    assert len(store) == 0


def test_an_exchange_is_entered_with_what_was_asked_and_what_was_delivered() -> None:
    app = gateway()
    client = ask(app, ASKED)
    [exchange] = app.journal
    assert (exchange.number, exchange.at, exchange.client) == (1, NOW, "curl/8")
    assert (exchange.method, exchange.path, exchange.body) == ("POST", "/v1/messages", ASKED)
    assert (exchange.outcome.status, exchange.outcome.bytes) == (200, len(client.bodies[0]))


@pytest.mark.parametrize(
    "headers",
    [
        {"x-api-key": "sk_secret_0123456789"},
        {"authorization": "Bearer sk_secret_0123456789"},
        {"x-api-key": "sk-ant-0123456789"},
    ],
)
def test_a_key_never_comes_into_the_journal(headers: dict[str, str]) -> None:
    app = gateway()
    ask(app, ASKED, headers=headers)
    assert "0123456789" not in repr([*app.journal])


def test_a_clients_name_is_cut() -> None:
    app = gateway()
    ask(app, ASKED, headers={"x-api-key": "sk_a", "user-agent": "x" * 100_000})
    assert [len(exchange.client) for exchange in app.journal] == [200]


# What is no HTTP request, and our own bugs


def test_a_websocket_is_refused() -> None:
    client = serve(gateway(), {"type": "websocket", "path": "/v1/messages"}, Client([{"type": "websocket.connect"}]))
    assert [message["type"] for message in client.sent] == ["websocket.close"]


def test_the_lifespan_protocol_is_spoken() -> None:
    events: list[Message] = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    client = serve(gateway(), {"type": "lifespan"}, Client(events))
    assert [message["type"] for message in client.sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


class BrokenEngine(Engine):
    """An engine with a bug."""

    def answer(self, session: Session, arrival: Arrival, now: float) -> tuple[Session, Decision | PreparedAnswer]:
        raise ZeroDivisionError("our secret")


def broken_gateway() -> Gateway:
    return Gateway(BrokenEngine(contract(), {}, EngineSettings()))


def broken() -> Client:
    return ask(broken_gateway(), ASKED)


def test_a_bug_of_ours_is_a_500_without_its_details() -> None:
    client = broken()
    assert (client.status, code(client)) == (500, "mock_error")
    assert b"secret" not in client.bodies[0]


def test_a_bug_of_ours_is_in_the_journal() -> None:
    app = broken_gateway()
    client = ask(app, ASKED)
    entries = list(app.journal)
    assert [(entry.note.code, entry.outcome.status, entry.outcome.ended) for entry in entries] == [
        ("mock_error", 500, "complete")
    ]
    assert (entries[0].body, entries[0].outcome.bytes) == (ASKED, len(client.bodies[0]))
    assert app.traffic.live == {}


def test_a_bug_of_ours_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    broken()
    assert [(record.name, record.exc_info is not None) for record in caplog.records] == [("mockserver", True)]


# What a page sees when something fails


PAGE = {"origin": "http://localhost:5173"}


class AbsentStore(MemoryStore):
    """A store that nobody can reach."""

    async def update(self, id: str, change: Callable[[Session], tuple[Session, T]]) -> T:
        raise StoreUnavailableError


def absent() -> Gateway:
    return Gateway(Engine(contract(), {}, EngineSettings()), store=AbsentStore())


def test_a_page_can_read_a_bug_of_ours() -> None:
    client = ask(Gateway(BrokenEngine(contract(), {}, EngineSettings())), ASKED, headers={**KEY, **PAGE})
    assert client.status == 500
    assert client.headers[b"access-control-allow-origin"] == b"http://localhost:5173"


def test_a_page_can_read_that_the_store_is_away() -> None:
    client = ask(absent(), ASKED, headers={**KEY, **PAGE})
    assert (client.status, code(client)) == (503, "store_unavailable")
    assert client.headers[b"access-control-allow-origin"] == b"http://localhost:5173"
    assert b"retry-after" in client.headers[b"access-control-expose-headers"]


def test_a_preflight_needs_no_store() -> None:
    asked = {**PAGE, "access-control-request-method": "POST"}
    client = serve(absent(), scope(method="OPTIONS", headers=asked), Client(body(b"")))
    assert client.status == 204


def test_many_clients_at_once_are_served() -> None:
    app = gateway(turns(SLOW))
    clients = [Client(body(STREAMED)) for _ in range(50)]

    async def all_at_once() -> None:
        await asyncio.gather(*[app(scope(headers=KEY), client.receive, client.send) for client in clients])

    asyncio.run(all_at_once())
    assert [client.sent[-1]["more_body"] for client in clients] == [False] * 50
