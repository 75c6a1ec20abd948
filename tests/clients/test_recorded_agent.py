"""The proof of the recorder: a LangChain agent's session of ten calls, recorded once, replays offline, unchanged."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.clients.roster import HERE, PACKAGES
from tests.support.serve_process import stop
from tests.support.sockets import serving
from tests.upstream.support import recording, replaying

TURNS = (HERE / "trip.yaml").read_text(encoding="utf-8").partition("turns:\n")[2]
KEY = "sk_test_trip_0123456789"
REPLAYS = 3

Seen: TypeAlias = dict[str, object]


@contextmanager
def agent() -> Iterator[Callable[[str], Seen]]:
    """Yield what runs the agent against the gateway at a URL. It imports its packages once for all runs."""
    command = [sys.executable, "-S", str(HERE / "session_langchain.py")]
    packages = PACKAGES / "agents"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(packages)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment, text=True) as process:

        def run(url: str) -> Seen:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps({"ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": KEY}) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
            assert line, f"the agent ended; is {packages} there? {process.communicate()[1]}"
            seen: Seen = json.loads(line)
            return seen

        try:
            yield run
        finally:
            stop(process)


@pytest.mark.process
def test_ten_calls_recorded_once_replay_for_the_same_agent(tmp_path: Path) -> None:
    file = tmp_path / "trip.yaml"
    with agent() as run:
        with serving(TURNS) as upstream, recording(upstream.url, file) as url:
            real = run(url)
        replayed = []
        for _ in range(REPLAYS):
            with replaying(file) as url:
                replayed.append(run(url))
    assert replayed == [real] * REPLAYS
    assert str(real.get("said")).endswith("and it rains less."), real
    text = file.read_text(encoding="utf-8")
    assert (text.count("  - when:"), text.count("status: 429"), KEY in text) == (11, 1, False)
