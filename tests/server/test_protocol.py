"""One connection: the order of its answers, what a client can hold, and for how long."""

import asyncio
import weakref
from typing import cast

import pytest

from mockserver.server.asgi_types import Receive, Send
from mockserver.server.connection import EXTENSION
from mockserver.server.h11_parser import H11Parser
from mockserver.server.http_parser import RequestParser
from mockserver.server.httptools_parser import HttptoolsParser
from mockserver.server.protocol import HttpProtocol, parser_class
from mockserver.server.sweeper import Sweeper
from tests.support.memory_connection import GET, LIMITS, PARSERS, Line, play

POST = b"POST /a HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n"
GARBAGE = b"\x00\xff garbage\r\n\r\n"


@pytest.fixture(params=PARSERS, ids=["httptools", "h11"])
def parser(request: pytest.FixtureRequest) -> type[RequestParser]:
    return cast(type[RequestParser], request.param)


# --- order ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [GARBAGE, b"GET /b HTTP/1.1\r\nhost\r\n\r\n"])
def test_garbage_after_requests_is_400_after_their_answers(parser: type[RequestParser], end: bytes) -> None:
    async def scene(line: Line) -> None:
        line.app.may_answer.clear()
        await line.feed(3 * GET + end)
        assert (line.transport.statuses, line.app.paths) == ([], ["/a"])
        line.app.may_answer.set()
        await line.settle()
        assert line.transport.statuses == [200, 200, 200, 400]
        assert line.transport.has_eof
        assert line.transport.written.endswith(b"\r\nconnection: close\r\n\r\nMalformed HTTP request.")

    play(scene, parser)


CHUNKED = b"POST /b HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("before", [0, 2])
def test_a_body_that_is_malformed_is_400_after_the_answers_before_it(parser: type[RequestParser], before: int) -> None:
    async def scene(line: Line) -> None:
        await line.feed(before * GET + CHUNKED)
        await line.feed(b"ZZ\r\n")
        assert line.transport.statuses == [200] * before + [400]
        assert line.app.paths == ["/a"] * before + ["/b"]
        assert line.app.left == 1

    play(scene, parser)


def test_a_queued_request_whose_body_is_malformed_is_not_played(parser: type[RequestParser]) -> None:
    async def scene(line: Line) -> None:
        await line.feed(GET + CHUNKED + b"ZZ\r\n")
        assert (line.transport.statuses, line.app.paths) == ([200, 400], ["/a"])

    play(scene, parser)


def test_a_malformed_body_never_puts_a_400_into_an_answer_that_has_begun(parser: type[RequestParser]) -> None:
    async def scene(line: Line) -> None:
        line.app.starts_early = True
        await line.feed(CHUNKED)
        await line.feed(b"ZZ\r\n")
        assert (line.transport.statuses, line.transport.is_closed) == ([200], True)

    play(scene, parser)


def test_a_client_that_pipelines_much_is_not_read_until_some_of_it_is_answered(parser: type[RequestParser]) -> None:
    async def scene(line: Line) -> None:
        line.app.may_answer.clear()
        await line.feed(2 * GET)
        assert line.transport.is_reading()
        await line.feed(2 * GET)
        assert not line.transport.is_reading()
        line.app.may_answer.set()
        await line.settle()
        assert (line.transport.statuses, line.transport.is_reading()) == ([200] * 4, True)

    play(scene, parser, LIMITS._replace(pipelined=3))


def test_every_request_of_a_connection_learns_that_its_client_has_left(parser: type[RequestParser]) -> None:
    async def scene(line: Line) -> None:
        left: list[str] = []

        async def app(scope: dict[str, object], receive: Receive, send: Send) -> None:
            await receive()
            left.append(cast(str, (await receive())["type"]))

        line.protocol._app = app
        await line.feed(2 * GET)
        line.protocol.connection_lost(None)
        await line.settle()
        assert left == ["http.disconnect"]

    play(scene, parser)


# --- sizes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sent", [b"GET /", GET[:-2] + b"x: "])
def test_an_endless_head_is_431_and_the_connection_closes(parser: type[RequestParser], sent: bytes) -> None:
    async def scene(line: Line) -> None:
        await line.feed(sent)
        for _ in range(100):
            await line.feed(b"a" * 1000)
        assert line.transport.statuses == [431]
        assert line.transport.has_eof
        assert not line.transport.is_closed, "the client can read the refusal"
        await line.wait(5.1)
        assert line.transport.is_aborted

    play(scene, parser)


