"""The server under attack: a process of its own on a free port, and readings of it. Linux only: /proc."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import httpx

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "the-token-of-the-attack"
START_LIMIT = 60.0
STOP_LIMIT = 10.0
ANSWER_LIMIT = 60.0
"""Seconds that a call of the control API may take; more is a failure."""

SCENARIO = """\
scenario: attack
turns:
  - when: {text: {contains: one tool}}
    reply: [{tool_use: {name: read, input: {path: "{{last_user_text}}"}}}]
    times: always
  - {when: {text: {contains: cut off}}, reply: "a b c d e f g h", faults: [{reset: {at: 4}}], times: always}
  - {when: {text: {contains: refuse}}, error: {status: 429, retry_after: 1}, times: always}
  - {when: {text: {contains: error event}}, reply: a b c, faults: [{error_event: {at: 3}}], times: always}
  - {when: {text: {contains: paced}}, reply: a b c d, pace: {interval: 5ms}, times: always}
  - {when: {text: {contains: hang}}, reply: a b c d, pace: {interval: 60s}, times: always}
  - {reply: "heard {{last_user_text}}", times: always}
"""


class Readings(NamedTuple):
    """What a server holds: MB of memory, open descriptors, tasks of its event loop."""

    rss: float
    descriptors: int
    tasks: int

    def __str__(self) -> str:
        return f"{self.rss:.0f} MB, {self.descriptors} descriptors, {self.tasks} tasks"


class Mock:
    """A running server."""

    def __init__(self, process: "subprocess.Popen[str]", port: int, folder: Path) -> None:
        self.process = process
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._tasks = folder / "tasks"

    def control(self) -> httpx.Client:
        """Return a client of the control API."""
        headers = {"authorization": f"Bearer {TOKEN}"}
        return httpx.Client(base_url=f"{self.url}/_mock", headers=headers, timeout=ANSWER_LIMIT, trust_env=False)

    def rss(self) -> float:
        """Return the resident set in MB."""
        rollup = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text(encoding="ascii")
        return int(rollup.partition("Rss:")[2].split()[0]) / 1024

    def descriptors(self) -> int:
        """Return the number of open descriptors."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def tasks(self) -> int:
        """Return the number of tasks on the event loop; -1 if the server does not say within five seconds."""
        with suppress(FileNotFoundError):
            self._tasks.unlink()
        until = time.monotonic() + 5
        while time.monotonic() < until:
            self.process.send_signal(signal.SIGUSR1)
            time.sleep(0.05)
            with suppress(FileNotFoundError):
                return int(self._tasks.read_text(encoding="ascii"))
        return -1

    def readings(self) -> Readings:
        """Return all of them; the tasks first, since a server that tells them has started."""
        tasks = self.tasks()
        return Readings(self.rss(), self.descriptors(), tasks)

    def is_alive(self) -> bool:
        """Return whether the process runs."""
        return self.process.poll() is None


@contextmanager
def mock(
    *options: str,
    scenario: str = SCENARIO,
    accounts: str | None = None,
    environment: Mapping[str, str] | None = None,
    quiet: bool = True,
) -> Iterator[Mock]:
    """Yield a server that plays a scenario; it has ended when the block has."""
    with tempfile.TemporaryDirectory(prefix="attack-") as name:
        folder = Path(name)
        (folder / "attack.yaml").write_text(scenario, encoding="utf-8")
        command = [sys.executable, "-m", "tools.attack.child", "serve", "--port", "0", "--scenario"]
        command += [str(folder / "attack.yaml"), *(["--quiet"] if quiet else []), *options]
        if "--workers" not in options and "--no-control" not in options:
            command += ["--token", TOKEN]
        if accounts is not None:
            (folder / "accounts.yaml").write_text(accounts, encoding="utf-8")
            command += ["--accounts", str(folder / "accounts.yaml")]
        env = {**os.environ, **(environment or {}), "ATTACK_TASKS": str(folder / "tasks")}
        with (folder / "stderr").open("w+") as stderr:
            process = subprocess.Popen(
                command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr, text=True
            )
            try:
                yield Mock(process, port_of(process), folder)
            finally:
                end(process)


def port_of(process: "subprocess.Popen[str]") -> int:
    """Return the port that a starting server prints, and read the rest of its output in a thread of its own."""
    assert process.stdout is not None
    limit = threading.Timer(START_LIMIT, process.kill)
    limit.start()
    try:
        found = next((url for line in process.stdout if (url := re.search(r"http://[0-9.]+:(\d+)", line))), None)
    finally:
        limit.cancel()
    if found is None:
        raise SystemExit("the mock did not start")
    threading.Thread(target=process.stdout.read, daemon=True).start()
    return int(found[1])


def end(process: "subprocess.Popen[str]") -> None:
    """End a server; by force if it does not within some seconds."""
    process.terminate()
    try:
        process.wait(STOP_LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
