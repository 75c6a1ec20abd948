"""Literal turns: what is compiled without the models of files is what `compile` makes; anything else is left to it."""

from typing import Any

import pytest

from mockserver.scenarios.compile import compile_scenario
from mockserver.scenarios.literal import LONGEST_TEXT, literal_turn
from mockserver.scenarios.schema import Scenario, Turn
from tests.support.engine import contract

LITERAL: list[dict[str, Any]] = [
    {"reply": "hi"},
    {"reply": ["hi"]},
    {"reply": ""},
    {"reply": "ä { } }}"},
    {"reply": ["hi"], "times": 3},
    {"error": {"status": 429}},
    {"error": {"status": 429, "retry_after": 2}, "times": 2},
    {"error": {"status": 503, "retry_after": 0}},
    {"error": {"status": 418}},
]

OTHERS: list[dict[str, Any]] = [
    {},
    {"times": 1},
    {"reply": "hi", "error": {"status": 429}},
    {"reply": "{{last_user_text}}"},
    {"reply": "{{ no end"},
    {"reply": []},
    {"reply": ["a", "b"]},
    {"reply": [{"text": "hi"}]},
    {"reply": "\ud800"},
    {"reply": "x" * (LONGEST_TEXT + 1)},
    {"reply": "hi", "times": 0},
    {"reply": "hi", "times": True},
    {"reply": "hi", "times": "always"},
    {"reply": "hi", "pace": {"rate": "40/s"}},
    {"reply": "hi", "when": {"last": "user"}},
    {"error": {"status": 200}},
    {"error": {"status": True}},
    {"error": {"status": 429, "retry_after": -1}},
    {"error": {"status": 429, "retry_after": None}},
    {"error": {"status": 429, "message": "slow down"}},
    {"error": {}},
    {"error": 429},
]


@pytest.mark.parametrize("keys", LITERAL, ids=str)
def test_a_literal_turn_is_the_one_that_the_compiler_makes(keys: dict[str, Any]) -> None:
    script, problems = compile_scenario(Scenario(scenario="test", turns=[Turn.model_validate(keys)]), contract())
    assert problems == []
    assert literal_turn(1, keys) == script.turns[0]


@pytest.mark.parametrize("keys", OTHERS, ids=lambda keys: repr(keys)[:60])
def test_any_other_turn_is_left_to_the_compiler(keys: dict[str, Any]) -> None:
    assert literal_turn(1, keys) is None
