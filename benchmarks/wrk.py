"""The client of closed loops: wrk, written in C, so that it takes little of the cores that it shares with the server.

A burst lasts for seconds, not for a number of requests: a busy machine makes it smaller, not longer. The CPU time is
the server's own, from before the first connection until after the last answer, divided by the answers. wrk does not
look into an answer; it counts those above 399, which must be none, or all where the request is refused.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

import orjson

from benchmarks.servers import BenchmarkError, Server

CONNECTIONS = 16
SECONDS = 1
SCRIPT = Path(__file__).with_name("report.lua")
GRACE = 20.0
"""Seconds that a burst may take beyond its own."""


class LoopRequest(NamedTuple):
    """A request: where it goes, what it says, and whether it is refused (None: now and then)."""

    path: str
    body: bytes
    key: str = "sk_bench"
    refused: bool | None = False


class WrkBurst(NamedTuple):
    """What a burst showed: CPU time in microseconds, elapsed time in seconds, latencies in milliseconds."""

    answers: int
    seconds: float
    server_cpu: float
    p50: float
    p99: float

    @property
    def cpu(self) -> float:
        """The server's CPU microseconds for one answer."""
        return self.server_cpu / self.answers

    @property
    def rate(self) -> float:
        """The answers of a second."""
        return self.answers / self.seconds


def burst(server: Server, ask: LoopRequest, connections: int = CONNECTIONS, seconds: int = SECONDS) -> WrkBurst:
    """Send a request repeatedly on `connections` connections, and return what it cost."""
    if shutil.which("wrk") is None:
        raise BenchmarkError("wrk is not installed; Debian's package `wrk` has it")
    with tempfile.NamedTemporaryFile() as body:
        body.write(ask.body)
        body.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(SCRIPT)]
        environment = {**os.environ, "BENCH_BODY": body.name, "BENCH_KEY": ask.key}
        before = server.cpu()
        ran = subprocess.run(
            [*command, f"http://127.0.0.1:{server.port}{ask.path}"],
            env=environment,
            capture_output=True,
            check=False,
            timeout=seconds + GRACE,
        )
        used = server.cpu() - before
    lines = ran.stdout.splitlines()
    if ran.returncode or not lines:
        raise BenchmarkError(f"wrk failed: {ran.stderr.decode(errors='replace').strip() or 'it said nothing'}")
    report = orjson.loads(lines[-1])
    answers = report["answers"]
    expected = report["refused"] if ask.refused is None else answers * ask.refused
    if not answers or report["broken"] or report["refused"] != expected:
        raise BenchmarkError(f"{ask.path} was not answered as it should be: {lines[-1].decode()}")
    return WrkBurst(answers, report["seconds"], used, report["p50"], report["p99"])
