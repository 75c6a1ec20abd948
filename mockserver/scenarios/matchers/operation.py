"""`operation`: the operation that the request calls, by its name in openapi.yaml.

A turn without `operation` or `path` answers messages and chat only. Use this key to answer anything else, such as
the list of models, or to keep a turn to one wire's route.

    when: {operation: models}
    when: {operation: [messages, chat]}
"""

from typing import Annotated, TypeAlias

from pydantic import Field

from mockserver.scenarios.base_model import OneOrMore
from mockserver.scenarios.call import Call
from mockserver.scenarios.difference import Difference
from mockserver.scenarios.matcher import Example, Matcher, WhenKey


def _compile(names: list[str]) -> Matcher:
    expected = frozenset(names)

    def match(call: Call) -> Difference | None:
        if call.operation.name in expected:
            return None
        return Difference("operation", call.operation.name, " or ".join(names))

    return match


OPERATION = WhenKey(
    _compile,
    examples=(
        Example("operation: [messages, chat]"),
        Example("operation: messages"),
        Example("operation: [chat, models]", "operation is messages; expected chat or models"),
    ),
)

OperationNames: TypeAlias = Annotated[
    Annotated[list[str], Field(min_length=1), OneOrMore] | None,
    Field(description="The operation by its name in openapi.yaml (messages, chat, models, …), or a list of names."),
    OPERATION,
]
