"""The documented situations of a contract: each operation's own turn makes it, and any of them can be left out."""

from typing import Any

import httpx
import pytest

from mockserver.core.errors import OperatorError
from mockserver.coverage.documented import (
    FIRST,
    by_urgency,
    documented_situations,
    sample_test,
    scenario_text,
)
from mockserver.files import loader
from mockserver.files.contract import load_contract
from mockserver.files.library import script_of
from mockserver.files.yaml_reader import read
from mockserver.journal.situations import SITUATIONS
from mockserver.testing.gateway import GatewaySession
from tests.support.posting import PATIENCE, post

CONTRACT = load_contract()
DOCUMENTED = documented_situations(CONTRACT)
OF_THE_CONTRACT = [name for name in DOCUMENTED if name not in SITUATIONS]


def test_the_documented_operations_and_wires_come_first_then_the_table() -> None:
    assert [
        *("messages-operation", "chat-operation", "chat-byok-operation", "chat-public-operation"),
        *("chat-public-v1-operation", "credits-balance-operation", "login-operation", "refresh-operation"),
        *("me-operation", "anthropic-wire", "openai-wire"),
    ] == OF_THE_CONTRACT
    assert list(DOCUMENTED)[len(OF_THE_CONTRACT) :] == list(SITUATIONS)


@pytest.mark.parametrize("name", OF_THE_CONTRACT)
def test_a_request_to_an_operation_meets_it(gateway: GatewaySession, name: str) -> None:
    situation = DOCUMENTED[name]
    subject = name.rpartition("-")[0].replace("-", "_")
    operation = next(one for one in CONTRACT.operations if subject in (one.name, one.wire))
    body: dict[str, Any] = {  # Any: a body of JSON
        "model": "m",
        "provider": "anthropic",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": "Hi"}],
    }
    gateway.play(scenario_text(situation)).allow_unmatched()
    headers = {"x-api-key": gateway.key, "authorization": f"Bearer {gateway.key}"}
    httpx.request(operation.method, gateway.url + operation.path, json=body, headers=headers, timeout=PATIENCE)
    assert situation.met(gateway.journal.last)


@pytest.mark.parametrize("name", DOCUMENTED)
def test_the_scenario_of_a_situation_has_no_mistakes(name: str) -> None:
    document = read(scenario_text(DOCUMENTED[name]).encode(), "x")
    assert script_of(document, CONTRACT).name == loader.scenario_of(document).scenario.scenario == name


def test_a_tool_result_needs_a_call_first(gateway: GatewaySession) -> None:
    gateway.play(scenario_text(DOCUMENTED["tool-error"]))
    assert (
        post(gateway, tools=[{"name": "look", "input_schema": {"type": "object"}}]).json()["stop_reason"] == "tool_use"
    )


@pytest.mark.parametrize("name", DOCUMENTED)
def test_the_test_of_a_situation_is_python(name: str) -> None:
    compile(sample_test(DOCUMENTED[name]), "test.py", "exec")


def test_what_is_worth_testing_first_comes_first() -> None:
    assert [situation.name for situation in by_urgency(DOCUMENTED)][: len(FIRST)] == list(FIRST)
    assert sorted([one.name for one in by_urgency(DOCUMENTED)]) == sorted(DOCUMENTED)


def test_names_and_groups_can_be_left_out() -> None:
    left = documented_situations(CONTRACT, ["operations", "refusal"])
    assert "refusal" not in left
    assert "operations" not in {situation.group for situation in left.values()}
    assert "openai-wire" in left


def test_a_misspelt_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(OperatorError, match="'tols'; did you mean 'tools'"):
        documented_situations(CONTRACT, ["tols"])
