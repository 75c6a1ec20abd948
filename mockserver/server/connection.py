"""The connection below ASGI: what a real socket can do and ASGI cannot express (raw bytes, FIN in the middle, RST).

The scope of each request carries its connection, under `extensions` as `mock.connection` (see `protocol`). The player
uses it where an answer needs it; everything else goes through ASGI.

Theory: closing a socket whose SO_LINGER is 0 sends RST instead of FIN and discards what is still buffered, in this
process and in the kernel. So before a reset everything is drained: the transport's buffer, then (on Linux) the
kernel's, until the peer's side has acknowledged it. Draining has a time limit, for a client that does not read.
"""

import asyncio
import os
import select
import socket
import struct
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol

EXTENSION = "mock.connection"

DRAIN_LIMIT = 5.0
"""Seconds to wait for a client that does not read before its connection is reset."""

_POLL = 0.001
_TIOCOUTQ = 0x5411
_IS_LINUX = sys.platform.startswith("linux")


class Connection(Protocol):
    """What the player can do with a connection below ASGI."""

    def write(self, data: bytes) -> None:
        """Write bytes without HTTP framing."""
        ...

    def close(self) -> None:
        """Send what is buffered, then FIN."""
        ...

    async def drain(self) -> None:
        """Wait until the peer has everything."""
        ...

    def has_ended(self) -> bool:
        """Return whether the peer has closed or reset the connection, even if the event loop has not noticed yet."""
        ...

    def reset(self) -> None:
        """Send RST now."""
        ...


class SocketConnection:
    """A connection on an asyncio transport."""

    def __init__(self, transport: asyncio.Transport, writable: Callable[[], Awaitable[None]]) -> None:
        self._transport = transport
        self._writable = writable

    def write(self, data: bytes) -> None:
        """Write bytes without HTTP framing."""
        self._transport.write(data)

    def close(self) -> None:
        """Send what is buffered, then FIN."""
        self._transport.close()

    async def drain(self) -> None:
        """Wait until the peer has everything, or the time limit is reached."""
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_LIMIT):
                self._transport.set_write_buffer_limits(high=0)
                await self._writable()
                while _unacknowledged(self._transport):
                    await asyncio.sleep(_POLL)

    def limit_unread(self, size: int) -> None:
        """Let about this many bytes wait for a client that does not read, in place of the kernel's megabytes."""
        self._transport.set_write_buffer_limits(high=0)
        self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size)

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
        """Send RST now."""
        if self._transport.is_closing():
            self._transport.abort()
        else:
            self.cut()

    def cut(self) -> None:
        """Send RST now, also while the connection is closing. Once it is closed, another may have its descriptor."""
        with _duplicate(self._transport) as duplicate:
            duplicate.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()


def _duplicate(transport: asyncio.Transport) -> socket.socket:
    """Return a second handle on the transport's socket: the one that transports expose has few methods."""
    return socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno()))


def _unacknowledged(transport: asyncio.Transport) -> int:
    """Return how many bytes the peer has not acknowledged yet; 0 off Linux."""
    if not _IS_LINUX or transport.is_closing():
        return 0
    import fcntl

    with _duplicate(transport) as duplicate:
        answer = fcntl.ioctl(duplicate.fileno(), _TIOCOUTQ, b"\0\0\0\0")
    return int.from_bytes(answer, sys.byteorder)
