"""`response_format`: the form of answer that the client asks for, in the words of the OpenAI wire on both wires.

The value is `text`, `json_object` or `json_schema`, or else keywords that the schema of a `json_schema` must have: all
of these, at any depth, and others may be there. A `json` block in the turn's reply is checked against them when the
file loads.

    when: {response_format: {title: Weather, required: [city]}}
"""

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, JsonValue

from mockserver.core import json_pointer
from mockserver.core.conversation import Conversation, Json
from mockserver.openapi.sampling.schema import SamplingError, schema_document
from mockserver.scenarios.difference import Difference, print_json
from mockserver.scenarios.matcher import Example, Matcher, WhenKey, match_conversation


def _compile(expected: str | dict[str, JsonValue]) -> Matcher:
    if isinstance(expected, dict):
        _check_schema(expected)

    def compare(conversation: Conversation) -> Difference | None:
        asked = conversation.response_format
        actual = asked.kind if asked is not None else "text"
        if isinstance(expected, str):
            return None if actual == expected else Difference("response_format", actual, expected)
        if asked is None or asked.schema is None:
            return Difference("response_format", actual, "json_schema")
        return _difference(expected, asked.schema, ())

    return match_conversation(compare)


def _check_schema(schema: Mapping[str, JsonValue]) -> None:
    try:
        schema_document(schema)
    except SamplingError as error:
        raise ValueError(f"not a JSON Schema: at '#{error.pointer}': {error.reason}") from None


def _difference(expected: Json, actual: Json, path: tuple[str, ...]) -> Difference | None:
    """Return the first place where the schema lacks what is expected, or has something else."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key, value in expected.items():
            inner = _difference(value, actual.get(key, json_pointer.MISSING), (*path, key))
            if inner is not None:
                return inner
        return None
    if actual is not json_pointer.MISSING and json_pointer.same(actual, expected):
        return None
    found = "missing" if actual is json_pointer.MISSING else print_json(actual)
    return Difference(f"schema{json_pointer.join(path)}", found, print_json(expected))


_WEATHER: JsonValue = {"format": {"type": "json_schema", "schema": {"title": "Weather", "required": ["city"]}}}

RESPONSE_FORMAT = WhenKey(
    _compile,
    examples=(
        Example("response_format: json_schema", "response_format is text; expected json_schema"),
        Example("response_format: json_schema", body={"output_config": _WEATHER}),
        Example("response_format: text"),
        Example("response_format: {title: Weather}", body={"output_config": _WEATHER}),
        Example("response_format: {title: Weather}", "response_format is text; expected json_schema"),
        Example(
            "response_format: {required: [city, days]}",
            'schema/required is ["city"]; expected ["city","days"]',
            body={"output_config": _WEATHER},
        ),
        Example(
            "response_format: {properties: {city: {}}}",
            'schema/properties is missing; expected {"city":{}}',
            body={"output_config": _WEATHER},
        ),
    ),
)

AnswerForm: TypeAlias = Annotated[
    Literal["text", "json_object", "json_schema"] | dict[str, JsonValue] | None,
    Field(
        description="The form of answer that the client asks for: text, json_object or json_schema; "
        "or keywords that its schema must have."
    ),
    RESPONSE_FORMAT,
]
