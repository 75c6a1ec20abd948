"""The index of a script: which turns can match a call at all, without asking each.

Most rules of a long script differ in keys that are compared for equality (the text of the last user message, the model,
the kind of the last message), or in a part that the text must contain.

Turns that use the same set of exact keys form a group; the group is a table from their values to a bucket of turns. A
call looks up one bucket in each group. In a bucket, a turn that wants a part of the text is found by one *gram* of that
part, four letters, the one that is rarest among its neighbours: a text that does not have the gram cannot have the
part. So a thousand rules cost little more than ten. What the index gives is a superset of what matches, in the order
of the file; the matchers decide.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from heapq import merge
from typing import Generic, TypeVar

from mockserver.scenarios.call import Call
from mockserver.scenarios.when import When

T = TypeVar("T")

SMALL = 16
"""Up to so many turns are quicker asked one by one."""

GRAM = 4
LONGEST_TEXT = 2_000
"""The grams of a longer text cost more than they save."""

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
"""The keys that can be looked up -> their value in a call."""


def exact_keys(when: When) -> dict[str, object]:
    """What a `when` demands exactly, as far as the index knows it."""
    found: dict[str, object] = {
        key: getattr(when, key) for key in ("wire", "state", "stream", "last") if getattr(when, key) is not None
    }
    if when.operation is not None and len(when.operation) == 1:
        found["operation"] = when.operation[0]
    if when.model is not None and len(when.model) == 1 and not set("*?") & set(when.model[0]):
        found["model"] = when.model[0].casefold()
    if when.text is not None and when.text.equals is not None and not when.text.ignore_case:
        found["text"] = when.text.equals
    if when.assistant_turns is not None and when.assistant_turns.equals is not None:
        found["assistant_turns"] = when.assistant_turns.equals
    return found


def wanted_part(when: When) -> str:
    """The part that the text of the last user message must contain, or nothing."""
    return "" if when.text is None else when.text.contains or ""


def _grams(text: str) -> set[str]:
    folded = text.casefold()
    return {folded[start : start + GRAM] for start in range(len(folded) - GRAM + 1)}


class _Bucket:
    """Turns that demand the same values: those to be asked always, and those found by a gram of the text."""

    def __init__(self, entries: Sequence[tuple[int, str]]) -> None:
        self.all = [number for number, _ in entries]
        common = Counter([gram for _, part in entries for gram in _grams(part)])
        self._always: list[int] = []
        self._by_gram: dict[str, list[int]] = {}
        for number, part in entries:
            grams = _grams(part)
            if grams:
                self._by_gram.setdefault(min(grams, key=lambda gram: (common[gram], gram)), []).append(number)
            else:
                self._always.append(number)

    def numbers(self, call: Call) -> Sequence[int]:
        """The turns that can match, in order."""
        text = "" if call.conversation is None else call.conversation.last_user_text
        if not self._by_gram or len(text) > LONGEST_TEXT:
            return self.all
        found = [self._by_gram[gram] for gram in _grams(text) & self._by_gram.keys()]
        return sorted([*self._always, *[number for numbers in found for number in numbers]])


class TurnIndex(Generic[T]):
    """Items in order, each with what it demands exactly and the part of the text that it wants."""

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
        """The items from number `start` on that can match the call, in order."""
        if len(self._items) - start <= SMALL:
            yield from self._items[start:]
            return
        found = []
        for keys, table in self._groups.items():
            bucket = table.get(tuple([_VALUES[key](call) for key in keys]))
            if bucket is not None and bucket.all[-1] >= start:
                numbers = bucket.numbers(call)
                found.append(numbers[bisect_left(numbers, start) :] if start else numbers)
        for number in found[0] if len(found) == 1 else merge(*found):
            yield self._items[number]
