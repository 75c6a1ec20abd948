"""Start and idle memory: the time from the start of the process to its first 200, and the memory that it then takes.

Method: the mock by its own command with the shipped scenarios, and the bare app by its own. Each starts once
unmeasured, to fill caches, then they take turns. The clock runs from before the process exists to the end of the first
answer. CPU time is given too, because it does not suffer from a busy machine.

Limits: the bare app answers from memory; the mock has read, checked and compiled its contract and its scenarios.
"""

import time
from statistics import median
from typing import NamedTuple

from benchmarks import load, requests, servers
from benchmarks.results import Report, Row, ratio, rounds


class _Start(NamedTuple):
    milliseconds: float
    cpu: float
    memory: float


def measure() -> Report:
    """Start the mock and the bare app in turns."""
    with servers.workplace() as place:
        place.answer("anthropic", b"{}")
        starts: dict[str, list[_Start]] = {"mock": [], "bare": []}

        def start(name: str) -> float:
            starts[name].append(_start(place, name))
            return starts[name][-1].milliseconds

        for name in starts:
            start(name)
            starts[name].clear()
        rounds({"mock": lambda: start("mock"), "bare": lambda: start("bare")})
    return Report(
        [
            _row("start to the first 200", "ms", *([begun.milliseconds for begun in starts[name]] for name in starts)),
            _row("", "CPU ms", *([begun.cpu for begun in starts[name]] for name in starts)),
            _row("idle memory", "MB", *([begun.memory for begun in starts[name]] for name in starts)),
        ]
    )


def _row(what: str, unit: str, own: list[float], other: list[float]) -> Row:
    return Row(what, unit, median(own), median(other), ratio(own, other))


def _start(place: servers.Workplace, name: str) -> _Start:
    begun = time.perf_counter()
    path = requests.PATHS["anthropic"] if name == "mock" else "/whole/anthropic"
    with (servers.mock if name == "mock" else servers.bare)(place) as server:
        load.once(server, load.post(path, requests.small()))
        return _Start((time.perf_counter() - begun) * 1_000, server.cpu() / 1_000, server.memory())
