"""The servers under test: the mock, the bare app and aimock, each a process of its own on a free loopback port.

All start as a user starts them and are stopped through the handle that started them. Bytecode is kept in a folder of
the benchmark (`Workplace`). So a start is that of an installed package, whatever the environment says, and the tree
stays clean. aimock is an npm package; `make bench` installs it.

Readings: CPU time is the clock of the process, user and system time of all its threads in nanoseconds
(clock_getcpuclockid(3); /proc/<pid>/stat counts in steps of 10 ms). Memory is the resident set in
/proc/<pid>/smaps_rollup, which is exact, while VmRSS is a sum of stale counters. Both exist only on Linux.
"""

import contextlib
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import orjson

ROOT = Path(__file__).resolve().parent.parent
START_LIMIT = 30.0
"""Seconds until a server must print its URL."""
TOKEN = "the-token-of-the-benchmark"
STOP_LIMIT = 5.0
"""Seconds until a server must stop."""

AIMOCK = ROOT / ".clients/aimock/node_modules/@copilotkit/aimock/dist/cli.js"

_URL = re.compile(r"http://127\.0\.0\.1:(\d+)")


class BenchmarkError(Exception):
    """A benchmark could not run. One line says why."""


class Workplace(NamedTuple):
    """A temporary folder: scenario files, the bare app's answers, and bytecode."""

    folder: Path

    def scenario(self, reply: str) -> Path:
        """Write a scenario file whose one turn always gives this reply, which must have no quotes. Return its path."""
        path = self.folder / "scenario.yaml"
        path.write_text(f'scenario: bench\nturns:\n  - reply: "{reply}"\n    times: always\n', encoding="utf-8")
        return path

    def answer(self, name: str, body: bytes) -> None:
        """Write a body that the bare app answers under `/whole/NAME`, `/joined/NAME` and `/each/NAME`."""
        (self.folder / "answers").mkdir(exist_ok=True)
        (self.folder / "answers" / name).write_bytes(body)


class Server:
    """A running server: its port, and readings of its process."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.port = port
        self._pid = process.pid
        self._clock = (~process.pid << 3) | 2  # CPUCLOCK_SCHED of that process: what clock_getcpuclockid(3) gives

    def cpu(self) -> float:
        """Return the CPU time used so far, in microseconds."""
        return time.clock_gettime_ns(self._clock) / 1_000

    def memory(self) -> float:
        """Return the resident set in MB."""
        rollup = Path(f"/proc/{self._pid}/smaps_rollup").read_text(encoding="ascii")
        return int(rollup.partition("Rss:")[2].split()[0]) / 1024


@contextlib.contextmanager
def workplace() -> Iterator[Workplace]:
    """Yield a folder, and remove it afterwards."""
    with tempfile.TemporaryDirectory(prefix="mockserver-bench-") as folder:
        yield Workplace(Path(folder))


@contextlib.contextmanager
def mock(place: Workplace, scenario: Path | None = None, *options: str) -> Iterator[Server]:
    """Run the mock by its own command; yield the server."""
    chosen = [] if scenario is None else ["--scenario", str(scenario)]
    command = [sys.executable, "-m", "mockserver", "serve", "--port", "0", "--quiet", *chosen, *options]
    with running(place, command) as server:
        yield server


@contextlib.contextmanager
def aimock(place: Workplace, reply: str, deltas: int = 50) -> Iterator[Server]:
    """Run aimock with one reply, streamed in about this many deltas; yield the server."""
    if not AIMOCK.exists():
        raise BenchmarkError("aimock is not installed; `make bench` installs it")
    fixtures = place.folder / "aimock.json"
    match = {"userMessage": "Summarise"}
    fixtures.write_bytes(orjson.dumps({"fixtures": [{"match": match, "response": {"content": reply}}]}))
    port = _free_port()
    command = ["node", str(AIMOCK), "--port", str(port), "--fixtures", str(fixtures), "--log-level", "silent"]
    with running(place, [*command, "--chunk-size", str(-(-len(reply) // deltas))], port) as server:
        yield server


@contextlib.contextmanager
def with_journal(place: Workplace, scenario: Path, exchanges: int) -> Iterator[Server]:
    """Run the mock with a journal for this many exchanges, and with `TOKEN`; yield the server."""
    options = ["serve", "--port", "0", "--quiet", "--token", TOKEN, "--scenario", str(scenario)]
    with running(place, [sys.executable, "-m", "benchmarks.large_journal", str(exchanges), *options]) as server:
        yield server


@contextlib.contextmanager
def bare(place: Workplace) -> Iterator[Server]:
    """Run the bare app with the answers that the workplace has; yield the server."""
    with running(place, [sys.executable, "-m", "benchmarks.baseline", str(place.folder / "answers")]) as server:
        yield server


@contextlib.contextmanager
def redis(place: Workplace) -> Iterator[str]:
    """Run a Redis server that keeps nothing on disk; yield its URL."""
    port = _free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(place.folder)]
    with running(place, command, port):
        yield f"redis://127.0.0.1:{port}"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


@contextlib.contextmanager
def running(place: Workplace, command: Sequence[str], known_port: int | None = None) -> Iterator[Server]:
    """Run a server until the block ends. One whose port is known need not print it."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(place.folder / "bytecode")
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as complaints,
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
        ) as process,
    ):
        try:
            port = _port(process) if known_port is None else _reached(process, known_port)
            if port is None:
                complaints.seek(0)
                last = complaints.read().strip().splitlines()[-1:] or ["it said nothing"]
                raise BenchmarkError(f"{' '.join(command[:4])} does not start: {last[0]}")
            yield Server(process, port)
        finally:
            _end(process)


def _port(process: "subprocess.Popen[str]") -> int | None:
    """Return the port that a starting server prints, or None if it ends or prints nothing within the limit."""
    assert process.stdout is not None
    limit = threading.Timer(START_LIMIT, process.kill)
    limit.start()
    try:
        for line in process.stdout:
            match = _URL.search(line)
            if match:
                return int(match[1])
        return None
    finally:
        limit.cancel()


def _reached(process: "subprocess.Popen[str]", port: int) -> int | None:
    """Return the port as soon as a starting server accepts connections on it, or None if it ends or never does."""
    end = time.perf_counter() + START_LIMIT
    while process.poll() is None and time.perf_counter() < end:
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            return port
        time.sleep(0.001)
    return None


def _end(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    try:
        process.wait(STOP_LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
