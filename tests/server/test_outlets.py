"""Both outlets give the same bytes and the same journal: every request of the table goes through each of them."""

import asyncio
from collections.abc import Callable, Iterable

import msgspec
import orjson
import pytest
from pydantic import JsonValue

from mockserver.engine.request import MAX_BODY
from mockserver.faults import FAULTS
from mockserver.journal.log import Exchange, Outcome, ReadEntry
from mockserver.journal.unread import UnreadExchange
from mockserver.server.asgi import MOST_DISCARDED
from mockserver.server.http_parser import RequestParser
from mockserver.server.traffic import LiveAnswer
from tests.support.engine import turns
from tests.support.memory_connection import PARSERS
from tests.support.outlets import OUTLETS, WAITING, GatewayLine, Outlet, on_line

HEALTHY = "  - reply: one two three four five\n    times: always\n"
FIVE_OTHERS = "  - {when: {text: nobody says this}, reply: no}\n" * 5
MARKS = '{x-a: <request id>, x-b: "811111111111111", x-c: <body>, x-d: <common>, x-e: "6"}'
PACED = "    pace: {first: 100ms, interval: 20ms}\n"


def post(path: str = "/v1/messages", headers: str = "", version: str = "1.1", **fields: JsonValue) -> bytes:
    """Return the bytes of a request."""
    body = orjson.dumps({"model": "m", "max_tokens": 99, "messages": [{"role": "user", "content": "Hi"}]} | fields)
    head = f"POST {path} HTTP/{version}\r\nhost: x\r\nx-api-key: sk_test_12345678\r\ncontent-type: application/json\r\n"
    return f"{head}{headers}content-length: {len(body)}\r\n\r\n".encode() + body


def chunked(body: bytes) -> bytes:
    head = b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
    return head + b"5\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (body[:5], len(body) - 5, body[5:])


def large(size: int) -> bytes:
    return b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % size + b" " * size


BODY = post().partition(b"\r\n\r\n")[2]
STREAM = post(stream=True)
EXPECTING = post(headers="expect: 100-continue\r\n")
HEAD = b"HEAD /v1/models HTTP/1.1\r\nhost: x\r\n\r\n"
GET = b"GET %b HTTP/1.1\r\nhost: x\r\n\r\n"

