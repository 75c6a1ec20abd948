"""Start and idle memory: from the start of the process to its first 200, and what it then takes up.

Method: the mock by its own command and with the shipped scenarios, the bare app by its own; each is started once
unmeasured, so that bytecode and files are there, and then in turns. The clock runs from before the process exists
to the end of the first answer. CPU time is told beside it, because it does not suffer from a busy machine.

Limits: the bare app answers from memory; the mock has then read, checked and compiled its contract and its scenarios.
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
    with servers.workplace() as place:
        place.answer("anthropic", b"{}")
        found: dict[str, list[_Start]] = {"mock": [], "bare": []}

        def start(name: str) -> float:
            found[name].append(_start(place, name))
            return found[name][-1].milliseconds

        for name in found:
            start(name)
            found[name].clear()
        rounds({"mock": lambda: start("mock"), "bare": lambda: start("bare")})
    return Report(
        [
            _row("start to the first 200", "ms", *([one.milliseconds for one in found[name]] for name in found)),
            _row("", "CPU ms", *([one.cpu for one in found[name]] for name in found)),
            _row("idle memory", "MB", *([one.memory for one in found[name]] for name in found)),
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
