"""What a matcher is: a function from a call to a `Difference`, or to None if the call matches.

Matching and explaining are the same code: the 404 body, the journal, failing tests and `explain` print the
differences that the engine decides by.

Each key of `when` has a file in `matchers/`. It compiles the value of its key once, when the file loads, into a
closure; only the closure runs for each request. The table of all keys is `When` in `when.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from mockserver.core.conversation import Conversation
from mockserver.scenarios.call import Call
from mockserver.scenarios.difference import Difference

if TYPE_CHECKING:
    from pydantic import JsonValue

Matcher: TypeAlias = Callable[[Call], Difference | None]


class Example(msgspec.Struct, frozen=True):
    """A condition in YAML, and how the sample request differs from it; None if the request matches.

    The sample request says "Hello" to /v1/messages with the model `test-model`, the key `sk_test_0123456789`, the beta
    `files-api-2025-04-14` and the header `x-team: Red Team`. `body` adds or replaces fields of its body, in the
    Anthropic dialect.

    Tests run every example, and draw values for the property tests from them. The first one is shown in
    docs/scenarios.md.
    """

    when: str
    difference: str | None = None
    body: "Mapping[str, JsonValue]" = {}


class WhenKey(msgspec.Struct, frozen=True):
    """The behaviour of one key of `when`: the metadata of its field in `When`.

    `compile` turns the value of the key into a matcher; it raises `ValueError`, with the remedy, for a value that can
    never work. It takes Any because each key has its own type, which pydantic has checked before. A value that is a
    condition (`not`), or a list of them (`all`, `any`), arrives as `Branch`es.
    """

    compile: Callable[[Any], Matcher]
    examples: tuple[Example, ...]


class Branch(msgspec.Struct, frozen=True):
    """A condition inside another one, compiled: its keys as the author wrote them, and its matchers."""

    keys: tuple[str, ...]
    matchers: tuple[Matcher, ...]


def match_conversation(compare: Callable[[Conversation], Difference | None]) -> Matcher:
    """Return a matcher that compares the conversation; a call without one does not match."""

    def match(call: Call) -> Difference | None:
        if call.conversation is None:
            return Difference("operation", call.operation.name, "one that takes messages")
        return compare(call.conversation)

    return match


def differences(matchers: Sequence[Matcher], call: Call) -> list[Difference]:
    """Return every difference between the matchers and a call; an empty list means that the call matches."""
    return [difference for matcher in matchers if (difference := matcher(call)) is not None]


def matches(matchers: Sequence[Matcher], call: Call) -> bool:
    """Return whether a call matches. Stops at the first difference."""
    for matcher in matchers:  # noqa: SIM110 - half the time of all() with a generator
        if matcher(call) is not None:
            return False
    return True
