"""`images`: whether the messages have images, or how many.

Use it to answer a question about a picture, or to expect in a test that the client has sent it.

    when: {images: true}
    when: {images: 2}
    when: {images: {at_least: 2}}
"""

from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, Field, JsonValue

from mockserver.core.conversation import Conversation, Media
from mockserver.scenarios.count_test import CountTest, as_count, compile_count_test
from mockserver.scenarios.difference import Difference
from mockserver.scenarios.matcher import Example, Matcher, WhenKey, match_conversation

KINDS = frozenset({"image", "image_url"})
"""What the wires call an image."""

ANY, NONE = CountTest(at_least=1), CountTest(equals=0)


def _compile(test: bool | CountTest) -> Matcher:
    check = compile_count_test({True: ANY, False: NONE}[test] if isinstance(test, bool) else test)

    def compare(conversation: Conversation) -> Difference | None:
        blocks = [block for message in conversation.messages for block in message.blocks]
        number = sum([isinstance(block, Media) and block.kind in KINDS for block in blocks])
        expected = check(number)
        if expected is None:
            return None
        return Difference("conversation", f"{number} image{'' if number == 1 else 's'}", expected, verb="has")

    return match_conversation(compare)


_SOURCE: JsonValue = {"type": "url", "url": "https://example.com/cat.png"}
_PICTURE: JsonValue = [{"role": "user", "content": [{"type": "image", "source": _SOURCE}]}]

IMAGES = WhenKey(
    _compile,
    examples=(
        Example("images: true", "conversation has 0 images; expected at least 1"),
        Example("images: true", body={"messages": _PICTURE}),
        Example("images: false"),
        Example("images: false", "conversation has 1 image; expected 0", body={"messages": _PICTURE}),
        Example("images: 2", "conversation has 1 image; expected 2", body={"messages": _PICTURE}),
        Example("images: {at_most: 1}", body={"messages": _PICTURE}),
    ),
)

ImageCount: TypeAlias = Annotated[
    bool | Annotated[CountTest, BeforeValidator(as_count)] | None,
    Field(description="Whether the messages have images, or how many."),
    IMAGES,
]
