"""The verdict over 50,000 exchanges: what it takes, and how long another client waits meanwhile.

Method: the mock in a process of its own, with a journal of that size (`serve` alone keeps 5,000). Bursts fill it with
small requests. Then the verdict is asked for twice: the first reads every exchange, the second knows them already. All
the time a client asks one small request after another; its p99 meanwhile stands beside its p99 on the quiet server.

Limits: client and server share the machine, and a verdict takes a core. So a part of the ratio is no waiting.
"""

import threading
import time
import urllib.request
from collections.abc import Callable
from statistics import quantiles
from typing import NamedTuple

from benchmarks import load, requests, servers
from benchmarks.results import Limit, Report, Row

EXCHANGES = 50_000
BURST = 10_000
FILL_LIMIT = 60.0
"""Seconds of one burst of the filling."""
QUIET = 3.0
"""Seconds in which the client is timed on the quiet server."""
LATER = 300.0
"""Milliseconds by which no answer may be later than on the quiet server."""
VERDICT_LIMIT = 120.0
"""Seconds until the verdict must be there."""


class TimedWait(NamedTuple):
    """What happened while a client asked: seconds, and the client's p99 and latest answer in milliseconds."""

    seconds: float
    p99: float
    latest: float


def measure() -> Report:
    """Time the first and the second verdict, and a client beside them."""
    with servers.workplace() as place, servers.with_journal(place, place.scenario(requests.REPLY), EXCHANGES) as server:
        request = load.post(requests.PATHS["anthropic"], requests.small())
        filled = 0
        while filled < EXCHANGES:
            filled += load.burst(server, lambda _: request, BURST, FILL_LIMIT).answers
        quiet = _beside(server, request, lambda: time.sleep(QUIET))
        first = _beside(server, request, lambda: _ask(server))
        second = _beside(server, request, lambda: _ask(server))
    rows: list[Row] = []
    for what, wait in (("first", first), ("second", second)):
        rows.append(Row(f"verdict of {EXCHANGES:,}, {what}", "s", wait.seconds))
        rows.append(Row("", "client's p99 ms", wait.p99, quiet.p99, wait.p99 / quiet.p99, "beside the quiet server"))
    later = max(first.latest, second.latest) - quiet.latest
    remark = f"latest {max(first.latest, second.latest):.1f} beside {quiet.latest:.1f} ms"
    return Report(rows, [Limit("wait for another's verdict", "ms", later, LATER, remark)])


def _beside(server: servers.Server, request: bytes, job: Callable[[], None]) -> TimedWait:
    """Run a job in a thread while a client asks, and say how long each took."""
    thread = threading.Thread(target=job, daemon=True)
    times: list[float] = []
    begun = time.perf_counter()
    thread.start()
    while thread.is_alive() or len(times) < 2:
        start = time.perf_counter()
        load.once(server, request)
        times.append((time.perf_counter() - start) * 1_000)
    return TimedWait(time.perf_counter() - begun, quantiles(times, n=100, method="inclusive")[98], max(times))


def _ask(server: servers.Server) -> None:
    headers = {"authorization": f"Bearer {servers.TOKEN}"}
    asked = urllib.request.Request(f"http://{load.HOST}:{server.port}/_mock/verdict", headers=headers)
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=VERDICT_LIMIT) as answer:
        answer.read()
