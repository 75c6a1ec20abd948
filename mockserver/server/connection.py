"""The connection below ASGI: what a real socket can do and ASGI cannot say (raw bytes, FIN in the middle, RST).

`protocol_class()` is uvicorn's HTTP protocol with one thing more: each request's scope carries the connection, under
`extensions` as `mock.connection`. The player uses it where an answer asks for it; anything else goes through ASGI.

Theory: closing a socket whose SO_LINGER is 0 sends RST instead of FIN, and throws away what is still buffered, in our
process and in the kernel. So before a reset everything is drained: the transport's buffer, then (on Linux) the
kernel's, until the peer's side has acknowledged it. A client that does not read cannot hold us: draining has a limit.
"""

import asyncio
import os
import select
import socket
import struct
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Protocol

EXTENSION = "mock.connection"

DRAIN = 5.0
"""Seconds after which a client that does not read is given up."""
_POLL = 0.001
_TIOCOUTQ = 0x5411
_IS_LINUX = sys.platform.startswith("linux")


class Connection(Protocol):
    """What the player can do with a connection below ASGI."""

    def write(self, data: bytes) -> None:
        """Bytes past HTTP framing."""
        ...

    def close(self) -> None:
        """FIN, after what is buffered."""
        ...

    async def drain(self) -> None:
        """Wait until the peer has everything."""
        ...

    def has_ended(self) -> bool:
        """Return whether the peer has closed or reset the connection, even if the event loop has not noticed yet."""
        ...

    def reset(self) -> None:
        """RST, now."""
        ...


class SocketConnection:
    """A connection on an asyncio transport."""

    def __init__(self, transport: asyncio.Transport, writable: Callable[[], Awaitable[None]]) -> None:
        self._transport = transport
        self._writable = writable

    def write(self, data: bytes) -> None:
        """Bytes past HTTP framing."""
        self._transport.write(data)

    def close(self) -> None:
        """FIN, after what is buffered."""
        self._transport.close()

    async def drain(self) -> None:
        """Wait until the peer has everything, or the limit is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN):
                self._transport.set_write_buffer_limits(high=0)
                await self._writable()
                while _unacknowledged(self._transport):
                    await asyncio.sleep(_POLL)

    def has_ended(self) -> bool:
        """Return whether the peer has closed or reset the connection. Off Linux: whether the event loop has noticed."""
        if self._transport.is_closing():
            return True
        # While the loop does not read from the socket, it cannot notice either.
        if not _IS_LINUX or not self._transport.is_reading():
            return False
        poll = select.poll()
        poll.register(self._transport.get_extra_info("socket").fileno(), select.POLLRDHUP)
        return bool(poll.poll(0))

    def reset(self) -> None:
        """RST, now."""
        if not self._transport.is_closing():
            with _own(self._transport) as own:
                own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()


def _own(transport: asyncio.Transport) -> socket.socket:
    """A second handle on the transport's socket: transports lend theirs with few methods."""
    return socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno()))


def _unacknowledged(transport: asyncio.Transport) -> int:
    """How many bytes the kernel still has to get across."""
    if not _IS_LINUX or transport.is_closing():
        return 0
    import fcntl

    with _own(transport) as own:
        answer = fcntl.ioctl(own.fileno(), _TIOCOUTQ, b"\0\0\0\0")
    return int.from_bytes(answer, sys.byteorder)


def protocol_class() -> type[asyncio.Protocol]:
    """Uvicorn's fastest HTTP protocol that is there, with the connection in each scope."""
    try:
        from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as Base
    except ImportError:
        from uvicorn.protocols.http.h11_impl import H11Protocol as Base  # type: ignore[assignment]  # alike, without a common base

    class MockProtocol(Base):
        """The protocol; every connection wraps the application once."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own parameter
            super().connection_made(transport)
            inner, connection = self.app, SocketConnection(transport, self.flow.drain)

            def app(scope: Any, receive: Any, send: Any) -> Awaitable[None]:
                scope["extensions"] = {EXTENSION: connection}
                played: Awaitable[None] = inner(scope, receive, send)
                return played

            self.app = app

    return MockProtocol
