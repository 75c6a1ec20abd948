"""Warnings from D1's tips: which tools an open model may find hard."""

import pytest
from pydantic import JsonValue

from tests.support.bank import Bank

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