def test_what_comes_after_a_refusal_is_bounded(parser: type[RequestParser]) -> None:
    async def scene(line: Line) -> None:
        await line.feed(GARBAGE)
        await line.feed(b"a" * 1000)
        assert not line.transport.is_closed
        await line.feed(b"a")
        assert line.transport.is_aborted

    play(scene, parser, LIMITS._replace(linger_bytes=1000))


@pytest.mark.parametrize("field", [b"x-api-key", b"X-Mock-Session", b"authorization", b"host", b"content-length"])
def test_a_trailer_is_no_header(parser: type[RequestParser], field: bytes) -> None:
    seen: list[list[tuple[bytes, bytes]]] = []

    async def app(scope: dict[str, object], receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        seen.append(cast(list[tuple[bytes, bytes]], scope["headers"]))

    async def scene(line: Line) -> None:
        line.protocol._app = app
        await line.feed(CHUNKED + b"1\r\na\r\n0\r\n" + field + b": 1\r\n\r\n")

    play(scene, parser)
    assert seen == [[(b"host", b"x"), (b"transfer-encoding", b"chunked")]]


# --- times ------------------------------------------------------------------------------------------------------------


def test_a_client_that_says_nothing_is_closed(parser: type[RequestParser]) -> None:
    async def scene(line: Line) -> None:
        await line.wait(9.9)
        assert not line.transport.is_closed
        await line.wait(0.2)
        assert (line.transport.is_closed, line.transport.written) == (True, b"")

    play(scene, parser)


def test_a_head_must_be_complete_in_time_however_often_something_of_it_comes(parser: type[RequestParser]) -> None:
    async def scene(line: Line) -> None:
        for byte in GET[:11]:
            assert line.transport.statuses == []
            await line.feed(bytes([byte]))
            await line.wait(0.99)
        assert line.transport.statuses == [408]
        assert b"did not come within 10 seconds" in line.transport.written

    play(scene, parser)


def test_between_requests_a_client_has_longer_and_then_the_time_of_a_head(parser: type[RequestParser]) -> None:
    async def scene(line: Line) -> None:
        await line.feed(GET)
        await line.wait(39.9)
        await line.feed(GET[:5])
        await line.wait(9.9)
        assert line.transport.statuses == [200]
        await line.feed(b"x")
        await line.wait(0.2)
        assert line.transport.statuses == [200, 408]

    play(scene, parser)


def test_a_connection_without_another_request_is_closed(parser: type[RequestParser]) -> None:
    async def scene(line: Line) -> None:
        await line.feed(GET)
        await line.wait(39.9)
        assert not line.transport.is_closed
        await line.wait(0.2)
        assert (line.transport.is_closed, line.transport.statuses) == (True, [200])

    play(scene, parser)


def test_a_body_must_go_on(parser: type[RequestParser]) -> None:
    async def scene(line: Line) -> None:
        await line.feed(POST)
        for _ in range(5):
            await line.wait(19.9)
            await line.feed(b"a")
        assert line.transport.statuses == []
        await line.wait(20.1)
        assert (line.transport.statuses, line.app.left) == ([408], 1)

    play(scene, parser)


def test_a_body_after_a_slow_answer_has_its_whole_time(parser: type[RequestParser]) -> None:
    async def scene(line: Line) -> None:
        line.app.may_answer.clear()
        await line.feed(GET + POST)
        await line.wait(1000)
        line.app.may_answer.set()
        await line.settle()
        await line.wait(19.9)
        assert line.transport.statuses == [200]
        await line.wait(0.2)
        assert line.transport.statuses == [200, 408]

    play(scene, parser)


def test_a_body_that_stops_after_its_answer_closes_without_another(parser: type[RequestParser]) -> None:
    async def app(scope: object, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 401, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    async def scene(line: Line) -> None:
        line.protocol._app = app
        await line.feed(POST)
        await line.wait(20.1)
        assert (line.transport.statuses, line.transport.is_closed) == ([401], True)

    play(scene, parser)


def test_an_answer_takes_as_long_as_it_wants_while_its_client_reads(parser: type[RequestParser]) -> None:
    async def scene(line: Line) -> None:
        line.app.may_answer.clear()
        await line.feed(GET + GET[:5])
        for _ in range(10):
            await line.wait(1000)
        assert not line.transport.is_closed
        line.app.may_answer.set()
        await line.settle()
        assert line.transport.statuses == [200]

    play(scene, parser)


def test_a_client_that_takes_nothing_is_reset_also_when_its_answer_is_complete(parser: type[RequestParser]) -> None:
    async def scene(line: Line) -> None:
        await line.feed(GET)
        line.transport.unsent = 5000
        line.protocol.pause_writing()
        for _ in range(10):  # it takes a little, again and again
            line.transport.unsent -= 1
            await line.wait(7)
        assert not line.transport.is_aborted
        await line.wait(29)
        assert not line.transport.is_aborted
        await line.wait(2)
        assert line.transport.is_aborted

    play(scene, parser, LIMITS._replace(idle_seconds=10_000))


def test_a_closed_connection_whose_client_takes_nothing_is_reset(parser: type[RequestParser]) -> None:
    async def scene(line: Line) -> None:
        await line.feed(GET[:-2] + b"connection: close\r\n\r\n")
        assert line.transport.is_closed
        line.transport.unsent = 10
        await line.wait(1)
        await line.wait(31)
        assert line.transport.is_aborted
        await line.wait(31)

    play(scene, parser)


def test_a_writer_waits_until_its_client_has_taken_enough(parser: type[RequestParser]) -> None:
    async def scene(line: Line) -> None:
        line.protocol.pause_writing()
        await line.feed(GET)
        assert (line.app.paths, line.transport.written) == (["/a"], b"")
        line.protocol.resume_writing()
        await line.settle()
        assert line.transport.statuses == [200]

    play(scene, parser)


def test_the_sweeper_checks_every_connection_until_it_is_stopped() -> None:
    async def main() -> None:
        checked = asyncio.Event()

        class Watched(HttpProtocol):
            def __init__(self) -> None:
                pass

            def check(self, now: float) -> None:
                checked.set()

        sweeper = Sweeper([Watched()], 0.001)
        await checked.wait()
        sweeper.stop()

    asyncio.run(main())


# --- the rest ---------------------------------------------------------------------------------------------------------


def test_a_large_body_is_read_as_fast_as_it_is_taken(parser: type[RequestParser]) -> None:
    async def scene(line: Line) -> None:
        line.protocol.data_received(b"POST /a HTTP/1.1\r\nhost: x\r\ncontent-length: 200000\r\n\r\n" + b"a" * 100_000)
        assert not line.transport.is_reading()
        await line.settle()
        assert line.transport.is_reading()
        await line.feed(b"a" * 100_000)
        assert line.transport.written.count(b"a" * 1000) == 200

    play(scene, parser)


def test_a_closed_connection_is_freed_at_once(parser: type[RequestParser]) -> None:
    """Circles would be left to the garbage collector, whose pauses make paced streams late."""

    async def scene(line: Line) -> None:
        await line.feed(GET)
        line.protocol.connection_lost(None)
        closed = weakref.ref(line.protocol)
        del line.protocol
        assert closed() is None

    play(scene, parser)


def test_a_server_that_ends_closes_what_is_idle_and_finishes_what_is_owed(parser: type[RequestParser]) -> None:
    async def idle(line: Line) -> None:
        line.protocol.shutdown()
        assert line.transport.is_closed

    async def owed(line: Line) -> None:
        line.app.may_answer.clear()
        await line.feed(GET)
        line.protocol.shutdown()
        assert not line.transport.is_closed
        line.app.may_answer.set()
        await line.settle()
        assert (line.transport.statuses, line.transport.is_closed) == ([200], True)
        assert b"connection: close" in line.transport.written

    play(idle, parser)
    play(owed, parser)


def test_each_scope_has_its_connection_and_its_target(parser: type[RequestParser]) -> None:
    scopes: list[dict[str, object]] = []

    async def app(scope: dict[str, object], receive: Receive, send: Send) -> None:
        scopes.append(scope)

    async def scene(line: Line) -> None:
        line.protocol._app = app
        await line.feed(b"GET /a%20b?c=d HTTP/1.1\r\nHost: x\r\n\r\n")

    play(scene, parser)
    (scope,) = scopes
    assert EXTENSION in cast(dict[str, object], scope["extensions"])
    assert [scope[name] for name in ("path", "raw_path", "query_string", "http_version", "method", "type")] == [
        *("/a b", b"/a%20b", b"c=d", "1.1", "GET", "http")
    ]
    assert scope["client"] == scope["server"] == ("127.0.0.1", 80)


def test_the_fastest_parser_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    assert parser_class() is HttptoolsParser
    monkeypatch.setitem(__import__("sys").modules, "mockserver.server.httptools_parser", None)
    assert parser_class() is H11Parser
