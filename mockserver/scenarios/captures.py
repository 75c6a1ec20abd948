"""Captures: the text of a request at the place where a condition says `{{value.1}}`, for the reply to repeat.

A value is any text. It ends where the text behind it in the condition begins, so it is found in linear time.

    - when: {text: "Read {{value.1}}, please."}
      reply: [{tool_use: {name: read_file, input: {path: "{{value.1}}"}}}]
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from mockserver.core.conversation import Conversation
from mockserver.scenarios.templates import PLACEHOLDER

if TYPE_CHECKING:
    from mockserver.scenarios.text_test import TextTest
    from mockserver.scenarios.when import When

TextsOf: TypeAlias = Callable[[Conversation], Iterable[str]]

_NUMBER = re.compile(r"\{\{value\.(\d+)\}\}")


class Capture(msgspec.Struct, frozen=True):
    """A text of a condition that has values. `is_whole` says that it is the whole text, and not a part."""

    texts_of: TextsOf
    expected: str
    is_whole: bool

    @property
    def numbers(self) -> list[str]:
        """The numbers of its values."""
        return _NUMBER.findall(self.expected)


def captures_of(when: "When") -> tuple[Capture, ...]:
    """Return the texts of a condition that have values."""
    return tuple(_captures(when))


def _captures(when: "When") -> Iterator[Capture]:
    tests: Sequence[tuple[TextTest | None, TextsOf]] = (
        (when.text, lambda conversation: [conversation.last_user_text]),
        (when.system, lambda conversation: [conversation.system]),
        (
            when.tool_result.text if when.tool_result is not None else None,
            lambda conversation: [result.text for result in conversation.tool_results],
        ),
    )
    for test, texts_of in tests:
        for expected, is_whole in ((test.equals, True), (test.contains, False)) if test is not None else ():
            if expected is not None and _NUMBER.search(expected):
                yield Capture(texts_of, expected, is_whole)


def captured(captures: Sequence[Capture], conversation: Conversation) -> Mapping[str, str]:
    """Return the values of a conversation by their numbers."""
    values: dict[str, str] = {}
    for capture in captures:
        for text in capture.texts_of(conversation):
            values |= values_in(text, capture.expected, is_whole=capture.is_whole)
    return values


def values_in(text: str, expected: str, *, is_whole: bool) -> Mapping[str, str]:
    """Return the values of a text, by number; none if it is not as expected."""
    first, *parts = PLACEHOLDER.split(expected)
    start = 0 if is_whole else text.find(first)
    if start < 0 or not text.startswith(first, start):
        return {}
    values: dict[str, str] = {}
    place = start + len(first)
    for number, (name, part) in enumerate(zip(PLACEHOLDER.findall(expected), parts, strict=True), 1):
        is_last = number == len(parts) and (is_whole or not part)
        end = len(text) - len(part) if is_last else text.find(part, place + 1)
        if end <= place or not text.startswith(part, end):
            return {}
        if match := _NUMBER.fullmatch(name):
            values[match[1]] = text[place:end]
        place = end + len(part)
    return values
