"""action.yml does what it says: its steps run here as GitHub's runner would run them, but for the installation."""

import json
import os
import signal
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.project.source import ROOT
from tests.support.github_runner import Run, Runner

pytestmark = pytest.mark.process

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))

ASKED = {"model": "m", "max_tokens": 50, "messages": [{"role": "user", "content": "Hi"}]}


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """Return a runner on which the mock is installed already."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return Runner(ACTION, tmp_path, {**os.environ, "PATH": path, "CI": "true"}, left_out=frozenset({"Install"}))


@pytest.fixture
def served(runner: Runner) -> Iterator[Run]:
    """Yield what the action gave after `run: serve`; the job's end stops the mock."""
    run = runner.run(run="serve", port="0", arguments="--scenario\ncredits-run-out")
    yield run
    os.kill(int(run.outputs["serve"]["process"]), signal.SIGTERM)


def test_the_mock_is_served_until_the_job_ends(served: Run) -> None:
    assert served.code == 0, served.output
    outputs = served.outputs["serve"]
    request = urllib.request.Request(
        f"{outputs['url']}/v1/messages",
        json.dumps(ASKED).encode(),
        {"x-api-key": "sk_test", "content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200
    assert outputs["openai-url"] == f"{outputs['url']}/api/v1"
    verdict = [str(Path(sys.executable).with_name("mockserver")), "verdict", outputs["link"]]
    assert subprocess.run(verdict, capture_output=True, check=False).returncode == 0


def test_the_token_is_masked_in_the_log(served: Run) -> None:
    assert f"::add-mask::{served.outputs['serve']['token']}" in served.output


def test_the_contract_is_checked_with_reports(served: Run, runner: Runner) -> None:
    arguments = "--only\nmessages-start\n--key\nsk_test"
    run = runner.run(run="contract", url=served.outputs["serve"]["url"], arguments=arguments)
    assert run.code == 0, run.output
    folder = Path(run.outputs["reports"]["folder"])
    assert {path.name for path in folder.iterdir()} == {"contract.json", "contract.xml", "contract.html"}


def test_a_client_is_examined_with_reports(runner: Runner) -> None:
    command = 'curl --silent --fail --data "$BODY" -H "x-api-key: $ANTHROPIC_API_KEY" "$ANTHROPIC_BASE_URL/v1/messages"'
    runner.environment = {**runner.environment, "BODY": json.dumps(ASKED)}
    run = runner.run(run="exam", command=command, arguments="--only\nkeys")
    assert run.code in {0, 1}, run.output
    folder = Path(run.outputs["reports"]["folder"])
    assert {path.name for path in folder.iterdir()} == {"exam.json", "exam.xml", "exam.html"}


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"run": "tests"}, "'tests' is none of serve, contract, exam"),
        ({"run": "contract"}, "needs the input 'url'"),
        ({"run": "exam"}, "needs the input 'command'"),
    ],
)
def test_a_wrong_input_stops_the_job_with_an_annotation(runner: Runner, inputs: dict[str, str], message: str) -> None:
    run = runner.run(**inputs)
    assert run.code == 2
    assert "::error::" in run.output
    assert message in run.output


def test_a_mock_that_does_not_start_fails_with_its_own_words(runner: Runner) -> None:
    run = runner.run(run="serve", port="0", arguments="--scenario\nno-such-scenario")
    assert run.code == 2
    assert "no-such-scenario" in run.output


def test_the_extras_that_are_installed_exist() -> None:
    [install] = [step for step in ACTION["runs"]["steps"] if step["name"] == "Install"]
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert "$SOURCE[gate,contract]" in install["run"]
    assert {"gate", "contract"} <= extras.keys()
