"""Start and idle memory: the time from the start of the process to its first 200, and the memory that it then takes.

Method: the mock by its own command with the shipped scenarios, aimock and the bare app by theirs. Each starts once
unmeasured, to fill caches, then they take turns. The clock runs from before the process exists to the end of the first
answer.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import NamedTuple

from benchmarks import load, requests, servers
from benchmarks.goals import Figures
from benchmarks.results import medians, rounds
from benchmarks.servers import Server


class StartResult(NamedTuple):
    """Milliseconds to the first answer, and MB after it."""

    first: float
    idle: float


def measure() -> Figures:
    """Start the three in turns."""
    with servers.workplace() as place:
        place.answer("anthropic", b"{}")
        own = requests.PATHS["anthropic"]
        measures = {
            "mock": partial(_start, partial(servers.mock, place), own),
            "bare": partial(_start, partial(servers.bare, place), "/whole/anthropic"),
            "aimock": partial(_start, partial(servers.aimock, place, requests.REPLY), own),
        }
        for warm_up in measures.values():
            warm_up()
        starts = rounds(measures)
    return {
        "start.first": medians(starts, "aimock", lambda start: start.first),
        "start.idle": medians(starts, "bare", lambda start: start.idle),
    }


def _start(run: Callable[[], AbstractContextManager[Server]], path: str) -> StartResult:
    begun = time.perf_counter()
    with run() as server:
        load.once(server, load.post(path, requests.small()))
        return StartResult((time.perf_counter() - begun) * 1_000, server.memory())
