"""Whole answers: the mock with everything on, beside the bare app and aimock.

Method: keep-alive connections in a closed loop, a small request, a scenario with one fixed reply. The bare app sends
the bytes of the mock's body. The three take turns; see `results`. 16 connections for CPU time and rate, 64 for the
latency, where a server that accepts or answers unfairly shows.

Limits: CPU time includes the kernel's share (reading and writing sockets), as the bare app's does. The mock sends
more headers and keeps a journal; that is part of its price. Rates suffer from a busy machine, their ratios less.
"""

from functools import partial

from benchmarks import load, requests, servers
from benchmarks.goals import Figures
from benchmarks.results import medians, rounds
from benchmarks.wrk import LoopRequest, WrkBurst, burst

MANY = 64


def measure() -> Figures:
    """Measure whole answers of the three, at 16 and at 64 connections."""
    ask = LoopRequest(requests.PATHS["anthropic"], requests.small())
    with servers.workplace() as place, servers.mock(place, place.scenario(requests.REPLY)) as mock:
        place.answer("anthropic", load.body_of(load.once(mock, load.post(ask.path, ask.body))))
        with servers.bare(place) as bare, servers.aimock(place, requests.REPLY) as aimock:
            measures = {
                "mock": partial(burst, mock, ask),
                "bare": partial(burst, bare, ask._replace(path="/whole/anthropic")),
                "aimock": partial(burst, aimock, ask),
            }
            for warm_up in measures.values():
                warm_up()
            few: dict[str, list[WrkBurst]] = rounds(measures)
            many = rounds({name: partial(measures[name], MANY) for name in ("mock", "bare")})
    return {
        "whole.cpu": medians(few, "bare", lambda measured: measured.cpu),
        "whole.rate": medians(few, "aimock", lambda measured: measured.rate),
        "whole.p99": medians(many, "bare", lambda measured: measured.p99),
    }
