"""What the journal costs: the application with it, beside the same application without it.

Method: the ASGI application without a socket, with the shipped contract and one scenario. A request goes in at
`receive`, and the answer is dropped at `send`. The figure is the CPU time of a batch; the two take turns, see
`results`. The journal is full when measuring begins, so every new exchange removes the oldest one, as on a server that
runs for long.

Limits: this is the mock's own path, without the bytes that uvicorn and the kernel move. So the ratio is higher than
what a client sees.
"""

import asyncio
import gc
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

from benchmarks import requests, servers
from benchmarks.results import Limit, Report, Row, ratio, rounds
from mockserver.core.clock import SystemClock
from mockserver.engine.step import Engine, EngineSettings
from mockserver.files.contract import load_contract
from mockserver.files.library import load_library
from mockserver.journal.log import MOST_EXCHANGES, Balance, Exchange, Outcome
from mockserver.server.asgi import Gateway
from mockserver.server.asgi_types import Message
from mockserver.server.traffic import LiveAnswer

HISTORY = 200
BATCH = 400
LIMIT = 1.25
"""The journal may cost at most a quarter of everything else."""


class ForgetfulGateway(Gateway):
    """The application without a journal: it enters one exchange, and returns that one for every other."""

    _only: Exchange | None = None

    def _enter(self, live: LiveAnswer, outcome: Outcome, credits: Balance | None) -> Exchange:
        if self._only is None:
            self._only = super()._enter(live, outcome, credits)
        return self._only


def measure() -> Report:
    """Time small requests, streams and long histories with and without the journal."""
    rows, limits = [], []
    for what, reply, body in (
        ("small request", requests.REPLY, requests.small()),
        ("stream of 50 deltas", requests.STREAMED, requests.small(stream=True)),
        (f"{HISTORY} messages", requests.REPLY, requests.history(HISTORY)),
    ):
        costs = rounds({"kept": _timed(Gateway, reply, body), "forgotten": _timed(ForgetfulGateway, reply, body)})
        times = ratio(costs["kept"], costs["forgotten"])
        own, other = median(costs["kept"]), median(costs["forgotten"])
        rows.append(Row(f"journal, {what}", "CPU us/request", own, other, times, "beside no journal"))
        limits.append(Limit(f"journal, {what}", "x without", times, LIMIT, f"{own - other:.1f} us an exchange"))
    return Report(rows, limits)


def _timed(kind: type[Gateway], reply: str, body: bytes) -> Callable[[], float]:
    """Return a function that serves a batch and returns the CPU time of one request, in microseconds."""
    contract = load_contract()
    with servers.workplace() as place:
        library = load_library(contract, str(Path(place.scenario(reply))))
    engine = Engine(contract, library.scripts, EngineSettings(scenario=library.playing))
    app = kind(engine, clock=SystemClock())
    headers = {"host": "127.0.0.1", "content-type": "application/json", "user-agent": "bench", "x-api-key": "sk_bench"}
    scope: Mapping[str, object] = {
        "type": "http",
        "method": "POST",
        "path": requests.PATHS["anthropic"],
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message.get("status", 200) != 200:
            raise servers.BenchmarkError(f"the mock refused a request: {message}")

    async def serve(count: int) -> None:
        for _ in range(count):
            await app(scope, receive, send)

    asyncio.run(serve(MOST_EXCHANGES))

    def measured() -> float:
        gc.collect()
        before = time.thread_time_ns()
        asyncio.run(serve(BATCH))
        return (time.thread_time_ns() - before) / BATCH / 1_000

    return measured
