"""`text`: a test of the text of the last user message.

The most common condition: answer by what the user says. A bare string must equal the whole text.

    when: {text: Hello}
    when: {text: {contains: weather, ignore_case: true}}
    when: {text: {regex: "^(hi|hello)"}}
"""

from typing import Annotated, TypeAlias

from pydantic import Field

from mockserver.scenarios.matcher import Example, Matcher, WhenKey
from mockserver.scenarios.text_test import AnyText, TextTest, match_text


def _compile(test: TextTest) -> Matcher:
    return match_text("last user text", test, lambda conversation: conversation.last_user_text)


TEXT = WhenKey(
    _compile,
    examples=(
        Example("text: {contains: weather}", "last user text is 'Hello'; expected text containing 'weather'"),
        Example("text: hello", "last user text is 'Hello'; expected 'hello'"),
        Example("text: {regex: ^h}", "last user text is 'Hello'; expected text matching /^h/"),
        Example("text: {equals: HELLO, ignore_case: true}"),
    ),
)

LastUserText: TypeAlias = Annotated[
    AnyText | None, Field(description="A test of the text of the last user message."), TEXT
]
