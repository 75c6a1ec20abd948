"""The client stayed on an answer that was silent for longer than a read timeout allows: 600 s unless you set a limit.

Only an answer on a real clock can be silent: waits on the virtual clock take no time.

Wrong:

    ask(at=0.0, until=700.0)

Right:

    ask(at=0.0, until=500.0)
"""

from collections.abc import Iterator
from itertools import pairwise

from mockserver.journal.client_rules.rule import ClientRule, Evidence, RuleContext
from mockserver.journal.record import Record

READ_TIMEOUT = 600.0
"""Seconds: the read timeout of the official SDKs."""


def find(context: RuleContext) -> Iterator[Evidence]:
    """Yield each silent answer that the client did not leave."""
    for record in context.records:
        silence, allowed = _silence(record), context.limits.read_timeout or READ_TIMEOUT
        if not record.exchange.captured.virtual and record.ended != "client_left" and silence > allowed:
            yield Evidence((record,), f"the answer was silent for {silence:.1f} s, and the client stayed")


def _silence(record: Record) -> float:
    """Return the longest time in which nothing was delivered, in seconds of the host."""
    outcome = record.exchange.outcome
    moments = [0.0, *[seconds for _, _, seconds in outcome.writes], outcome.seconds]
    longest = max([after - before for before, after in pairwise(moments)], default=0.0)
    taken = record.ended_at - record.received_at
    # A session's clock can be faster than the host's: scale its seconds to the time that the answer really took.
    return longest * min(1.0, taken / outcome.seconds) if outcome.seconds else 0.0


def unchecked(context: RuleContext) -> str:
    """Return why there was nothing to check, or ""."""
    has_occasion = not all(record.exchange.captured.virtual for record in context.records)
    return "" if has_occasion else "every answer came on a virtual clock, on which nothing is silent"


RULE = ClientRule(
    "no-read-timeout",
    "give up on an answer that stays silent",
    "a connection can be dead without being closed; the official SDKs give up after 600 s",
    find,
    unchecked,
)
