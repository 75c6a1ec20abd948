"""Facts: what a rule has worked out of an exchange, such as its fingerprint, kept for as long as the exchange.

An exchange does not change, so what takes long to read of it is read once for all verdicts. A fact is
small: a digest, a size, a short text. The parsed bodies that it was read from are not kept.
"""

from collections.abc import Callable
from functools import wraps
from typing import TypeAlias, TypeVar, cast

from mockserver.journal.record import Record

T = TypeVar("T")

Facts: TypeAlias = dict[object, object]
"""The facts of one exchange, by the function that reads them."""


def once_per_exchange(read: Callable[[Record], T]) -> Callable[[Record], T]:
    """Return a function that reads something of an exchange once. What it returns must not depend on `number`."""

    @wraps(read)
    def known(record: Record) -> T:
        facts = record.facts
        if read not in facts:
            facts[read] = read(record.copy())  # what the copy parses goes with it
        return cast(T, facts[read])

    return known


class FactStore:
    """The facts of a journal's exchanges, by their numbers. Several threads may use it: at worst one reads anew."""

    def __init__(self) -> None:
        self._facts: dict[int, Facts] = {}
        self._forgotten = 0

    def __len__(self) -> int:
        return len(self._facts)

    def of(self, number: int) -> Facts:
        """Return the facts of an exchange, which a record adds to; those of a dropped exchange are not kept."""
        return {} if number <= self._forgotten else self._facts.setdefault(number, {})

    def forget(self, forgotten: int) -> None:
        """Drop the facts of exchanges up to this number: the journal has dropped them."""
        first, self._forgotten = self._forgotten + 1, max(self._forgotten, forgotten)
        for number in range(first, forgotten + 1):
            self._facts.pop(number, None)