REQUESTS: dict[str, tuple[str, list[bytes]]] = {
    "a whole answer": (HEALTHY, [post()]),
    "a stream": (HEALTHY, [STREAM]),
    "the other wire": (HEALTHY, [post("/api/v1/chat/completions"), post("/api/v1/chat/completions", stream=True)]),
    "a paced answer": (HEALTHY + PACED, [post()]),
    "a paced stream": (HEALTHY + PACED, [STREAM]),
    "a request in pieces": (HEALTHY, [STREAM[:20], STREAM[20:60], STREAM[60:-7], STREAM[-7:]]),
    "a body in chunks": (HEALTHY, [chunked(BODY)]),
    "a body that is too large": (HEALTHY, [large(MAX_BODY + 1)]),
    "a body that is far too large": (HEALTHY, [large(MOST_DISCARDED + 1), post()]),
    "a body that is no JSON": (HEALTHY, [post().replace(b'{"model"', b'["model"')]),
    "100-continue": (HEALTHY, [EXPECTING[: -len(BODY)], BODY]),
    "100-continue after an answer that is owed": (HEALTHY, [post() + EXPECTING[: -len(BODY)], BODY]),
    "keep-alive": (HEALTHY, [post(), post(), STREAM, post(model="another")]),
    "a client that repeats itself": (HEALTHY, [post()] * 3 + [STREAM] * 3 + [post(model="a % model")] * 2),
    "streams of one character each": (HEALTHY + "    pace: {chunk: character}\n", [STREAM] * 3 + [post()] * 3),
    "tool calls": (
        "  - reply: [{tool_use: {name: f, input: {a: 1}}}]\n    times: always\n",
        [post()] * 3 + [STREAM] * 3,
    ),
    "the other wire again": (
        HEALTHY,
        [post("/api/v1/chat/completions")] * 3 + [post("/api/v1/chat/completions", stream=True)] * 3,
    ),
    "requests that are pipelined": (HEALTHY + PACED, [post() + STREAM + GET % b"/v1/models" + post()]),
    "connection: close": (HEALTHY, [post(headers="connection: close\r\n") + post()]),
    "HTTP/1.0": (HEALTHY, [post(version="1.0")]),
    "an upgrade": (HEALTHY, [post(headers="upgrade: h2c\r\nconnection: upgrade\r\n"), post()]),
    "other methods": (
        HEALTHY,
        [GET % b"/v1/models", HEAD, GET % b"/nowhere"],
    ),
    "a preflight": (
        HEALTHY,
        [b"OPTIONS /v1/messages HTTP/1.1\r\norigin: a\r\naccess-control-request-method: POST\r\n\r\n"],
    ),
    "a refused key": (HEALTHY, [post(headers="authorization: Bearer sk-ant-1234567\r\n")]),
    "an error": ("  - error: {status: 529}\n", [post(), post()]),
    "errors": ("  - error: {status: 429, message: 100 %}\n    times: always\n", [post()] * 3 + [STREAM] * 2),
    "errors with a header": (
        "  - error: {status: 503}\n    headers: {x-a: 50 %}\n    times: always\n",
        [post()] * 2,
    ),
    "the sixth turn": (FIVE_OTHERS + HEALTHY, [post(), STREAM, post("/api/v1/chat/completions")]),
    "the sixth turn, an error": (FIVE_OTHERS + "  - error: {status: 529}\n", [post(), post()]),
    "an error with the marks of the lane": (
        f"  - {{error: {{status: 529}}, headers: {MARKS}, times: always}}\n",
        [post(), post()],
    ),
    "garbage after an answer that is owed": (HEALTHY + PACED, [post() + b"\x00 garbage\r\n\r\n"]),
}
"""What a client sends, piece by piece, and the turns that answer."""


def told(entries: Iterable[Exchange]) -> list[object]:
    """Return what the journal says of each exchange, without the real time that it took."""
    return [(each.note, timeless(each.outcome), each.captured.actions, each.captured.headers) for each in entries]


def timeless(outcome: Outcome) -> Outcome:
    """Return an outcome whose virtual times stay and whose real ones are zero."""
    writes = tuple([(frames, size, round(seconds, 2)) for frames, size, seconds in outcome.writes])
    holds = tuple([(frames, 0.0) for frames, _ in outcome.holds])
    return msgspec.structs.replace(outcome, seconds=round(outcome.seconds, 2), writes=writes, holds=holds)


def played(outlet: Outlet, text: str, pieces: list[bytes], parser: type[RequestParser]) -> GatewayLine:
    async def scene(line: GatewayLine) -> None:
        for piece in pieces:
            await line.feed(piece)

    return on_line(scene, outlet, turns(text), parser)


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("case", REQUESTS)
def test_both_outlets_answer_a_request_with_the_same_bytes(case: str, parser: type[RequestParser]) -> None:
    direct, over_asgi = [played(outlet, *REQUESTS[case], parser) for outlet in OUTLETS]
    assert direct.transport.written == over_asgi.transport.written
    assert direct.transport.statuses, "something was answered"
    assert direct.transport.is_closed == over_asgi.transport.is_closed
    assert told(direct.entries) == told(over_asgi.entries)


@pytest.mark.parametrize("turn", [HEALTHY, "  - {error: {status: 529}, times: always}\n"])
def test_both_outlets_answer_many_sessions_with_the_same_bytes(turn: str) -> None:
    pieces = [post().replace(b"sk_test_12345678", b"sk_test_%d" % number) for number in range(64) for _ in range(2)]
    direct, over_asgi = [played(outlet, turn, pieces, PARSERS[0]) for outlet in OUTLETS]
    assert direct.transport.written == over_asgi.transport.written


