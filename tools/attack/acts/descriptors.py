"""Too few descriptors: the server says so in its log, and goes on when there are some again."""

import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from tools.attack.act import Act, Notes
from tools.attack.http import ask, connect, message, parsed, request
from tools.attack.mock import ROOT, SCENARIO, end, port_of

LIMIT = 64
CROWD = 120


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (LIMIT, LIMIT))


def run(notes: Notes) -> None:
    """Open more connections than the server has descriptors, close them, and ask."""
    raw = request("/v1/messages", message("hello"), x_api_key="sk_descriptors")
    with tempfile.TemporaryDirectory(prefix="attack-") as name, (Path(name) / "stderr").open("w+") as stderr:
        (Path(name) / "attack.yaml").write_text(SCENARIO, encoding="utf-8")
        command = [sys.executable, "-m", "mockserver", "serve", "--port", "0", "--scenario", f"{name}/attack.yaml"]
        process = subprocess.Popen(
            [*command, "--quiet"], cwd=ROOT, stdout=subprocess.PIPE, stderr=stderr, text=True, preexec_fn=_limited
        )
        try:
            port = port_of(process)
            with ExitStack() as stack:
                for _ in range(CROWD):
                    with suppress(OSError):
                        stack.enter_context(connect(port, 2))
                time.sleep(1)
                open_ones = len(os.listdir(f"/proc/{process.pid}/fd"))
            time.sleep(0.5)
            status = 0
            with suppress(TimeoutError, ConnectionError):
                status = parsed(asyncio.run(ask(port, raw, 10))).status
        finally:
            end(process)
        stderr.seek(0)
        told = stderr.read()
    notes.figure(f"{open_ones} of {LIMIT} descriptors; afterwards {status}; {len(told.splitlines())} lines in the log")
    notes.check(status == 200, f"after the crowd has gone the answer is {status}")
    notes.check("descriptor" in told.lower() or "open files" in told.lower(), "nothing in the log says why")
    notes.check(told.count("\n") < 50, f"the log has {told.count(chr(10))} lines")


ACT = Act("descriptors", "ulimit -n 64 and a crowd", run)
