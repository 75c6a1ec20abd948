"""The client: raw HTTP/1.1 over keep-alive connections, one request at a time on each, in the caller's process.

It must be so cheap that the server is what is measured: an asyncio protocol on uvloop, requests that are made
beforehand, and no more parsing than finding the end of an answer, by `content-length` or by the last chunk. It checks
that every answer is a 200, and counts the blank lines of streams, which are their events.

Limits: a burst ends after `count` answers or `limit` seconds, whichever comes first, and reports the number of
answers. It recognises the last chunk by its bytes at the end of what has arrived. That is correct here, because a
connection has only one answer under way and JSON has no bare line break.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import NamedTuple, TypeAlias, cast

import uvloop

from benchmarks.servers import BenchmarkError, Server

CONNECTIONS = 16
BURST_LIMIT = 2.0
"""Default limit of a burst, in seconds."""
ONE_LIMIT = 10.0
"""Limit of a single answer, in seconds."""
HOST = "127.0.0.1"

Make: TypeAlias = Callable[[int], bytes]
"""Returns the request with a number, from 0."""


class Burst(NamedTuple):
    """What a burst of requests cost: CPU time in microseconds, elapsed time in seconds."""

    answers: int
    events: int
    server_cpu: float
    client_cpu: float
    seconds: float

    @property
    def server_share(self) -> float:
        """The number of cores that the server used."""
        return self.server_cpu / self.seconds / 1e6

    @property
    def client_share(self) -> float:
        """The number of cores that the client used."""
        return self.client_cpu / self.seconds / 1e6


def post(path: str, body: bytes, headers: str = "", key: str = "sk_bench") -> bytes:
    """Return a small request as a small client sends it. `headers` are whole lines."""
    head = (
        f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: bench/1\r\naccept: */*\r\n"
        f"content-type: application/json\r\nx-api-key: {key}\r\n{headers}content-length: {len(body)}\r\n\r\n"
    )
    return head.encode("latin-1") + body


def burst(server: Server, make: Make, count: int, limit: float = BURST_LIMIT) -> Burst:
    """Send `count` requests, `CONNECTIONS` at a time, and wait for the answers."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_burst(server, make, count, limit))


def once(server: Server, request: bytes) -> bytes:
    """Return one answer as it arrived, head and body."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_once(server, request))


class _Crowd:
    """What the connections of a burst share: the requests still to send, and what has come back."""

    def __init__(self, make: Make, count: int) -> None:
        self.make = make
        self.count = count
        self.sent = self.answers = self.events = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def finish(self) -> None:
        """End the burst: everything has come back, or the time is over."""
        if not self.done.done():
            self.done.set_result(None)

    def fail(self, reason: str) -> None:
        """End the burst with an error."""
        if not self.done.done():
            self.done.set_exception(BenchmarkError(reason))


class _Connection(asyncio.Protocol):
    """One connection: sends a request, waits for the end of the answer, sends the next."""

    def __init__(self, crowd: _Crowd) -> None:
        self._crowd = crowd
        self._arrived = bytearray()
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop has its own class

    def connection_lost(self, exc: Exception | None) -> None:
        self._crowd.fail("the server closed a connection")

    def data_received(self, data: bytes) -> None:
        arrived = self._arrived
        arrived += data
        if not is_complete(arrived):
            return
        crowd = self._crowd
        if not arrived.startswith(b"HTTP/1.1 200 "):
            crowd.fail(f"expected a 200, got {bytes(arrived[:300])!r}")
            return
        crowd.answers += 1
        crowd.events += arrived.count(b"\n\n")
        arrived.clear()
        if crowd.sent < crowd.count:
            self.send()
        elif crowd.answers == crowd.count:
            crowd.finish()

    def send(self) -> None:
        """Send the next request."""
        crowd = self._crowd
        self.transport.write(crowd.make(crowd.sent))
        crowd.sent += 1


def is_complete(arrived: bytearray) -> bool:
    """Return whether the whole answer has arrived."""
    end = arrived.find(b"\r\n\r\n")
    if end < 0:
        return False
    place = arrived.find(b"\r\ncontent-length: ", 0, end)
    if place < 0:
        return arrived.endswith(b"\r\n0\r\n\r\n")
    place += 18
    return len(arrived) - end - 4 >= int(arrived[place : arrived.find(b"\r\n", place)])


async def _burst(server: Server, make: Make, count: int, limit: float) -> Burst:
    loop = asyncio.get_running_loop()
    crowd = _Crowd(make, count)
    crew: list[_Connection] = []
    for _ in range(min(CONNECTIONS, count)):
        crew.append((await loop.create_connection(lambda: _Connection(crowd), HOST, server.port))[1])
    alarm = loop.call_later(limit, crowd.finish)
    server_cpu, client_cpu, start = server.cpu(), time.process_time_ns(), time.perf_counter()
    for connection in crew:
        connection.send()
    try:
        await crowd.done
        seconds = time.perf_counter() - start
        server_cpu, client_cpu = server.cpu() - server_cpu, time.process_time_ns() - client_cpu
    finally:
        alarm.cancel()
        for connection in crew:
            connection.transport.abort()
    if not crowd.answers:
        raise BenchmarkError(f"no answer within {limit:g} s")
    return Burst(crowd.answers, crowd.events, server_cpu, client_cpu / 1_000, seconds)


async def _once(server: Server, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(HOST, server.port)
    arrived = bytearray()
    try:
        async with asyncio.timeout(ONE_LIMIT):
            writer.write(request)
            while not is_complete(arrived):
                data = await reader.read(65536)
                if not data:
                    raise BenchmarkError("the server closed a connection")
                arrived += data
    except TimeoutError:
        raise BenchmarkError(f"no answer within {ONE_LIMIT:g} s") from None
    finally:
        writer.transport.abort()
    if not arrived.startswith(b"HTTP/1.1 200 "):
        raise BenchmarkError(f"expected a 200, got {bytes(arrived[:300])!r}")
    return bytes(arrived)


def body_of(answer: bytes) -> bytes:
    """Return the body of an answer, its chunks joined."""
    head, _, rest = answer.partition(b"\r\n\r\n")
    if b"\r\ncontent-length: " in head:
        return rest
    parts: list[bytes] = []
    while True:
        size, _, rest = rest.partition(b"\r\n")
        if not int(size, 16):
            return b"".join(parts)
        parts.append(rest[: int(size, 16)])
        rest = rest[int(size, 16) + 2 :]


def shares(what: str, bursts: Mapping[str, Sequence[Burst]]) -> str:
    """Return a remark on who was busy. A server that used less than about one core was not the bottleneck."""
    parts = [
        f"{name} {median([burst.server_share for burst in measured]):.2f} "
        f"(client {median([burst.client_share for burst in measured]):.2f})"
        for name, measured in bursts.items()
    ]
    return f"Cores used, {what}: {', '.join(parts)}."
