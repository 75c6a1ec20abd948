"""The index of a script: it finds the turns that can match a call, without running every matcher.

Most rules of a long script differ in keys that are compared for equality (the text of the last user message, the
model, the kind of the last message), or in a part that the text must contain, by itself or to match an expression.

Turns with the same set of exact keys form a group: a table from the values of those keys to a bucket of turns. A call
looks up one bucket in each group. In a bucket, a turn that requires a part of the text is filed under one *gram* of
that part: four letters, the rarest among the turns of the bucket. A text without the gram cannot contain the part. So
a thousand rules cost little more than ten. The index yields a superset of the turns that match, in the order of the
file; the matchers decide.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from heapq import merge
from typing import TYPE_CHECKING, Generic, TypeVar

from mockserver.core.lazy import lazy_property
from mockserver.core.regex_literals import required_literal
from mockserver.scenarios.call import Call
from mockserver.scenarios.templates import PLACEHOLDER

if TYPE_CHECKING:
    from mockserver.scenarios.when import When

T = TypeVar("T")

SMALL = 16
"""With at most this many turns, running every matcher is faster than the index."""

GRAM = 4
LONGEST_TEXT = 2_000
"""The longest text, in characters, whose grams are worth looking up."""

_VALUES: Mapping[str, Callable[[Call], object]] = {
    "wire": lambda call: call.operation.wire,
    "state": lambda call: call.state,
    "operation": lambda call: call.operation.name,
    "stream": lambda call: call.conversation.stream if call.conversation is not None else None,
    "last": lambda call: call.conversation.last if call.conversation is not None else None,
    "assistant_turns": lambda call: call.conversation.assistant_turns if call.conversation is not None else None,
    "model": lambda call: call.conversation.model.casefold() if call.conversation is not None else None,
    "text": lambda call: call.conversation.last_user_text if call.conversation is not None else None,
}
"""The keys that the index looks up -> their value in a call. A key without an entry still works, only slower."""


def exact_keys(when: "When") -> dict[str, object]:
    """Return the values that a condition requires exactly, of the keys that the index knows."""
    exact: dict[str, object] = {
        key: getattr(when, key) for key in ("wire", "state", "stream", "last") if getattr(when, key) is not None
    }
    if when.operation is not None and len(when.operation) == 1:
        exact["operation"] = when.operation[0]
    if when.model is not None and len(when.model) == 1 and not set("*?") & set(when.model[0]):
        exact["model"] = when.model[0].casefold()
    if when.text is not None and when.text.equals is not None and not when.text.ignore_case:
        exact |= {} if PLACEHOLDER.search(when.text.equals) else {"text": when.text.equals}
    if when.assistant_turns is not None and when.assistant_turns.equals is not None:
        exact["assistant_turns"] = when.assistant_turns.equals
    return exact


def required_part(when: "When") -> str:
    """Return the part that the text of the last user message must contain, or an empty string."""
    if when.text is None:
        return ""
    if when.text.contains is not None:
        return max(PLACEHOLDER.split(when.text.contains), key=len)
    return required_literal(when.text.regex or "")


def _grams(text: str) -> set[str]:
    folded = text.casefold()
    return {folded[start : start + GRAM] for start in range(len(folded) - GRAM + 1)}


def _any_of(grams: Iterable[str]) -> str:
    """Return the expression of a tree of grams: it tries few letters at each place, however many grams there are."""
    rests: dict[str, list[str]] = {}
    for gram in sorted(grams):
        rests.setdefault(gram[0], []).append(gram[1:])
    branches = [re.escape(letter) + (_any_of(rest) if rest[0] else "") for letter, rest in rests.items()]
    return f"(?:{'|'.join(branches)})"


class _Bucket:
    """Turns that require the same exact values: those tried always, and those found by a gram of the text."""

    def __init__(self, entries: Sequence[tuple[int, str]]) -> None:
        self.all = [number for number, _ in entries]
        frequency = Counter([gram for _, part in entries for gram in _grams(part)])
        self._always: list[int] = []
        self._by_gram: dict[str, list[int]] = {}
        for number, part in entries:
            grams = _grams(part)
            if grams:
                self._by_gram.setdefault(min(grams, key=lambda gram: (frequency[gram], gram)), []).append(number)
            else:
                self._always.append(number)

    @lazy_property
    def _find(self) -> Callable[[str, int], re.Match[str] | None]:
        """What finds the next of the grams in a text, from a place on."""
        return re.compile(_any_of(self._by_gram)).search

    def numbers(self, call: Call) -> Sequence[int]:
        """Return the numbers of the turns that can match, in order."""
        text = "" if call.conversation is None else call.conversation.last_user_text
        if not self._by_gram or len(text) > LONGEST_TEXT:
            return self.all
        text, find = text.casefold(), self._find
        grams: set[str] = set()
        match = find(text, 0)
        while match is not None:
            grams.add(match[0])
            match = find(text, match.start() + 1)
        return sorted([*self._always, *[number for gram in grams for number in self._by_gram[gram]]])


class TurnIndex(Generic[T]):
    """Items in order, each with its exact values and the part of the text that it requires."""

    def __init__(self, entries: Sequence[tuple[Mapping[str, object], str, T]]) -> None:
        self._items = [item for _, _, item in entries]
        groups: dict[tuple[str, ...], dict[tuple[object, ...], list[tuple[int, str]]]] = {}
        for number, (exact, part, _) in enumerate(entries):
            keys = tuple(sorted(exact))
            values = tuple([exact[key] for key in keys])
            groups.setdefault(keys, {}).setdefault(values, []).append((number, part))
        self._groups = {
            keys: {values: _Bucket(entries) for values, entries in table.items()} for keys, table in groups.items()
        }

    def candidates(self, call: Call, start: int = 0) -> Iterator[T]:
        """Yield the items from number `start` on that can match the call, in order."""
        if len(self._items) - start <= SMALL:
            yield from self._items[start:]
            return
        candidates = []
        for keys, table in self._groups.items():
            bucket = table.get(tuple([_VALUES[key](call) for key in keys]))
            if bucket is not None and bucket.all[-1] >= start:
                numbers = bucket.numbers(call)
                candidates.append(numbers[bisect_left(numbers, start) :] if start else numbers)
        for number in candidates[0] if len(candidates) == 1 else merge(*candidates):
            yield self._items[number]
