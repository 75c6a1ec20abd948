"""`last`: what the last message of the conversation is.

Use it for tool loops: one turn answers the user's message with a tool call, the next one answers the result. A user
message with a tool result is a `tool_result`, on both wires.

    when: {last: tool_result}
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from mockserver.core.conversation import Conversation
from mockserver.scenarios.difference import Difference
from mockserver.scenarios.matcher import Example, Matcher, WhenKey, match_conversation

KINDS = {
    "user": "a user message",
    "assistant": "an assistant message",
    "tool_result": "a tool_result",
    "system": "a system message",
}
"""What `Conversation.last` can be, in words."""


def _compile(expected: str) -> Matcher:
    def compare(conversation: Conversation) -> Difference | None:
        last = conversation.last
        return None if last == expected else Difference("last message", KINDS[last], KINDS[expected])

    return match_conversation(compare)


LAST = WhenKey(
    _compile,
    examples=(
        Example("last: tool_result", "last message is a user message; expected a tool_result"),
        Example("last: user"),
    ),
)

LastMessage: TypeAlias = Annotated[
    Literal["user", "assistant", "tool_result"] | None,
    Field(
        description="The kind of the last message: user, assistant or tool_result. "
        "A user message with a tool result is a tool_result."
    ),
    LAST,
]
