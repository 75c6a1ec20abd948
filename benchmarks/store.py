"""One worker whose sessions are in Redis, beside one that keeps them in memory: whole answers a second.

Method: a redis-server of our own on loopback, without persistence. The two workers take turns. Every request reads
and writes its session, and all requests are of one key.

Limits: Redis takes a part of the two cores, and so does wrk.
"""

from functools import partial

from benchmarks import requests, servers
from benchmarks.goals import Figures
from benchmarks.results import medians, rounds
from benchmarks.wrk import LoopRequest, burst


def measure() -> Figures:
    """Measure whole answers with both stores."""
    ask = LoopRequest(requests.PATHS["anthropic"], requests.small())
    with servers.workplace() as place, servers.redis(place) as url:
        scenario = place.scenario(requests.REPLY)
        with servers.mock(place, scenario, "--store", url) as shared, servers.mock(place, scenario) as alone:
            measures = {"mock": partial(burst, shared, ask), "memory": partial(burst, alone, ask)}
            for warm_up in measures.values():
                warm_up()
            bursts = rounds(measures)
    return {"store.redis": medians(bursts, "memory", lambda measured: measured.rate)}
