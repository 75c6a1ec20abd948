"""The index of a script: which turns can match a call at all, without asking each.

Most rules of a long script differ in keys that are compared for equality: the text of the last user message, the model,
the kind of the last message. Turns that use the same set of such keys form a group; the group is a table from their
values to the turns. A call looks up one entry in each group, so a thousand rules cost little more than ten. What the
index gives is a superset of what matches, in the order of the file; the matchers decide.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from heapq import merge
from typing import Generic, TypeVar

from mockserver.matching import Call
from mockserver.scenario import When

T = TypeVar("T")

SMALL = 16
"""Up to so many turns are quicker asked one by one."""

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


class Index(Generic[T]):
    """Items with what they demand exactly, in order."""

    def __init__(self, entries: Sequence[tuple[Mapping[str, object], T]]) -> None:
        self._items = [item for _, item in entries]
        self._groups: dict[tuple[str, ...], dict[tuple[object, ...], list[int]]] = {}
        for number, (exact, _) in enumerate(entries):
            keys = tuple(sorted(exact))
            values = tuple([exact[key] for key in keys])
            self._groups.setdefault(keys, {}).setdefault(values, []).append(number)

    def candidates(self, call: Call, start: int = 0) -> Iterator[T]:
        """The items from number `start` on that can match the call, in order."""
        if len(self._items) <= SMALL:
            yield from self._items[start:]
            return
        found = []
        for keys, table in self._groups.items():
            numbers = table.get(tuple([_VALUES[key](call) for key in keys]))
            if numbers is not None and numbers[-1] >= start:
                found.append(numbers[bisect_left(numbers, start) :] if start else numbers)
        for number in found[0] if len(found) == 1 else merge(*found):
            yield self._items[number]
