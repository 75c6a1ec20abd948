"""`wire`: the dialect of the request, `anthropic` or `openai`.

Turns answer both dialects alike. Use this key where a test expects one of them, or needs different answers.

    when: {wire: anthropic}
"""

from typing import Annotated, TypeAlias

from pydantic import Field

from mockserver.scenarios.call import Call
from mockserver.scenarios.difference import Difference
from mockserver.scenarios.matcher import Example, Matcher, WhenKey
from mockserver.wires import WireName


def _compile(expected: str) -> Matcher:
    def match(call: Call) -> Difference | None:
        wire = call.operation.wire
        return None if wire == expected else Difference("wire", wire, expected)

    return match


WIRE = WhenKey(
    _compile,
    examples=(
        Example("wire: anthropic"),
        Example("wire: openai", "wire is anthropic; expected openai"),
    ),
)

WireKey: TypeAlias = Annotated[
    WireName | None,
    Field(description="The dialect: anthropic, openai or openai_responses (an extension)."),
    WIRE,
]
