"""Unpaced streams of fifty deltas: CPU time of the server process for one event, and streams a second.

Method: as for whole answers, with `stream: true`. The bare app sends the bytes of the mock's stream in one send, which
is the least there is. aimock's stream has as many deltas.

Limits: all streams have one text, as in a scenario, so whatever the mock keeps of a text helps here; `engine` has a
text that is new each time. The goal in microseconds is for a machine of about 3 GHz, the ratios for any.
"""

from functools import partial

from benchmarks import load, requests, servers
from benchmarks.goals import Figures
from benchmarks.results import medians, rounds
from benchmarks.wrk import LoopRequest, burst


def measure() -> Figures:
    """Measure streams of the mock, the bare app and aimock."""
    ask = LoopRequest(requests.PATHS["anthropic"], requests.small(stream=True))
    with servers.workplace() as place, servers.mock(place, place.scenario(requests.STREAMED)) as mock:
        body = load.body_of(load.once(mock, load.post(ask.path, ask.body)))
        place.answer("anthropic", body)
        events = body.count(b"\n\n")
        with servers.bare(place) as bare, servers.aimock(place, requests.STREAMED) as aimock:
            measures = {
                "mock": partial(burst, mock, ask),
                "joined": partial(burst, bare, ask._replace(path="/joined/anthropic")),
                "aimock": partial(burst, aimock, ask),
            }
            for warm_up in measures.values():
                warm_up()
            bursts = rounds(measures)
    return {
        "streams.cpu": medians(bursts, "joined", lambda measured: measured.cpu / events),
        "streams.rate": medians(bursts, "aimock", lambda measured: measured.rate),
    }
