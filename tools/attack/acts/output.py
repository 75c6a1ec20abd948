"""Lost output: a closed pipe or a full disk is reported once and costs no answer."""

import asyncio
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.attack.act import Act, Notes
from tools.attack.http import ask, message, parsed, request
from tools.attack.mock import ROOT, SCENARIO, TOKEN, end

ASKED = 20


def _answers(port: int) -> list[int]:
    raw = request("/v1/messages", message("hello"), x_api_key="sk_output")

    async def all_of_them() -> list[int]:
        return [parsed(await ask(port, raw)).status for _ in range(ASKED)]

    return asyncio.run(all_of_them())


def _entered(port: int) -> int:
    raw = request("/_mock/metrics", method="GET", authorization=f"Bearer {TOKEN}")
    body = parsed(asyncio.run(ask(port, raw))).body.decode()
    lines = [line for line in body.splitlines() if line.startswith("mockserver_exchanges_total")]
    return int(sum([float(line.rpartition(" ")[2]) for line in lines]))


def _closed_pipe(notes: Notes, folder: Path) -> None:
    """Serve into `head -3`: the reader of the output leaves."""
    command = [sys.executable, "-m", "mockserver", "serve", "--port", "0", "--token", TOKEN]
    command += ["--scenario", str(folder / "attack.yaml")]
    with (folder / "stderr").open("w+") as stderr:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=stderr, text=True)
        try:
            port = _port_and_close(process)
            statuses = _answers(port)
            entered = _entered(port)
        finally:
            end(process)
        stderr.seek(0)
        told = stderr.read()
    notes.figure(f"closed pipe: {statuses.count(200)} of {ASKED} answered, {entered} counted")
    notes.check(statuses == [200] * ASKED, f"answers are lost with the output: {statuses}")
    notes.check(entered == ASKED, f"metrics count {entered} of {ASKED}")
    notes.check("Traceback" not in told, f"a traceback for each request: {told.count('Traceback')}")


def _port_and_close(process: "subprocess.Popen[str]") -> int:
    assert process.stdout is not None
    port = 0
    for line in process.stdout:
        if found := re.search(r"listens on http://[0-9.]+:(\d+)", line):
            port = int(found[1])
        if "Ctrl-C" in line:
            process.stdout.close()
            return port
    raise SystemExit("the mock did not start")


def _full_disk(notes: Notes, folder: Path) -> None:
    """`mockserver serve > /dev/full`: a disk that takes nothing, from the beginning."""
    port = 20_000 + os.getpid() % 10_000
    command = [sys.executable, "-m", "mockserver", "serve", "--port", str(port), "--token", TOKEN]
    command += ["--scenario", str(folder / "attack.yaml")]
    with Path("/dev/full").open("w") as full, (folder / "full").open("w+") as stderr:
        process = subprocess.Popen(command, cwd=ROOT, stdout=full, stderr=stderr, text=True)
        try:
            process.wait(4)
        except subprocess.TimeoutExpired:
            statuses = _answers(port)
            notes.check(statuses == [200] * ASKED, f"answers are lost with a full disk: {statuses}")
        finally:
            end(process)
        stderr.seek(0)
        told = stderr.read()
    notes.figure(f"full disk: {told.count('Traceback')} tracebacks, ends with {process.returncode}")
    notes.check("Traceback" not in told, f"a full disk is reported as a traceback: {told[-200:]!r}")


def run(notes: Notes) -> None:
    """Take the output away before and after the start."""
    with tempfile.TemporaryDirectory(prefix="attack-") as name:
        (Path(name) / "attack.yaml").write_text(SCENARIO, encoding="utf-8")
        _closed_pipe(notes, Path(name))
        _full_disk(notes, Path(name))


ACT = Act("output", "serve | head, serve > /dev/full", run)