@pytest.mark.parametrize("turn", [HEALTHY, '  - {reply: "{{last_user_text}}", times: always}\n'])
def test_an_answer_that_leaves_at_once_is_in_the_journal_before(turn: str) -> None:
    entered: list[int] = []

    async def scene(line: GatewayLine) -> None:
        write = line.transport.write

        def noted(data: bytes | bytearray | memoryview) -> None:
            entered.append(len(line.gateway.journal))
            write(data)

        line.transport.write = noted  # type: ignore[method-assign]  # this transport alone
        for piece in (post(), post(), STREAM):  # the lane takes heads that it knows
            await line.feed(piece)

    on_line(scene, OUTLETS[0], turns(turn))
    assert entered[1:] == [2, 3]


@pytest.mark.parametrize("case", REQUESTS)
def test_a_store_that_waits_changes_no_byte(case: str) -> None:
    waiting, immediate = [played(outlet, *REQUESTS[case], PARSERS[0]) for outlet in (WAITING, OUTLETS[0])]
    assert waiting.transport.written == immediate.transport.written
    assert waiting.transport.is_closed == immediate.transport.is_closed
    assert [entry.note for entry in waiting.entries] == [entry.note for entry in immediate.entries]


class Watcher:
    """A watcher of answers that notes how many began."""

    def __init__(self) -> None:
        self.begun = 0

    def began(self, live: LiveAnswer) -> None:
        self.begun += 1

    def changed(self, live: LiveAnswer) -> None:
        """Note nothing."""

    def ended(self, live: LiveAnswer, exchange: Exchange) -> None:
        """Note nothing."""


def while_it_waits(disturb: Callable[[GatewayLine], None]) -> GatewayLine:
    """Return a connection that was disturbed while the store waited for its second request."""

    async def scene(line: GatewayLine) -> None:
        await line.feed(post())
        line.protocol.data_received(post())
        disturb(line)
        await line.settle()
        line.protocol.resume_writing()
        await line.settle()

    return on_line(scene, WAITING, turns(HEALTHY))


def test_a_prepared_answer_leaves_at_once_when_the_store_has_waited() -> None:
    line = while_it_waits(lambda _: None)
    assert line.transport.statuses == [200, 200]
    assert isinstance(line.gateway.journal._entries[-1], UnreadExchange)


def test_who_begins_to_watch_while_the_store_waits_sees_the_answer() -> None:
    watcher = Watcher()
    assert while_it_waits(lambda line: line.gateway.traffic.watchers.append(watcher)).transport.statuses == [200, 200]
    assert watcher.begun == 1


def test_an_answer_waits_for_its_client_when_the_store_has_waited() -> None:
    line = while_it_waits(lambda line: line.protocol.pause_writing())
    assert line.transport.statuses == [200, 200]
    assert isinstance(line.gateway.journal._entries[-1], ReadEntry)


def test_a_server_that_ends_while_the_store_waits_says_so_in_the_answer() -> None:
    line = while_it_waits(lambda line: line.protocol.shutdown())
    assert line.transport.statuses == [200, 200]
    assert line.transport.written.count(b"connection: close") == 1
    assert line.transport.is_closed


def test_a_client_that_leaves_while_the_store_waits_is_in_the_journal() -> None:
    async def scene(line: GatewayLine) -> None:
        line.protocol.data_received(STREAM)
        line.protocol.connection_lost(None)
        await line.settle()

    line = on_line(scene, WAITING, turns(HEALTHY + PACED))
    assert [entry.outcome.ended for entry in line.entries] == ["client_left"]


def test_a_decision_that_is_cancelled_closes_the_connection() -> None:
    async def scene(line: GatewayLine) -> None:
        line.protocol.data_received(STREAM)
        await asyncio.sleep(0)
        for task in line.state.tasks:
            task.cancel()
        await line.settle()

    line = on_line(scene, WAITING, turns(HEALTHY))
    assert (line.transport.written, line.transport.is_closed, line.entries) == (b"", True, [])


