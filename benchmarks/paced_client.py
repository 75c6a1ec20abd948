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
    streams = [Opened(server.port) for _ in range(count)]
    poll = select.epoll()
    by_number = {stream.sock.fileno(): stream for stream in streams}
    for number in by_number:
        poll.register(number, select.EPOLLIN)
    gc.disable()
    try:
        return _read(server, request, streams, by_number, poll, spread, limit)
    finally:
        gc.enable()
        poll.close()
        for stream in streams:
            stream.sock.close()


def _read(
    server: Server,
    request: bytes,
    streams: Sequence[Opened],
    by_number: dict[int, Opened],
    poll: select.epoll,
    spread: float,
    limit: float,
) -> PacedRun:
    memory, cpu, begun = server.memory(), server.cpu(), time.perf_counter()
    count, sent, open_streams, grown = len(streams), 0, len(streams), 0.0
    read_memory_at = spread * 0.98
    now = begun
    while open_streams and now < begun + limit:
        while sent < count and now >= begun + spread * sent / count:
            streams[sent].sent = time.perf_counter()
            streams[sent].sock.sendall(request)
            sent += 1
        next_start = begun + spread * sent / count - now if sent < count else 0.05
        ready = poll.poll(min(max(next_start, 0.0005), 0.05))
        now = time.perf_counter()
        for number, _ in ready:
            if by_number[number].take(now):
                open_streams -= 1
        if not grown and now >= begun + read_memory_at:
            grown = server.memory() - memory
    return PacedRun(streams, server.cpu() - cpu, grown)
