"""One connection in memory: its transport, its application and its clock, for either parser."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import cast

import uvicorn
from uvicorn.server import ServerState

from mockserver.server.asgi_types import Message, Receive, Send
from mockserver.server.h11_parser import H11Parser
from mockserver.server.http_parser import RequestParser
from mockserver.server.httptools_parser import HttptoolsParser
from mockserver.server.limits import Limits
from mockserver.server.protocol import protocol_class

LIMITS = Limits(head_seconds=10, body_seconds=20, write_seconds=30, idle_seconds=40, linger_seconds=5)
PARSERS: tuple[type[RequestParser], ...] = (HttptoolsParser, H11Parser)
GET = b"GET /a HTTP/1.1\r\nhost: x\r\n\r\n"


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

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Do nothing: tests say themselves when a client takes no more."""

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
        served = cast(Callable[..., Awaitable[None]], app or self.app)
        config = uvicorn.Config(served, log_config=None, lifespan="off", proxy_headers=False)
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
