"""The documented situations: each row's own turn makes the situation, an ordinary answer none of the bad ones."""

from typing import Any

import pytest
import yaml
from pydantic import JsonValue

from mockserver.journal.situations import SITUATIONS, situations_met, stop_of
from mockserver.testing.gateway import GatewaySession
from tests.support.posting import post

TOOLS: JsonValue = [
    {"name": "read_file", "input_schema": {"type": "object", "properties": {"path": {"type": "string"}}}}
]
FAILED: JsonValue = [
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "read_file", "input": {}}]},
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "no", "is_error": True}]},
]
SCHEMA: JsonValue = {"format": {"type": "json_schema", "schema": {"type": "object"}}}

ASKED: dict[str, dict[str, JsonValue]] = {
    "whole": {"stream": False},
    "tool-result": {"messages": FAILED},
    "tool-error": {"messages": FAILED},
    "structured": {"output_config": SCHEMA},
}
"""What the client asks in the situations that depend on it; it streams unless this says otherwise."""


@pytest.mark.parametrize("name", SITUATIONS)
def test_the_turn_of_a_row_makes_its_situation(gateway: GatewaySession, name: str) -> None:
    words = yaml.safe_load(SITUATIONS[name].turn)
    account = words.pop("account", None)
    turn = words or {"reply": "Hello!", "times": "always"}
    gateway.play({"scenario": "row", "turns": [turn], **({"account": account} if account else {})})
    asked: Any = {"stream": True, "tools": TOOLS, **ASKED.get(name, {})}  # Any: fields of a body beside keywords
    for _ in range(2 if name == "window-full" else 1):
        try:
            post(gateway, **asked)
        except Exception as error:
            assert type(error).__module__.startswith("httpx")
    assert name in situations_met(gateway.journal.last)


def test_an_ordinary_answer_is_in_no_bad_situation(gateway: GatewaySession) -> None:
    post(gateway.reply("Hello!"))
    assert situations_met(gateway.journal.last) == {"whole", "end-turn"}


def test_a_stop_reason_that_no_client_can_read_is_none(gateway: GatewaySession) -> None:
    gateway.reply("Hello!").fault("body", "array")
    post(gateway)
    assert stop_of(gateway.journal.last) is None


def test_a_request_that_is_no_conversation_has_no_stop_reason(gateway: GatewaySession) -> None:
    post(gateway.allow_unmatched(), path="/nowhere")
    assert stop_of(gateway.journal.last) is None
