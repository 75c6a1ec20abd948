"""One connection: the order of its answers, what a client can hold, and for how long."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import cast

import pytest
import uvicorn
from uvicorn.server import ServerState

from mockserver.server.connection import EXTENSION
from mockserver.server.h11_parser import H11Parser
from mockserver.server.http_parser import RequestParser
from mockserver.server.httptools_parser import HttptoolsParser
from mockserver.server.limits import Limits
from mockserver.server.player import Message, Receive, Send
from mockserver.server.protocol import HttpProtocol, Sweeper, parser_class, protocol_class

LIMITS = Limits(head_seconds=10, body_seconds=20, write_seconds=30, idle_seconds=40, linger_seconds=5)
PARSERS: tuple[type[RequestParser], ...] = (HttptoolsParser, H11Parser)

GET = b"GET /a HTTP/1.1\r\nhost: x\r\n\r\n"
POST = b"POST /a HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n"
GARBAGE = b"\x00\xff garbage\r\n\r\n"


class Transport(asyncio.Transport):
    """A transport in memory. `unsent` is what its client has not taken."""

    def __init__(self) -> None:
        super().__init__()
        self._socket: socket.socket | None = None
        self.written = b""
        self.unsent = 0
        self.is_reading_now = True
        self.has_eof = self.is_closed = self.is_aborted = False

    def get_extra_info(self, name: str, default: object = None) -> object:
        if name != "socket":
            return ("127.0.0.1", 80)
        if self._socket is None:
            self._socket = socket.socket()
        return self._socket

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def write_eof(self) -> None:
        self.has_eof = True

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def is_reading(self) -> bool:
        return self.is_reading_now

    def pause_reading(self) -> None:
        self.is_reading_now = False

    def resume_reading(self) -> None:
        self.is_reading_now = True

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True

    def abort(self) -> None:
        self.is_closed = self.is_aborted = True
        if self._socket is not None:
            self._socket.close()

    @property
    def statuses(self) -> list[int]:
        """The statuses of the answers that were written."""
        return [int(part[:3]) for part in self.written.split(b"HTTP/1.1 ")[1:]]


class Loop:
    """The running loop with a clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def time(self) -> float:
        return self.now

    def __getattr__(self, name: str) -> object:
        return getattr(asyncio.get_running_loop(), name)


class Application:
    """Answers 200 with the body that came, when `may_answer` is set; `left` counts the clients that have left."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.starts_early = False
        self.paths: list[str] = []
        self.left = 0

    async def __call__(self, scope: dict[str, object], receive: Receive, send: Send) -> None:
        self.paths.append(cast(str, scope["path"]))
        if self.starts_early:
            await self._start(send)
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.left += 1
                return
            body, more = body + cast(bytes, message["body"]), bool(message["more_body"])
        await self.may_answer.wait()
        if not self.starts_early:
            await self._start(send)
        await send({"type": "http.response.body", "body": body})

    async def _start(self, send: Send) -> None:
        start: Message = {"type": "http.response.start", "status": 200, "headers": []}
        await send(start)


class Line:
    """A connection with its application, its transport and its clock."""

    def __init__(self, parser: type[RequestParser], limits: Limits = LIMITS, app: object = None) -> None:
        self.app = Application()
        self.loop, self.transport, self.state = Loop(), Transport(), ServerState()
        config = uvicorn.Config(cast(Callable[..., Awaitable[None]], app or self.app), log_config=None, lifespan="off")
        config.load()
        made = protocol_class(limits, parser)
        self.protocol = made(config, self.state, {}, cast(asyncio.AbstractEventLoop, self.loop))
        self.protocol.connection_made(self.transport)

    async def feed(self, data: bytes) -> None:
        """Let data come, and the application go on as far as it can."""
        self.protocol.data_received(data)
        await self.settle()

    async def settle(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)

    async def wait(self, seconds: float) -> None:
        """Move the clock on, and check."""
        self.loop.now += seconds
        self.protocol.check(self.loop.now)
        await self.settle()


@pytest.fixture(params=PARSERS, ids=["httptools", "h11"])
def parser(request: pytest.FixtureRequest) -> type[RequestParser]:
    return cast(type[RequestParser], request.param)


def play(scene: Callable[[Line], Awaitable[None]], parser: type[RequestParser], limits: Limits = LIMITS) -> None:
    """Play a scene on a connection."""

    async def main() -> None:
        line = Line(parser, limits)
        await scene(line)
        if line.state.connections:
            line.protocol.connection_lost(None)
        await line.settle()
        line.transport.abort()
        assert (line.state.connections, line.state.tasks) == (set(), set())

    asyncio.run(main())


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
