"""The turns of a project's scenario files, with their lines."""

from pathlib import Path

import pytest

from mockserver.core.errors import OperatorError
from mockserver.coverage.project_turns import file_name, project_turns
from mockserver.coverage.storage import append, read_coverage, write
from mockserver.coverage.value import GatewayCoverage, TurnPlace

SCENARIO = "scenario: a\nturns:\n  - reply: one\n\n  - reply: two\n"

NO_SCENARIOS = {
    "another kind of file": "turns: 3\nscenario: x\n",
    "a list": "- scenario\n- turns\n",
    "a number as the name": "scenario: 3\nturns: []\n",
    "no YAML": "scenario: [turns",
    "something else": "services: {}\n",
}


def test_each_turn_has_its_file_and_line(tmp_path: Path) -> None:
    for folder in ("scenarios", "node_modules", "env"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.yml").write_text(SCENARIO)
    (tmp_path / "env" / "pyvenv.cfg").write_text("")
    turns = [TurnPlace("scenarios/a.yml", 3, "a, turn 1"), TurnPlace("scenarios/a.yml", 5, "a, turn 2")]
    assert project_turns(tmp_path, [tmp_path], ["node_mod*"]) == turns
    assert project_turns(tmp_path, [tmp_path / "scenarios" / "a.yml", tmp_path], ["node_mod*"]) == turns


@pytest.mark.parametrize("name", NO_SCENARIOS)
def test_what_is_no_scenario_has_no_turns(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.yaml").write_text(NO_SCENARIOS[name])
    assert project_turns(tmp_path, [tmp_path], []) == []


def test_a_file_outside_the_project_keeps_its_whole_name(tmp_path: Path) -> None:
    assert file_name(tmp_path / "a.yaml", tmp_path / "root") == str((tmp_path / "a.yaml").resolve())


def test_a_file_collects_several_runs(tmp_path: Path) -> None:
    file = tmp_path / "new" / "c.json"
    append(file, GatewayCoverage(frozenset({"whole"})))
    together = append(file, GatewayCoverage(frozenset({"closed"})))
    assert together == read_coverage(file) == GatewayCoverage(frozenset({"whole", "closed"}))


def test_a_file_that_cannot_be_used_is_a_message(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"none\.json: cannot be read: No such file"):
        read_coverage(tmp_path / "none.json")
    with pytest.raises(OperatorError, match=r"cannot be written: "):
        write(tmp_path, b"")
