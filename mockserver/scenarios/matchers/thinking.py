"""`thinking`: whether the client asks the model to think first.

Clients ask for it with `thinking` on the Anthropic wire, and with `reasoning_effort` or `reasoning` on the OpenAI wire.
Use this key to give thinking only to those that can show it.

    when: {thinking: true}
"""

from typing import Annotated, TypeAlias

from pydantic import Field

from mockserver.core.conversation import Conversation
from mockserver.scenarios.difference import Difference
from mockserver.scenarios.matcher import Example, Matcher, WhenKey, match_conversation

_ANSWERS = {True: "thinking", False: "no thinking"}


def _compile(expected: bool) -> Matcher:
    def compare(conversation: Conversation) -> Difference | None:
        is_asked = conversation.thinking != "none"
        if is_asked is expected:
            return None
        return Difference("request", _ANSWERS[is_asked], _ANSWERS[expected], verb="asks for")

    return match_conversation(compare)


THINKING = WhenKey(
    _compile,
    examples=(
        Example("thinking: true", body={"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 2000}),
        Example("thinking: true", "request asks for no thinking; expected thinking"),
        Example("thinking: false"),
    ),
)

ThinkingFlag: TypeAlias = Annotated[bool | None, Field(description="Whether the client asks for thinking."), THINKING]
