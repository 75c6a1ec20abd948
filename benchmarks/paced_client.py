"""The client of paced streams: N raw sockets in one epoll loop, which notes when each delta arrives.

It must not be late itself. So there is no event loop and no protocol object: `poll` says which sockets have something,
all of it is stamped with the time of that `poll`, and a delta is found by its name. Each socket sends one request.
"""

import gc
import select
import socket
import time
from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.servers import BenchmarkError, Server

_MARK = b"event: content_block_delta"
_END = b"\r\n0\r\n\r\n"
_KEEP = len(_MARK) - 1
PAUSE = 0.05
"""Seconds after which the client looks at the clock, whatever comes."""


class Opened:
    """One stream: when its request went out, and when each delta came."""

    def __init__(self, port: int) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port))
        self.sock.setblocking(False)
        self.sent = 0.0
        self.ended = False
        self.arrivals: list[float] = []
        self._tail = b""

    def take(self, now: float) -> bool:
        """Read what has come; return whether the stream has ended."""
        try:
            data = self.sock.recv(16384)
        except BlockingIOError:
            return False
        if not data:
            raise BenchmarkError("the server closed a paced stream")
        arrived = self._tail + data
        self.arrivals += [now] * arrived.count(_MARK)
        self.ended = arrived.endswith(_END)
        self._tail = arrived[-_KEEP:]
        return self.ended


class PacedRun(NamedTuple):
    """The streams, the server's CPU microseconds, and the MB that it grew by while all were open."""

    streams: Sequence[Opened]
    server_cpu: float
    grown: float


def run(server: Server, request: bytes, count: int, spread: float, limit: float) -> PacedRun:
    """Open `count` streams within `spread` seconds, and read them until all have ended or the limit is reached."""
    before = server.memory()
    streams = [Opened(server.port) for _ in range(count)]
    gc.disable()
    try:
        cpu = server.cpu()
        held = _read(server, request, streams, spread, limit)
        return PacedRun(streams, server.cpu() - cpu, held - before)
    finally:
        gc.enable()
        for stream in streams:
            stream.sock.close()


def _read(server: Server, request: bytes, streams: Sequence[Opened], spread: float, limit: float) -> float:
    """Start the streams one after the other, and read all. Return the MB that the server held when all were open."""
    by_number = {stream.sock.fileno(): stream for stream in streams}
    count, started, running, held = len(streams), 0, len(streams), 0.0
    with select.epoll() as poll:
        for number in by_number:
            poll.register(number, select.EPOLLIN)
        now = begun = time.perf_counter()
        while running and now < begun + limit:
            while started < count and now >= begun + spread * started / count:
                streams[started].sent = time.perf_counter()
                streams[started].sock.sendall(request)
                started += 1
            until_next = begun + spread * started / count - now if started < count else PAUSE
            ready = poll.poll(min(max(until_next, 0.0), PAUSE))
            now = time.perf_counter()
            running -= sum([by_number[number].take(now) for number, _ in ready])
            if not held and started == count:
                held = server.memory()
    return held or server.memory()
