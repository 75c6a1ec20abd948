"""`body`: values of the request body, each at its JSON Pointer (RFC 6901).

Use it for fields that have no key of their own. Values are compared as JSON: 1 equals 1.0, and neither equals true.

    when: {body: {/metadata/user_id: u1, /temperature: 0}}
"""

from typing import Annotated, TypeAlias

from pydantic import Field, JsonValue

from mockserver.core import json_pointer
from mockserver.scenarios.call import Call
from mockserver.scenarios.difference import Difference, print_json
from mockserver.scenarios.matcher import Example, Matcher, WhenKey


def _compile(expected: dict[str, JsonValue]) -> Matcher:
    entries = [(pointer, json_pointer.parse(pointer), value) for pointer, value in expected.items()]

    def match(call: Call) -> Difference | None:
        for pointer, parts, value in entries:
            actual = json_pointer.follow(call.body, parts)
            if actual is json_pointer.MISSING:
                return Difference(pointer or "body", "missing", print_json(value))
            if not json_pointer.same(actual, value):
                return Difference(pointer or "body", print_json(actual), print_json(value))
        return None

    return match


BODY = WhenKey(
    _compile,
    examples=(
        Example("body: {/metadata/user_id: u1}", '/metadata/user_id is missing; expected "u1"'),
        Example("body: {/max_tokens: 10}", "/max_tokens is 1000; expected 10"),
        Example("body: {/messages/0/content: Hello}"),
    ),
)

BodyValues: TypeAlias = Annotated[
    dict[str, JsonValue] | None,
    Field(description="Values of the request body by JSON Pointer, compared as JSON."),
    BODY,
]
