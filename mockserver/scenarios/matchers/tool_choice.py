"""`tool_choice`: what the client demands of the model: `auto`, `none`, `required`, or the tool that it forces.

The words are the same on both wires. Use it to answer a forced call with that call.

    when: {tool_choice: required}
"""

from typing import Annotated, TypeAlias

from pydantic import Field

from mockserver.core.conversation import Conversation
from mockserver.scenarios.difference import Difference
from mockserver.scenarios.matcher import Example, Matcher, WhenKey, match_conversation


def _compile(expected: str) -> Matcher:
    def compare(conversation: Conversation) -> Difference | None:
        choice = conversation.tool_choice
        actual = choice.name if choice.mode == "tool" else choice.mode
        return None if actual == expected else Difference("tool_choice", actual, expected)

    return match_conversation(compare)


TOOL_CHOICE = WhenKey(
    _compile,
    examples=(
        Example("tool_choice: required", "tool_choice is auto; expected required"),
        Example("tool_choice: auto"),
    ),
)

ToolChoiceName: TypeAlias = Annotated[
    str | None, Field(description="What the client demands: auto, none, required, or the name of a tool."), TOOL_CHOICE
]
