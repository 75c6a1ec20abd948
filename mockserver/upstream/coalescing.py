"""A network stream that sends head and body of a request in one write.

The client below writes a request's head and its body one after the other; each write is a system call and a turn of the
event loop. What is written waits here until the client reads, or until it is much.
"""

import ssl
from contextlib import suppress
from typing import Any

import httpcore2

MOST = 64 * 1024
"""Bytes that wait at most."""


class CoalescingStream(httpcore2.AsyncNetworkStream):
    """Another stream, whose writes go out together before the next read."""

    def __init__(self, stream: httpcore2.AsyncNetworkStream) -> None:
        self._stream = stream
        self._waiting = bytearray()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Send what waits, then read. An upstream that stopped reading may have answered already, so that is read."""
        if self._waiting:
            with suppress(httpcore2.WriteError):
                await self._flush(timeout)
        return await self._stream.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Keep these bytes for the next read, or send them with what waits if that is much."""
        self._waiting += buffer
        if len(self._waiting) >= MOST:
            await self._flush(timeout)

    async def _flush(self, timeout: float | None) -> None:
        waiting, self._waiting = bytes(self._waiting), bytearray()
        await self._stream.write(waiting, timeout)

    async def aclose(self) -> None:
        """Close the stream."""
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.AsyncNetworkStream:
        """Return the same stream, encrypted."""
        return CoalescingStream(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:  # Any: the library's own type
        """Return what the stream knows of its connection."""
        return self._stream.get_extra_info(info)
