"""`--json`: what commands list, for programs."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from mockserver.cli.main import main
from mockserver.contracts.promises import PROMISES
from mockserver.faults import FAULTS
from mockserver.files import bundled
from mockserver.files.chaos_file import load_profiles
from mockserver.files.library import load_library
from tests.support.engine import contract


@pytest.mark.parametrize(
    ("command", "names"),
    [
        (["faults"], list(FAULTS)),
        (["faults", "reset"], ["reset"]),
        (["chaos"], list(load_profiles()[0])),
        (["scenarios"], list(load_library(contract()).files)),
        (["contract", "promises"], list(PROMISES)),
    ],
)
def test_a_list_names_everything(command: list[str], names: list[str]) -> None:
    result = CliRunner().invoke(main, [*command, "--json"])
    assert [entry["name"] for entry in json.loads(result.stdout)] == names


def test_a_chaos_profile_is_printed_as_its_file_says() -> None:
    profile = json.loads(CliRunner().invoke(main, ["chaos", "flaky", "--json"]).stdout)
    assert (profile["chaos"], "rules" in profile) == ("flaky", True)


def test_an_explanation_has_a_line_for_each_turn() -> None:
    file = bundled.SCENARIOS / "greeting.yaml"
    body = '{"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": "hi"}]}'
    result = CliRunner().invoke(main, ["explain", str(file), "--request", "-", "--json"], input=body)
    assert json.loads(result.stdout)["lines"][0] == "Turn 1 of 'greeting' answers this messages request."


@pytest.mark.parametrize("option", [["--json"], ["--format", "json"]])
def test_lint_prints_a_line_for_each_mistake(option: list[str], tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("scenario: bad\nturns:\n  - replly: hi\n", encoding="utf-8")
    lines = CliRunner().invoke(main, ["lint", str(file), *option]).stdout.splitlines()
    assert {json.loads(line)["file"] for line in lines} == {str(file)}
