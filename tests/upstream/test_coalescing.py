"""Head and body of a request go out in one write, before the answer is read."""

import ssl
from typing import Any

import anyio
import httpcore2

from mockserver.upstream.coalescing import MOST, CoalescingStream


class WireTap(httpcore2.AsyncNetworkStream):
    """A stream that remembers what was done with it."""

    def __init__(self) -> None:
        self.done: list[tuple[str, object]] = []

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self.done.append(("read", max_bytes))
        return b"answer"

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.done.append(("write", bytes(buffer)))

    async def aclose(self) -> None:
        self.done.append(("close", None))

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.AsyncNetworkStream:
        self.done.append(("tls", server_hostname))
        return self

    def get_extra_info(self, info: str) -> Any:  # Any: the library's own type
        return info


def test_what_is_written_goes_out_together_before_a_read() -> None:
    tap = WireTap()

    async def use() -> None:
        stream = CoalescingStream(tap)
        await stream.write(b"head ")
        await stream.write(b"body")
        assert await stream.read(9) == b"answer"
        await stream.read(9)
        await stream.aclose()

    anyio.run(use)
    assert tap.done == [("write", b"head body"), ("read", 9), ("read", 9), ("close", None)]


def test_much_does_not_wait() -> None:
    tap = WireTap()
    anyio.run(CoalescingStream(tap).write, b"x" * MOST)
    assert tap.done == [("write", b"x" * MOST)]


def test_an_encrypted_stream_does_the_same() -> None:
    tap = WireTap()

    async def use() -> None:
        stream = await CoalescingStream(tap).start_tls(ssl.create_default_context(), "gateway.example")
        await stream.write(b"a")
        await stream.write(b"b")
        await stream.read(1)
        assert stream.get_extra_info("socket") == "socket"

    anyio.run(use)
    assert tap.done == [("tls", "gateway.example"), ("write", b"ab"), ("read", 1)]


def test_an_answer_is_read_although_the_upstream_stopped_reading() -> None:
    class Deaf(WireTap):
        async def write(self, buffer: bytes, timeout: float | None = None) -> None:
            raise httpcore2.WriteError("gone")

    async def use() -> bytes:
        stream = CoalescingStream(Deaf())
        await stream.write(b"request")
        return await stream.read(9)

    assert anyio.run(use) == b"answer"