@pytest.mark.parametrize("request_", [post(), STREAM, post("/api/v1/chat/completions", stream=True)])
@pytest.mark.parametrize("fault", FAULTS)
def test_both_outlets_break_an_answer_in_the_same_way(fault: str, request_: bytes) -> None:
    text = HEALTHY + f"    faults: [{orjson.dumps(FAULTS[fault].spelling).decode()}]\n"
    direct, over_asgi = [played(outlet, text, [request_], PARSERS[0]) for outlet in OUTLETS]
    assert direct.transport.written == over_asgi.transport.written
    assert direct.transport.is_closed == over_asgi.transport.is_closed
    assert direct.transport.is_aborted == over_asgi.transport.is_aborted
    assert told(direct.entries) == told(over_asgi.entries)


@pytest.mark.parametrize("outlet", OUTLETS)
def test_nothing_is_written_while_the_client_takes_nothing(outlet: Outlet) -> None:
    async def scene(line: GatewayLine) -> None:
        line.protocol.pause_writing()
        await line.feed(STREAM)
        assert line.transport.written == b""
        line.protocol.resume_writing()
        await line.settle()
        assert line.transport.written.endswith(b"0\r\n\r\n")

    assert [each.outcome.ended for each in on_line(scene, outlet, turns(HEALTHY)).entries] == ["complete"]


@pytest.mark.parametrize("outlet", OUTLETS)
def test_a_client_that_leaves_while_it_takes_nothing_ends_the_answer_at_its_next_wait(outlet: Outlet) -> None:
    async def scene(line: GatewayLine) -> None:
        line.protocol.pause_writing()
        await line.feed(STREAM)
        line.protocol.connection_lost(None)
        await line.settle()

    line = on_line(scene, outlet, turns(HEALTHY + "    faults: [one_event_per_write]\n"))
    assert (line.transport.written, len(line.entries)) == (b"", 1)


@pytest.mark.parametrize("outlet", OUTLETS)
def test_a_client_that_leaves_before_its_request_is_complete_is_not_in_the_journal(outlet: Outlet) -> None:
    async def scene(line: GatewayLine) -> None:
        await line.feed(STREAM[:-5])
        line.protocol.connection_lost(None)

    assert on_line(scene, outlet, turns(HEALTHY)).entries == []


@pytest.mark.parametrize("outlet", OUTLETS)
def test_a_held_answer_goes_on_when_it_is_released(outlet: Outlet) -> None:
    async def scene(line: GatewayLine) -> None:
        await line.feed(STREAM)
        (live,) = line.gateway.traffic.live.values()
        assert live.delivery.is_held
        live.delivery.gate.admit()
        await line.settle()
        assert (live.delivery.frames, live.delivery.is_held) == (3, True)
        live.delivery.gate.open()
        await line.settle()
        assert line.transport.written.endswith(b"0\r\n\r\n")

    line = on_line(scene, outlet, turns(HEALTHY + "    faults: [{hold: {at: 3}}]\n"))
    assert [each.outcome.ended for each in line.entries] == ["complete"]


@pytest.mark.parametrize("outlet", OUTLETS)
def test_a_bug_of_the_engine_is_a_500_and_the_connection_stays_open(outlet: Outlet, broken: None) -> None:
    async def scene(line: GatewayLine) -> None:
        await line.feed(post() + post())
        assert (line.transport.statuses, line.transport.is_closed) == ([500, 500], False)

    assert len(on_line(scene, outlet, turns(HEALTHY)).gateway.failures) == 2


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Break the engine."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("mockserver.engine.step.Engine.answer", fail)


@pytest.mark.parametrize("outlet", OUTLETS)
def test_a_bug_of_the_player_is_a_500_and_closes_the_connection(
    outlet: Outlet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    async def scene(line: GatewayLine) -> None:
        await line.feed(post())
        assert (line.transport.statuses, line.transport.is_closed) == ([500], True)
        assert line.transport.written.endswith(b"Internal Server Error")

    monkeypatch.setattr("mockserver.server.player.Playback.steps", fail)
    on_line(scene, outlet, turns(HEALTHY))


def test_a_server_that_stops_ends_its_answers_below_asgi() -> None:
    async def scene(line: GatewayLine) -> None:
        await line.feed(STREAM)
        line.protocol.stop()

    line = on_line(scene, "transport", turns(HEALTHY + "    faults: [{hold: {at: 3}}]\n"))
    assert [each.outcome.ended for each in line.entries] == ["server_stopped"]
