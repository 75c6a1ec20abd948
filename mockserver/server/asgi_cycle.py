"""One request and its answer over ASGI: the outlet that plain ASGI applications use.

The protocol gives a cycle the pieces of the request as they come, and starts it when every earlier answer on the
connection is complete. The cycle frames the answer: by its content-length, else in chunks.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Protocol, cast

from mockserver.server.http_parser import RequestHead
from mockserver.server.player import Message, Receive, Send

log = logging.getLogger("mockserver.server")

HIGH_WATER = 64 * 1024
"""The bytes of a body that wait for the application before the server stops reading."""

_BAD_NAME = re.compile(b'[\x00-\x1f\x7f()<>@,;:\\[\\]={} \t\\\\"]')
_BAD_VALUE = re.compile(b"[\x00-\x08\x0a-\x1f\x7f]")
_BODILESS = frozenset({204, 304})
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_FAILED = b"Internal Server Error"


def _status_line(status: int) -> bytes:
    phrase = HTTPStatus(status).phrase if status in _STATUSES else ""
    return f"HTTP/1.1 {status} {phrase}\r\n".encode("ascii")


_STATUSES = frozenset(status.value for status in HTTPStatus)
STATUS_LINES: Mapping[int, bytes] = {status: _status_line(status) for status in range(100, 600)}

AsgiApplication = Callable[[dict[str, object], Receive, Send], Awaitable[None]]


class CycleConnection(Protocol):
    """What a cycle needs of its connection."""

    transport: asyncio.Transport

    def date_header(self) -> list[tuple[bytes, bytes]]:
        """Return the headers that every answer has."""
        ...

    async def drain(self) -> None:
        """Wait until the client has taken enough of what was written."""
        ...

    def want_body(self, cycle: "AsgiCycle") -> None:
        """Read on, if it is this cycle's body that comes next."""
        ...

    def answered(self, cycle: "AsgiCycle") -> None:
        """Go on with the next request: this one's answer is complete."""
        ...


class AsgiCycle:
    """One request and its answer."""

    __slots__ = (
        *("_body", "_chunked", "_content_length", "_event", "_expects_continue", "_is_head", "_more_body", "_scope"),
        *("_wire", "has_started", "is_complete", "is_disconnected", "keep_alive"),
    )

    def __init__(self, wire: CycleConnection, head: RequestHead, scope: dict[str, object]) -> None:
        self._wire = wire
        self._scope = scope
        self._event = asyncio.Event()
        self._body = bytearray()
        self._more_body = True
        self._is_head = head.method == "HEAD"
        self._chunked: bool | None = None
        self._content_length = 0
        self._expects_continue = False
        for name, value in head.headers:
            if name == b"expect" and value.lower() == b"100-continue":
                self._expects_continue = True
        self.keep_alive = head.keep_alive
        self.has_started = False
        self.is_complete = False
        self.is_disconnected = False

    # --- what the protocol calls --------------------------------------------------------------------------------------

    def feed(self, data: bytes) -> bool:
        """Take a piece of the body. Return whether so much waits that the server should stop reading."""
        if self.is_complete:
            return False
        self._body += data
        self._event.set()
        return len(self._body) > HIGH_WATER

    def end(self) -> None:
        """Take the end of the body."""
        self._more_body = False
        self._event.set()

    def disconnect(self) -> None:
        """Learn that the client has left."""
        self.is_disconnected = True
        self._event.set()

    async def run(self, app: AsgiApplication) -> None:
        """Call the application; answer 500, or close, if it does not answer."""
        try:
            await app(self._scope, self._receive, self._send)
        except asyncio.CancelledError:
            self._wire.transport.close()
            raise
        except Exception:
            log.debug("the application raised an exception", exc_info=True)  # which it has logged itself
            await self._fail()
        else:
            if not self.is_complete and not self.is_disconnected:
                await self._fail()

    async def _fail(self) -> None:
        if self.has_started or self._wire.transport.is_closing():
            self._wire.transport.close()
            return
        headers = [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", b"%d" % len(_FAILED)),
            (b"connection", b"close"),
        ]
        await self._send({"type": "http.response.start", "status": 500, "headers": headers})
        await self._send({"type": "http.response.body", "body": _FAILED, "more_body": False})

    # --- what the application calls -----------------------------------------------------------------------------------

    async def _receive(self) -> Message:
        if self._expects_continue and not self._wire.transport.is_closing():
            self._wire.transport.write(_CONTINUE)
            self._expects_continue = False
        if not self.is_disconnected and not self.is_complete:
            self._wire.want_body(self)
            await self._event.wait()
            self._event.clear()
        if self.is_disconnected or self.is_complete:
            return {"type": "http.disconnect"}
        body, self._body = bytes(self._body), bytearray()
        return {"type": "http.request", "body": body, "more_body": self._more_body}

    async def _send(self, message: Message) -> None:
        await self._wire.drain()
        if self.is_disconnected:
            return
        kind = message["type"]
        if not self.has_started and kind == "http.response.start":
            headers = cast(list[tuple[bytes, bytes]], message.get("headers", ()))
            self._start(cast(int, message["status"]), headers)
        elif self.has_started and not self.is_complete and kind == "http.response.body":
            self._write(cast(bytes, message.get("body", b"")), more=bool(message.get("more_body", False)))
        else:
            raise RuntimeError(f"unexpected ASGI message: {kind}")

    def _start(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        self.has_started = True
        self._expects_continue = False
        lines, says_close = [STATUS_LINES[status]], False
        for name, value in (*self._wire.date_header(), *headers):
            if _BAD_NAME.search(name) or _BAD_VALUE.search(value):
                raise RuntimeError(f"invalid header {name!r}")
            name = name.lower()
            if name == b"content-length" and self._chunked is None:
                self._content_length, self._chunked = int(value), False
            elif name == b"transfer-encoding" and value.lower() == b"chunked":
                self._content_length, self._chunked = 0, True
            elif name == b"connection" and b"close" in value.lower():
                self.keep_alive, says_close = False, True
            lines += (name, b": ", value, b"\r\n")
        if not self.keep_alive and not says_close:
            lines.append(b"connection: close\r\n")
        if self._chunked is None and not self._is_head and status not in _BODILESS:
            self._chunked = True
            lines.append(b"transfer-encoding: chunked\r\n")
        lines.append(b"\r\n")
        self._wire.transport.write(b"".join(lines))

    def _write(self, body: bytes, *, more: bool) -> None:
        if self._is_head:
            self._content_length = 0
        elif self._chunked:
            parts = [b"%x\r\n" % len(body), body, b"\r\n"] if body else []
            if not more:
                parts.append(b"0\r\n\r\n")
            self._wire.transport.write(b"".join(parts))
        else:
            self._content_length -= len(body)
            if self._content_length < 0:
                raise RuntimeError("the body is longer than its content-length")
            self._wire.transport.write(body)
        if more:
            return
        if self._content_length:
            raise RuntimeError("the body is shorter than its content-length")
        self.is_complete = True
        self._event.set()
        self._wire.answered(self)
