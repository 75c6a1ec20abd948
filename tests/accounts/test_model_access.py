"""How long a model answers, and warnings from D1's tips: which tools an open model may find hard."""

import pytest
from pydantic import JsonValue

from mockserver.accounts.model_access import with_warnings
from mockserver.core.actions import End, Head
from mockserver.engine.settings import EngineSettings
from tests.support.bank import Bank
from tests.support.engine import BYOK, CHAT, MESSAGES, turns

FLAT: JsonValue = {"type": "object", "properties": {"a": {"type": "string"}, "b": True}}
LIST_OF_OBJECTS: JsonValue = {
    "type": "object",
    "properties": {"a": {"type": "array", "items": {"type": "object", "properties": {"b": {"type": "string"}}}}},
}
NO_PROPERTIES: JsonValue = {"type": "object"}


@pytest.mark.parametrize(
    ("description", "schema", "warnings"),
    [
        ("Reads.", FLAT, ()),
        ("Reads.", NO_PROPERTIES, ()),
        ("x" * 300, FLAT, ()),
        ("x" * 301, FLAT, ("tool read: description of 301 characters; under 300 works best",)),
        ("Reads.", LIST_OF_OBJECTS, ("tool read: nested schema; flat properties work best",)),
    ],
)
def test_a_tool_is_warned_of_for_what_the_tips_advise_against(
    description: str, schema: JsonValue, warnings: tuple[str, ...]
) -> None:
    tool: JsonValue = {"name": "read", "description": description, "input_schema": schema}
    assert Bank().say("sk_a", model="qwen-coder-32b", tools=[tool]).note.warnings == warnings


LONG = turns(f"  - {{reply: '{'word ' * 40_000}', times: always}}\n")

MORE_THAN_THE_MODEL_GIVES = [
    ("claude-sonnet-4.5", 8_193, "max_tokens: 8193 > 8192, which is the maximum for claude-sonnet-4.5"),
    ("claude-sonnet-4-5-20250929", 64_000, "max_tokens: 64000 > 8192, which is the maximum for claude-sonnet-4.5"),
    ("claude-3-5-haiku-latest", 10**6, "max_tokens: 1000000 > 8192, which is the maximum for claude-3-5-haiku"),
    ("qwen-coder-32b", 32_769, "max_tokens: 32769 > 32768, which is the maximum for qwen-coder-32b"),
]


@pytest.mark.parametrize("path", [MESSAGES, CHAT, BYOK])
@pytest.mark.parametrize(("model", "asked", "excess"), MORE_THAN_THE_MODEL_GIVES)
def test_more_tokens_than_the_model_gives_are_limited_with_a_note(
    path: str, model: str, asked: int, excess: str
) -> None:
    answer = Bank(scripts=[LONG]).say("sk_a", path, model=model, max_tokens=asked)
    limit = 32_768 if model.startswith("qwen") else 8_192
    assert answer.status == 200
    assert answer.note.usage is not None
    assert answer.note.usage.output == limit
    assert answer.note.warnings == (f"{excess}; limited to {limit}",)
    assert answer.headers["x-mock-note"] == f"{excess}; limited to {limit}"


@pytest.mark.parametrize("path", [MESSAGES, CHAT, BYOK])
@pytest.mark.parametrize(("model", "asked", "excess"), MORE_THAN_THE_MODEL_GIVES)
def test_strict_models_refuse_more_tokens_than_the_model_gives_under_every_id(
    path: str, model: str, asked: int, excess: str
) -> None:
    bank = Bank("accounts: [{key: sk_a, plan: enterprise}]", settings=EngineSettings(strict_models=True))
    answer = bank.say("sk_a", path, model=model, max_tokens=asked)
    assert (answer.status, answer.json["message"]) == (400, excess)


@pytest.mark.parametrize(
    ("model", "asked"), [("claude-sonnet-4.5", 8_192), ("qwen-coder-32b", 32_768), ("gpt-4o", 10**6), ("m", 10**9)]
)
def test_as_many_tokens_as_the_model_gives_are_fine(model: str, asked: int) -> None:
    assert Bank().say("sk_a", model=model, max_tokens=asked).note.warnings == ()


def test_the_newer_name_of_max_tokens_is_limited_too() -> None:
    answer = Bank(scripts=[LONG]).say("sk_a", CHAT, model="claude-opus-4", max_completion_tokens=64_000)
    assert answer.note.usage is not None
    assert answer.note.usage.output == 8_192


def test_a_scripted_error_carries_the_note_too() -> None:
    bank = Bank(scripts=[turns("  - {error: {status: 503}, times: always}\n")])
    answer = bank.say("sk_a", model="claude-opus-4", max_tokens=64_000)
    assert (answer.status, "limited to 8192" in answer.headers["x-mock-note"]) == (503, True)


def test_a_note_is_one_line_of_printable_characters() -> None:
    answer = Bank().say("sk_a", model="x\r\nset-cookie: a=b/claude-opus-4", max_tokens=64_000)
    assert answer.headers["x-mock-note"].isprintable()


def test_an_answer_without_warnings_stays_as_it_is() -> None:
    actions = (Head(200, ()), End())
    assert with_warnings(actions, ()) is actions
