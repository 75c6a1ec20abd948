"""Signals and workers: SIGHUP settles as SIGTERM does, no worker outlives its parent, and deaths count in a window."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tools.attack.act import Act, Notes
from tools.attack.acts.redis import redis
from tools.attack.http import HOST, ask, connect, message, parsed, request
from tools.attack.mock import ROOT, SCENARIO, end, port_of

DEATHS = 30
"""How many workers die, one after another, each after an answer."""


@contextmanager
def _serving(*options: str) -> Iterator[tuple["subprocess.Popen[str]", int, Path]]:
    with tempfile.TemporaryDirectory(prefix="attack-") as name:
        (Path(name) / "attack.yaml").write_text(SCENARIO, encoding="utf-8")
        command = [sys.executable, "-m", "mockserver", "serve", "--port", "0", "--scenario", f"{name}/attack.yaml"]
        process = subprocess.Popen([*command, "--quiet", *options], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        try:
            yield process, port_of(process), Path(name)
        finally:
            end(process)


def _hang_up(notes: Notes) -> None:
    """Close the terminal (SIGHUP): open streams end and are settled, and the process exits with 0."""
    with _serving() as (process, port, _), connect(port) as sock:
        sock.sendall(request("/v1/messages", message("hang", stream=True), x_api_key="sk_hup"))
        sock.recv(4096)
        process.send_signal(signal.SIGHUP)
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        notes.figure(f"SIGHUP: ends with {process.returncode}")
        notes.check(process.returncode == 0, f"SIGHUP ends the server with {process.returncode}, without settling")


def _children(pid: int, least: int = 1) -> list[int]:
    """Wait until a server has this many workers, and return them."""
    children, until = list[int](), time.monotonic() + 10
    while len(children) < least and time.monotonic() < until:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        children = [int(child) for child in text.split()]
    return children


def _is_free(port: int) -> bool:
    with suppress(OSError), socket.create_server((HOST, port)):
        return True
    return False


def _orphans(notes: Notes, store: str) -> None:
    """Kill the parent: its workers end with it."""
    with _serving("--workers", "2", "--store", store) as (process, port, _):
        children = _children(process.pid, 2)
        process.kill()
        process.wait()
        until = time.monotonic() + 5
        while time.monotonic() < until and any(Path(f"/proc/{child}").exists() for child in children):
            time.sleep(0.1)
        left = [child for child in children if Path(f"/proc/{child}").exists()]
        notes.figure(f"killed parent: {len(left)} orphans, port {'free' if _is_free(port) else 'held'}")
        notes.check(not left, f"{len(left)} workers outlive their parent and hold the port")
        for child in left:
            os.kill(child, signal.SIGKILL)


def _deaths(notes: Notes, store: str) -> None:
    """Deaths that are far apart, or come after answers, never end the server."""
    raw, answered = request("/v1/messages", message("hello"), x_api_key="sk_deaths"), 0
    with _serving("--workers", "2", "--store", store) as (process, port, _):
        for _ in range(DEATHS):
            with suppress(ConnectionError, TimeoutError, FileNotFoundError):
                answered += parsed(asyncio.run(ask(port, raw, 10))).status == 200
                os.kill(_children(process.pid)[0], signal.SIGKILL)
                time.sleep(0.15)
        with suppress(subprocess.TimeoutExpired):
            process.wait(1)
        alive = process.poll() is None
    notes.figure(f"{DEATHS} deaths: {answered} answered, {'alive' if alive else 'ended'}")
    notes.check(alive, f"the server ended after {DEATHS} deaths in its lifetime, though it answered {answered} times")


def run(notes: Notes) -> None:
    """Send SIGHUP; kill the parent of workers; kill workers one after another."""
    _hang_up(notes)
    if shutil.which("redis-server") is None:
        notes.figure("workers left out: there is no redis-server here")
        return
    with redis() as port:
        _orphans(notes, f"redis://{HOST}:{port}")
        _deaths(notes, f"redis://{HOST}:{port}")


ACT = Act("processes", "SIGHUP, a killed parent of workers, thirty deaths of workers", run)
