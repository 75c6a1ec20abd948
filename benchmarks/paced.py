"""Paced streams: how late each delta comes when many streams are open, and how much memory an open stream takes.

Method: the scenario says first token after 100 ms and fifty deltas at 20 ms. N streams open, spread over the length of
one stream so that they are not in step. The lateness of a delta is its arrival minus (request sent + 100 ms + 20 ms
for each delta before it). The bare app sends the bytes of the mock's stream with the same absolute deadlines and
`asyncio.sleep`, which is the least that an ASGI application can do. Memory is the growth of the resident set while all
streams are open.

Limits: client and server share the machine. Two thousand streams ask for 93,000 events a second, more than one core
can send, so their lateness is that of an overload. There is one round for each level.
"""

import asyncio
import time
from statistics import quantiles
from typing import NamedTuple, cast

import uvloop

from benchmarks import load, requests, servers
from benchmarks.results import Report, Row

LEVELS = (100, 500, 1000, 2000)
FIRST, INTERVAL, DELTAS = 0.1, 0.02, 50
LENGTH = FIRST + INTERVAL * (DELTAS - 1)
LIMIT = 20.0
"""Seconds that one level may take."""
_MARK = b"event: content_block_delta"


class PacedResult(NamedTuple):
    """The lateness of all deltas in milliseconds, sorted; the streams that ended; the growth of memory in KB each."""

    late: list[float]
    ended: int
    memory: float

    def at(self, percent: int) -> float:
        """Return a percentile of the lateness."""
        return quantiles(self.late, n=100, method="inclusive")[percent - 1] if len(self.late) > 1 else 0.0


def measure() -> Report:
    """Measure every level on the mock and on the bare app."""
    with servers.workplace() as place:
        place.folder.joinpath("paced.yaml").write_text(
            f'scenario: paced\nturns:\n  - reply: "{requests.STREAMED}"\n    times: always\n'
            "    pace: {first: 100ms, interval: 20ms}\n",
            encoding="utf-8",
        )
        request = load.post("/v1/messages", requests.small(stream=True))
        with servers.mock(place, place.folder / "paced.yaml") as mock:
            place.answer("paced", load.body_of(load.once(mock, request)))
            with servers.bare(place) as bare:
                beside = load.post("/paced/paced", requests.small(stream=True))
                rows = [row for level in LEVELS for row in _level(level, mock, request, bare, beside)]
    return Report(rows, remarks=["Paced: 50 deltas at 20 ms after 100 ms; lateness against an absolute schedule."])


def _level(level: int, mock: servers.Server, request: bytes, bare: servers.Server, beside: bytes) -> list[Row]:
    own, other = crowd(mock, request, level), crowd(bare, beside, level)
    rows = []
    for number, percent in enumerate((50, 95, 99)):
        what = f"{level} paced streams" if number == 0 else ""
        mine, theirs = own.at(percent), other.at(percent)
        rows.append(Row(what, f"late ms p{percent}", mine, theirs, mine / theirs if theirs else None))
    ended = "" if own.ended == level else f"{own.ended} of {level} ended"
    rows.append(Row("", "KB/open stream", own.memory, other.memory, None, ended))
    return rows


def crowd(server: servers.Server, request: bytes, level: int) -> PacedResult:
    """Open `level` streams, and time every delta of each."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_crowd(server, request, level))


class _Reader(asyncio.Protocol):
    """One stream: sends its request, and records when each delta arrives."""

    def __init__(self, done: "asyncio.Queue[None]") -> None:
        self._done = done
        self._tail = b""
        self._sent = 0.0
        self.late: list[float] = []
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def send(self, request: bytes) -> None:
        """Send the request for the stream."""
        self._sent = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        arrived = self._tail + data
        now = time.perf_counter() - self._sent
        for _ in range(arrived.count(_MARK)):
            self.late.append((now - FIRST - INTERVAL * len(self.late)) * 1000)
        if arrived.endswith(b"\r\n0\r\n\r\n"):
            self._done.put_nowait(None)
        keep = len(_MARK) - 1
        last = arrived[-keep:]
        self._tail = last


async def _crowd(server: servers.Server, request: bytes, level: int) -> PacedResult:
    loop = asyncio.get_running_loop()
    done: asyncio.Queue[None] = asyncio.Queue()
    readers: list[_Reader] = []
    for _ in range(level):
        readers.append((await loop.create_connection(lambda: _Reader(done), load.HOST, server.port))[1])
    before = server.memory()
    for number, reader in enumerate(readers):
        loop.call_later(LENGTH * number / level, reader.send, request)
    grown = [0.0]
    loop.call_later(LENGTH * 0.98, lambda: grown.append(server.memory() - before))
    ended = 0
    try:
        async with asyncio.timeout(LIMIT):
            while ended < level:
                await done.get()
                ended += 1
    except TimeoutError:
        pass
    finally:
        for reader in readers:
            reader.transport.abort()
    late = sorted([value for reader in readers for value in reader.late])
    return PacedResult(late, ended, max(grown) * 1024 / level)
