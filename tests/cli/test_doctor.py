"""`mockserver doctor`: each thing that can be wrong, from a machine that is a value; and this machine, read once."""

import json
import re
import socket
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from mockserver.cli.diagnosis import CHECKS, EXTRAS, TESTED, diagnose
from mockserver.cli.machine import Machine, missing_of, read_machine
from mockserver.cli.main import main
from tests.project.source import ROOT

HEALTHY = Machine(
    version="1.2.3",
    python=(3, 12),
    implementation="CPython",
    system="Linux",
    others=[],
    extras={"redis": []},
    ports={8000: ""},
    now=1_000_000.0,
    installed_at=900_000.0,
    open_files=None,
    proxies=[],
    no_proxy="",
    folders={"shipped": ""},
    writable=True,
)

AILMENTS: dict[str, tuple[dict[str, object], str, str, str]] = {
    "an old Python": ({"python": (3, 10)}, "problem", "CPython 3.10 on Linux", "install Python 3.11 or newer"),
    "a new Python": ({"python": (3, 15)}, "note", "newer than the tested versions (to 3.14)", ""),
    "another package": (
        {"others": ["mockserver-client"]},
        "problem",
        "mockserver-client installs a Python package 'mockserver' too",
        "pip uninstall mockserver-client && pip install --force-reinstall --no-deps ainative-mockserver",
    ),
    "a missing extra": (
        {"extras": {"redis": ["redis"]}},
        "note",
        "extra redis is not installed (serve --store: several processes); it lacks redis",
        "pip install 'ainative-mockserver[redis]'",
    ),
    "a busy port": ({"ports": {8000: "Address already in use"}}, "note", "port 8000 is not free", "serve --port 8001"),
    "a clock that is behind": ({"now": 0.0}, "problem", "at least 10 days behind", "set the clock"),
    "broken files": (
        {"folders": {"shipped": "openapi.yaml: file not found"}},
        "problem",
        "the shipped scenarios do not load: openapi.yaml: file not found",
        "pip install --force-reinstall --no-deps ainative-mockserver",
    ),
    "a broken folder": (
        {"folders": {"mine": "mine/a.yaml:1:1: no"}},
        "problem",
        "mine does not load: mine/a.yaml:1:1: no",
        "mockserver lint mine",
    ),
    "a folder without permission": ({"writable": False}, "note", "cannot be written to", "record --out"),
    "a proxy": (
        {"proxies": ["HTTP_PROXY"], "no_proxy": "localhost, example.com"},
        "problem",
        "HTTP_PROXY: clients send requests for 127.0.0.1 to a proxy",
        "export NO_PROXY=127.0.0.1,localhost",
    ),
    "few open files": ({"open_files": 256}, "note", "a process may open 256 files", "ulimit -n 4096"),
}


def test_a_healthy_machine_has_nothing_but_ok() -> None:
    assert {diagnosis.level for diagnosis in diagnose(HEALTHY)} == {"ok"}
    assert len(diagnose(HEALTHY)) == len(CHECKS)


@pytest.mark.parametrize("name", list(AILMENTS))
def test_an_ailment_is_named_with_its_remedy(name: str) -> None:
    changes, level, message, remedy = AILMENTS[name]
    [diagnosis] = [found for found in diagnose(HEALTHY._replace(**changes)) if found.level != "ok"]  # type: ignore[arg-type]  # the table's values are of several types
    assert diagnosis.level == level
    assert message in diagnosis.message
    assert remedy in diagnosis.remedy


@pytest.mark.parametrize("no_proxy", ["127.0.0.1,localhost", "*"])
def test_a_proxy_that_spares_this_machine_is_fine(no_proxy: str) -> None:
    machine = HEALTHY._replace(proxies=["ALL_PROXY"], no_proxy=no_proxy, open_files=4096)
    assert {diagnosis.level for diagnosis in diagnose(machine)} == {"ok"}


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_tested_versions_are_those_of_the_package() -> None:
    versions = re.findall(r"Python :: 3\.(\d+)", "\n".join(PROJECT["classifiers"]))
    assert ((3, int(versions[0])), (3, int(versions[-1]))) == TESTED


def test_every_extra_has_its_use() -> None:
    assert sorted(PROJECT["optional-dependencies"]) == sorted(EXTRAS), "name the extra in mockserver/cli/diagnosis.py"


def test_the_packages_of_an_extra_are_looked_up() -> None:
    requirements = ["click>=8", "click>=8; extra == 'here'", "no-such-package[x]>=1; extra == 'gone'"]
    assert missing_of(requirements) == {"here": [], "gone": ["no-such-package"]}


def test_this_machine_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bad.yaml").write_text("scenario: bad\n", encoding="utf-8")
    monkeypatch.setenv("HTTP_PROXY", "http://user:secret@proxy.example")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        machine = read_machine([str(tmp_path)], [port])
    assert machine.ports[port] != ""
    assert machine.folders["shipped"] == ""
    assert "bad.yaml" in machine.folders[str(tmp_path)]
    assert "HTTP_PROXY" in machine.proxies
    assert "secret" not in str(machine)


@pytest.fixture
def healthy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockserver.cli.machine.read_machine", lambda folders, ports: HEALTHY)


@pytest.mark.usefixtures("healthy")
def test_a_healthy_machine_is_exit_code_0() -> None:
    result = CliRunner().invoke(main, ["doctor"])
    assert (result.exit_code, result.stdout.splitlines()[0]) == (0, "ok       CPython 3.12 on Linux")


def test_a_problem_is_exit_code_1_and_its_remedy_is_below(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockserver.cli.machine.read_machine", lambda folders, ports: HEALTHY._replace(python=(3, 10)))
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 1
    assert result.stdout.splitlines()[:2] == [
        "problem  CPython 3.10 on Linux",
        "         install Python 3.11 or newer",
    ]


@pytest.mark.usefixtures("healthy")
def test_programs_get_json() -> None:
    listed = json.loads(CliRunner().invoke(main, ["doctor", "--json"]).stdout)
    assert listed[0] == {"check": "python", "level": "ok", "message": "CPython 3.12 on Linux", "remedy": ""}
