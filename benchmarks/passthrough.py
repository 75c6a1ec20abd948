"""The recorder between a client and a gateway: what it adds to a small request.

Method: the mock, and a recorder in front of it, each in a process of its own. One client asks both in turns over
connections that stay open, so a disturbance hits both alike. The row has the medians and their ratio.

Limits: client, recorder and mock share the machine's cores, so the added time is an upper bound.
"""

import http.client
import sys
import time
from statistics import median

from benchmarks import requests, servers
from benchmarks.results import Limit, Report, Row

ASKED = 1_500
WARM = 50
"""Requests before the clock counts: connections, caches."""
ADDED = 0.3
"""Milliseconds that the recorder may add at p50."""
HEADERS = {"x-api-key": "sk_bench", "content-type": "application/json"}


def measure() -> Report:
    """Ask the mock, and the mock through a recorder, in turns."""
    with servers.workplace() as place, servers.mock(place, place.scenario("Hello there."), "--no-control") as mock:
        url, out = f"http://127.0.0.1:{mock.port}", str(place.folder / "recorded.yaml")
        options = ["--upstream", url, "--allow-private", "--port", "0", "--quiet", "--out", out]
        with servers.running(place, [sys.executable, "-m", "mockserver", "record", *options]) as recorder:
            direct, through = _in_turns(mock.port, recorder.port)
    added = median(through) - median(direct)
    row = Row("a request through the recorder", "ms, p50", median(through), median(direct), added / median(direct) + 1)
    return Report([row], [Limit("added by the recorder", "ms", added, ADDED)])


def _in_turns(*ports: int) -> list[list[float]]:
    """Return the milliseconds of every request to each port."""
    body = requests.small()
    clients = [http.client.HTTPConnection("127.0.0.1", port) for port in ports]
    times: list[list[float]] = [[] for _ in ports]
    for _ in range(WARM + ASKED):
        for client, own in zip(clients, times, strict=True):
            began = time.perf_counter()
            client.request("POST", requests.PATHS["anthropic"], body, HEADERS)
            client.getresponse().read()
            own.append((time.perf_counter() - began) * 1_000)
    for client in clients:
        client.close()
    return [own[WARM:] for own in times]
