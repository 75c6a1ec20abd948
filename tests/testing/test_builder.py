"""What a test can give to play: scenarios, accounts and chaos, as names, files, texts and mappings."""

from collections.abc import Mapping
from pathlib import Path

import pytest

import mockserver
from mockserver.core.errors import AuthorError, OperatorError
from mockserver.scenarios.schema import Scenario
from mockserver.testing.builder import read_account, read_chaos
from mockserver.testing.registry import ProfileRegistry
from tests.support.engine import contract

RULES = "rules: [{error: {status: 503}}]\n"


@pytest.mark.parametrize("source", ["flaky", {"rules": [{"error": {"status": 503}}]}, f"chaos: mine\n{RULES}"])
def test_chaos_is_a_name_a_mapping_or_a_text(source: str | Mapping[str, object]) -> None:
    assert read_chaos(source, ProfileRegistry(), contract()).rules


def test_chaos_can_be_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(f"chaos: mine\n{RULES}")
    known = ProfileRegistry()
    assert read_chaos(file, known, contract()).name == read_chaos(str(file), known, contract()).name == "mine"


def test_a_misspelt_profile_gets_the_nearest_name() -> None:
    with pytest.raises(OperatorError, match="flaky"):
        read_chaos("flakey", ProfileRegistry(), contract())


def test_a_mistake_in_chaos_is_reported() -> None:
    with pytest.raises(AuthorError, match="did you mean 'reset'"):
        read_chaos({"rules": [{"faults": ["rset"]}]}, ProfileRegistry(), contract())


def test_an_account_of_a_test_has_no_keys_of_its_own() -> None:
    with pytest.raises(OperatorError, match="remove key and keys"):
        read_account({"key": "sk_mine", "credits": 3})


def test_a_scenario_file_and_a_scenario_value_can_be_played(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("scenario: mine\nturns: [{reply: hi}]\n")
    scenario = Scenario.model_validate({"scenario": "mine", "turns": [{"reply": "hi"}]})
    with mockserver.start() as gateway:
        for source in (file, str(file), scenario):
            gateway.play(source)


def test_a_scenario_whose_fault_does_nothing_is_refused() -> None:
    source = {"scenario": "mine", "turns": [{"reply": "hi", "faults": [{"reset": {"at": 99}}]}]}
    with mockserver.start() as gateway, pytest.raises(AuthorError, match="none is number 99"):
        gateway.play(source)


def test_a_fault_needs_a_turn() -> None:
    with mockserver.start() as gateway, pytest.raises(OperatorError, match=r"call gateway\.reply"):
        gateway.fault("reset")


def test_a_turn_consists_of_what_json_can_say() -> None:
    with mockserver.start() as gateway, pytest.raises(AuthorError, match="texts, numbers, lists and mappings"):
        gateway.turn(reply=object())


@pytest.mark.parametrize("form", ["mapping", "file"])
def test_an_unknown_operation_in_chaos_gets_the_nearest_name(form: str, tmp_path: Path) -> None:
    rules: list[object] = [{"when": {"operation": "mesages"}, "faults": ["reset"]}]
    file = tmp_path / "mine.yaml"
    file.write_text("chaos: mine\nrules: [{when: {operation: mesages}, faults: [reset]}]\n")
    with pytest.raises(AuthorError, match="unknown operation 'mesages'; did you mean 'messages'"):
        read_chaos({"rules": rules} if form == "mapping" else file, ProfileRegistry(), contract())
