"""`mockserver coverage`: running servers and files, merged."""

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from mockserver.cli.main import main
from mockserver.coverage.storage import append, read_coverage
from mockserver.coverage.value import GatewayCoverage
from mockserver.journal.log import Journal
from tests.control.support import TOKEN, Served, serving

SCENARIO = "scenario: mine\nturns:\n  - reply: one\n  - reply: two\n"


@pytest.fixture
def served() -> Iterator[Served]:
    with serving() as running:
        running.ask()
        yield running


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["coverage", *map(str, arguments)])


def test_a_running_server_and_files_are_merged(served: Served, tmp_path: Path) -> None:
    put = served.control.put(
        "/scenarios/mine", json={"yaml": "scenario: mine\nturns:\n  - reply: one\n  - reply: two\n"}
    )
    assert put.status_code == 200
    served.ask(headers={"x-mock-scenario": "mine"})
    append(tmp_path / "a.json", GatewayCoverage(frozenset({"no-credits"})))
    result = run(served.link, tmp_path / "a.json", "--append", tmp_path / "all.json", "--html", tmp_path / "c.html")
    assert result.exit_code == 0, result.output
    assert "(5 of 55 documented situations met); 1 of 2 turns played" in result.stdout
    assert "mine (in memory):4  mine, turn 2" in result.stdout
    assert read_coverage(tmp_path / "all.json").met == {
        *("messages-operation", "anthropic-wire", "whole", "end-turn", "no-credits"),
    }
    assert b"Turns: 1 of 2 played" in (tmp_path / "c.html").read_bytes()


def test_programs_get_json_and_one_session(served: Served) -> None:
    result = run(served.url, "--token", TOKEN, "--session", "nobody", "--omit", "faults,wires", "--json")
    document = orjson.loads(result.stdout)
    assert (document["met"], document["total"], result.exit_code) == (0, 46, 0)


@pytest.mark.parametrize(("least", "code"), [("5", 0), ("80", 1)])
def test_too_little_is_exit_code_1(served: Served, least: str, code: int) -> None:
    result = run(served.link, "--fail-under", least)
    assert (result.exit_code, "--fail-under demands 80 %." in result.stderr) == (code, code == 1)


def test_what_the_journal_has_dropped_is_said() -> None:
    with serving(journal=Journal(most=1)) as served:
        served.ask()
        served.ask()
        assert "exchanges up to 1 are no longer in the server's journal" in run(served.link).stderr


def test_what_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    for source, words in {
        str(tmp_path / "none.json"): "cannot be read: No such file",
        "http://127.0.0.1:1/_mock/?token=x": "no response from",
        "http://127.0.0.1:1": "the link has no token",
    }.items():
        result = run(source)
        assert (result.exit_code, result.stdout, words in result.stderr) == (2, "", True), result.stderr
