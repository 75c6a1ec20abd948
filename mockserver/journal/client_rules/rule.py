"""What a rule is, what it looks at, and what it yields."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from mockserver.journal.client_rules.history import History
from mockserver.journal.record import Record


class ClientLimits(NamedTuple):
    """What the operator allows a client: concurrent requests, and seconds of silence in an answer."""

    concurrency: int | None = None
    read_timeout: float | None = None


class RuleContext(NamedTuple):
    """What rules look at: the requests in the order in which they came, grouped into calls, and the limits.

    A call is the tries of one logical request, in order (see `retries`). `history` finds the later requests that have
    an answer in their conversation.
    """

    records: Sequence[Record]
    calls: Sequence[Sequence[Record]]
    limits: ClientLimits
    history: History

    def retries(self) -> Iterator[tuple[Record, Record]]:
        """Yield every try that was followed by another try of the same call, with that next try."""
        for call in self.calls:
            yield from pairwise(call)


class Evidence(NamedTuple):
    """The requests that show a mistake, and what they show."""

    records: tuple[Record, ...]
    text: str


def always_checked(context: RuleContext) -> str:
    """Return "": any request gives the rule something to check."""
    return ""


class ClientRule(NamedTuple):
    """A rule: its name, what a client should do, why, and the function that finds clients that do not.

    `unchecked` returns why the requests gave the rule nothing to check, or "" if they did.
    """

    name: str
    right: str
    reason: str
    find: Callable[[RuleContext], Iterator[Evidence]]
    unchecked: Callable[[RuleContext], str] = always_checked
