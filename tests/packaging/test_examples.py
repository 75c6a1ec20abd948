"""The examples in Python do what they say: the agent passes its own tests, the load test counts what was broken."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project.source import ROOT
from tests.support.serve_process import served

pytestmark = pytest.mark.process


def test_the_agent_passes_its_tests(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p no:randomly -p no:asyncio -p no:cacheprovider\n")
    command = [sys.executable, "-m", "pytest", "-q", "-c", str(tmp_path / "pytest.ini"), "examples/python-agent"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [("[]", 0, "0(0.00%)"), ("[{close: {at: stop}}]", 1, "the stream was cut")],
    ids=["whole answers", "cut streams"],
)
def test_the_load_test_knows_whole_answers_from_cut_ones(tmp_path: Path, fault: str, code: int, words: str) -> None:
    answers = f"scenario: one\nturns:\n  - reply: Hello, all of you.\n    times: always\n    faults: {fault}\n"
    with served(tmp_path, scenario=answers) as (host, port, _):
        command = [str(Path(sys.executable).with_name("locust")), "--locustfile", "examples/load/locustfile.py"]
        options = ["--headless", "--users", "4", "--spawn-rate", "4", "--host", f"http://{host}:{port}"]
        environment = {**os.environ, "LOAD_REQUESTS": "40"}
        run = subprocess.run(
            [*command, *options], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
    assert run.returncode == code, run.stdout + run.stderr
    assert words in run.stdout + run.stderr
