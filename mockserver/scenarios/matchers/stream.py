"""`stream`: whether the client asks for a stream.

A reply is rendered in either form. Use this key where the two forms need different answers, such as a fault that
only a stream can have.

    when: {stream: true}
"""

from typing import Annotated, TypeAlias

from pydantic import Field

from mockserver.core.conversation import Conversation
from mockserver.scenarios.difference import Difference
from mockserver.scenarios.matcher import Example, Matcher, WhenKey, match_conversation

_FORMS = {True: "a stream", False: "a complete response"}


def _compile(expected: bool) -> Matcher:
    def compare(conversation: Conversation) -> Difference | None:
        if conversation.stream is expected:
            return None
        return Difference("request", _FORMS[conversation.stream], _FORMS[expected], verb="asks for")

    return match_conversation(compare)


STREAM = WhenKey(
    _compile,
    examples=(
        Example("stream: true", "request asks for a complete response; expected a stream"),
        Example("stream: false"),
    ),
)

StreamFlag: TypeAlias = Annotated[bool | None, Field(description="Whether the client asks for a stream."), STREAM]
