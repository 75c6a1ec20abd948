"""Paced streams: how late each delta comes when many streams are open, what it costs, and what an open stream holds.

Method: the scenario says first token after 100 ms and fifty deltas at 20 ms. N streams open, spread over the length of
one stream so that they are not in step. The lateness of a delta is its arrival minus (request sent + 100 ms + 20 ms
for each delta before it); its drift is the same, measured from the stream's own first delta. The bare app sends the
bytes of the mock's stream with the same absolute deadlines and `asyncio.sleep`, as an ASGI application can. Memory is
the growth of the resident set of fresh servers while 500 streams are open, their connections included.

Limits: client and server share the machine. Two thousand streams ask for 93,000 events a second, more than one core
can send one by one, so their lateness is that of an overload.
"""

from collections.abc import Callable
from functools import partial
from statistics import quantiles
from typing import NamedTuple

from benchmarks import load, paced_client, requests, servers
from benchmarks.goals import Figure, Figures
from benchmarks.paced_client import Opened, PacedRun
from benchmarks.results import medians, rounds

HELD, FULL, OVERLOAD = 500, 1_000, 2_000
"""Streams at a time: for memory, for lateness, and for what an overloaded server does."""
ROUNDS = 3
FIRST, INTERVAL, DELTAS = 0.1, 0.02, 50
LENGTH = FIRST + INTERVAL * (DELTAS - 1)
LIMIT = 12.0
"""Seconds that one level may take."""


class PacedResult(NamedTuple):
    """What a level showed: milliseconds at the 99th percentile, CPU microseconds an event, percent that ended."""

    late: float
    drift: float
    first: float
    cpu: float
    ended: float
    memory: float


def measure() -> Figures:
    """Measure the three levels on the mock and on the bare app."""
    with servers.workplace() as place:
        scenario = place.folder / "paced.yaml"
        scenario.write_text(
            f'scenario: paced\nturns:\n  - reply: "{requests.STREAMED}"\n    times: always\n'
            "    pace: {first: 100ms, interval: 20ms}\n",
            encoding="utf-8",
        )
        body = requests.small(stream=True)
        ask = load.post("/v1/messages", body)
        with servers.mock(place, scenario) as mock:
            place.answer("paced", load.body_of(load.once(mock, ask)))
            with servers.bare(place) as bare:
                beside = load.post("/paced/paced", body)
                load.once(bare, beside)

                def at(level: int) -> dict[str, Callable[[], PacedResult]]:
                    return {"mock": partial(_level, mock, ask, level), "bare": partial(_level, bare, beside, level)}

                held = rounds(at(HELD), 1)
                full, overload = rounds(at(FULL), ROUNDS), rounds(at(OVERLOAD), ROUNDS)
    return {
        "paced.late": medians(full, "bare", lambda level: level.late),
        "paced.cpu": medians(full, "bare", lambda level: level.cpu),
        "paced.ended": Figure(*(min(level.ended for level in overload[name]) for name in ("mock", "bare"))),
        "paced.drift": medians(overload, "bare", lambda level: level.drift),
        "paced.first": medians(overload, "bare", lambda level: level.first),
        "paced.memory": medians(held, "bare", lambda level: level.memory),
    }


def _level(server: servers.Server, request: bytes, count: int) -> PacedResult:
    return summed_up(paced_client.run(server, request, count, LENGTH, LIMIT))


def summed_up(run: PacedRun) -> PacedResult:
    """Return the percentiles and costs of a level. The drift of a stream begins with its first delta."""
    begun = [stream for stream in run.streams if stream.arrivals]
    first = [stream.arrivals[0] - stream.sent - FIRST for stream in begun]
    late = [moment - stream.sent - FIRST - INTERVAL * n for stream in begun for n, moment in enumerate(stream.arrivals)]
    drift = [error for stream in begun for error in _drifts(stream)]
    return PacedResult(
        late=1_000 * _p99(late),
        drift=1_000 * _p99(drift),
        first=1_000 * _p99(first),
        cpu=run.server_cpu / max(1, len(late)),
        ended=100 * sum(stream.ended for stream in run.streams) / len(run.streams),
        memory=run.grown * 1024 / len(run.streams),
    )


def _drifts(stream: Opened) -> list[float]:
    return [abs(moment - stream.arrivals[0] - INTERVAL * n) for n, moment in enumerate(stream.arrivals) if n]


def _p99(values: list[float]) -> float:
    return quantiles(values, n=100, method="inclusive")[98] if len(values) > 1 else 0.0
