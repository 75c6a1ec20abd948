"""The container holds what the mock needs. No builder runs here: a linter reads the files, their parts are tried."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.project.source import ROOT
from tests.support.serve_process import served

pytestmark = pytest.mark.process

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
BIN = Path(sys.executable).parent


def instructions(word: str) -> list[str]:
    """Return the arguments of each instruction of that name, continued lines joined."""
    lines = DOCKERFILE.replace("\\\n", " ").splitlines()
    return [" ".join(line.split()[1:]) for line in lines if line.startswith(f"{word} ")]


def copied() -> list[str]:
    """Return what is copied from the checkout."""
    arguments = [line.split() for line in instructions("COPY") if not line.startswith("--from")]
    return [source for *sources, _ in arguments for source in sources]


def test_a_linter_finds_nothing_wrong() -> None:
    found = subprocess.run([BIN / "hadolint", ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


def test_the_builder_is_sent_what_is_copied_and_no_more() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert sorted(line[1:] for line in lines if line.startswith("!")) == sorted(copied())


def test_what_is_copied_is_what_the_wheel_is_built_from() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    named = {project["project"]["readme"], *project["project"]["license-files"], "pyproject.toml"}
    assert set(copied()) == {*wheel["packages"], *wheel["force-include"], *named}


def test_the_health_check_succeeds_while_the_mock_answers_and_fails_after(tmp_path: Path) -> None:
    [check] = [line.partition(" CMD ")[2] for line in instructions("HEALTHCHECK")]
    command = [sys.executable, *yaml.safe_load(check)[1:]]
    with served(tmp_path) as (_, port, _):
        environment = {**os.environ, "MOCKSERVER_PORT": str(port)}
        assert subprocess.run(command, env=environment, timeout=30, check=False).returncode == 0
    stopped = subprocess.run(command, env=environment, timeout=30, check=False, capture_output=True)
    assert stopped.returncode == 1


def test_it_runs_without_a_name_a_home_or_a_place_to_write() -> None:
    assert instructions("USER") == ["10001:10001"]
    service = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]["mock"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]


def test_compose_publishes_only_on_this_machine() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
    assert all(port.startswith("127.0.0.1:") for service in services.values() for port in service.get("ports", []))
