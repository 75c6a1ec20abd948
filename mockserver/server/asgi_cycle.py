"""One request and its answer over ASGI: for plain ASGI applications, the control API, and stores that wait.

The protocol gives a cycle the pieces of the request as they come, and starts it when every earlier answer on the
connection is complete.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Protocol, TypeAlias, cast

from mockserver.server.answer_framing import CONTINUE, FAILED, FAILED_HEADERS, AnswerFraming
from mockserver.server.asgi_types import Message, Receive, Send
from mockserver.server.http_parser import RequestHead

log = logging.getLogger("mockserver.server")

HIGH_WATER = 64 * 1024
"""The bytes of a body that wait for the application before the server stops reading."""

AsgiApplication: TypeAlias = Callable[[dict[str, object], Receive, Send], Awaitable[None]]


class CycleConnection(Protocol):
    """What a cycle needs of its connection."""

    transport: asyncio.Transport

    def common_headers(self) -> bytes:
        """Return the lines of a head that every answer has."""
        ...

    async def drain(self) -> None:
        """Wait until the client has taken enough of what was written."""
        ...

    def spawn(self, work: Coroutine[object, object, None]) -> None:
        """Run a coroutine as a task of the server."""
        ...

    def want_body(self) -> None:
        """Read on: a cycle wants more of its body, or waits for its client to leave."""
        ...

    def answered(self, cycle: "Cycle") -> None:
        """Go on with the next request: this one's answer is complete."""
        ...


class Cycle(Protocol):
    """One request and its answer, as the protocol sees them."""

    framing: AnswerFraming

    def feed(self, data: bytes) -> bool:
        """Take a piece of the body. Return whether so much waits that the server should stop reading."""
        ...

    def end(self) -> None:
        """Take the end of the body."""
        ...

    def start(self) -> None:
        """Begin: every earlier answer on the connection is complete."""
        ...

    def disconnect(self) -> None:
        """Learn that the client has left."""
        ...

    def stop(self) -> None:
        """Learn that the server stops and is about to cut the connection."""
        ...


class AsgiCycle:
    """One request and its answer."""

    __slots__ = (
        *("_app", "_body", "_event", "_expects_continue", "_more_body", "_scope", "_wire", "framing"),
        "is_disconnected",
    )

    def __init__(
        self, wire: CycleConnection, head: RequestHead, scope: dict[str, object], app: AsgiApplication
    ) -> None:
        self._wire = wire
        self._app = app
        self._scope = scope
        self._event = asyncio.Event()
        self._body = bytearray()
        self._more_body = True
        self._expects_continue = head.expects_continue
        self.framing = AnswerFraming(is_head=head.method == "HEAD", keep_alive=head.keep_alive)
        self.is_disconnected = False

    # --- what the protocol calls --------------------------------------------------------------------------------------

    def feed(self, data: bytes) -> bool:
        """Take a piece of the body. Return whether so much waits that the server should stop reading."""
        if self.framing.is_complete:
            return False
        self._body += data
        self._event.set()
        return len(self._body) > HIGH_WATER

    def end(self) -> None:
        """Take the end of the body."""
        self._more_body = False
        self._event.set()

    def start(self) -> None:
        """Call the application in a task of its own."""
        self._wire.spawn(self._run())

    def disconnect(self) -> None:
        """Learn that the client has left."""
        self.is_disconnected = True
        self._event.set()

    def stop(self) -> None:
        """Do nothing: the server cancels the task."""

    async def _run(self) -> None:
        """Call the application; answer 500, or close, if it does not answer."""
        try:
            await self._app(self._scope, self._receive, self._send)
        except asyncio.CancelledError:
            self._wire.transport.close()
            raise
        except Exception:
            log.debug("the application raised an exception", exc_info=True)  # which it has logged itself
            await self._fail()
        else:
            if not self.framing.is_complete and not self.is_disconnected:
                await self._fail()

    async def _fail(self) -> None:
        if self.framing.has_started or self._wire.transport.is_closing():
            self._wire.transport.close()
            return
        await self._wire.drain()
        if not self.is_disconnected:
            self._start(500, FAILED_HEADERS)
            self._write(FAILED, more=False)

    # --- what the application calls -----------------------------------------------------------------------------------

    async def _receive(self) -> Message:
        if self._expects_continue and not self._wire.transport.is_closing():
            self._wire.transport.write(CONTINUE)
            self._expects_continue = False
        if not self.is_disconnected and not self.framing.is_complete:
            self._wire.want_body()
            await self._event.wait()
            self._event.clear()
        if self.is_disconnected or self.framing.is_complete:
            return {"type": "http.disconnect"}
        body, self._body = bytes(self._body), bytearray()
        return {"type": "http.request", "body": body, "more_body": self._more_body}

    async def _send(self, message: Message) -> None:
        await self._wire.drain()
        if self.is_disconnected:
            return
        kind, has_started = message["type"], self.framing.has_started
        if not has_started and kind == "http.response.start":
            headers = cast(Sequence[tuple[bytes, bytes]], message.get("headers", ()))
            fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
            self._start(cast(int, message["status"]), fields)
        elif has_started and not self.framing.is_complete and kind == "http.response.body":
            self._write(cast(bytes, message.get("body", b"")), more=bool(message.get("more_body", False)))
        else:
            raise RuntimeError(f"unexpected ASGI message: {kind}")

    def _start(self, status: int, headers: Sequence[tuple[str, str]]) -> None:
        self._expects_continue = False
        self._wire.transport.write(self.framing.head(status, headers, self._wire.common_headers()))

    def _write(self, body: bytes, *, more: bool) -> None:
        self._wire.transport.write(self.framing.body(body, more=more))
        if more:
            return
        if not self.framing.is_complete:
            raise RuntimeError("the body is shorter than its content-length")
        self._event.set()
        self._wire.answered(self)
