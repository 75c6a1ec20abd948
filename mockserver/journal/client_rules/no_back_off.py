"""The client retried without a wait, or without an end.

Two things are found: more than ten tries of one call, and a retry within 0.1 s of a failure that may be retried and did
not say `retry-after`. An answer that the client broke off is not judged: a busy server notices that late.

Wrong:

    gateway.error(503, times="always")
    ask(at=0.0, until=1.0)
    ask(at=1.05, until=2.0)

Right:

    gateway.error(503, times="always")
    ask(at=0.0, until=1.0)
    ask(at=1.5, until=2.5)
    ask(at=3.5, until=4.5)
"""

from collections.abc import Iterator

from mockserver.journal.client_rules.rule import ClientRule, Evidence, RuleContext
from mockserver.journal.retries import PERMANENT, failed, wait_between

SHORTEST_WAIT = 0.1
"""Seconds. The official SDKs wait 0.375 s at least (half a second less a quarter of jitter)."""

MOST_TRIES = 10
"""The official SDKs try three times."""


def find(context: RuleContext) -> Iterator[Evidence]:
    """Yield each call with too many tries, and each retry that came at once."""
    for call in context.calls:
        if len(call) > MOST_TRIES:
            yield Evidence(tuple(call), f"{len(call)} tries of one call")
    for before, after in context.retries():
        names_wait = {"retry-after", "retry-after-ms"} & set(before.response_headers)
        # The journal has the moment at which the server noticed that the client had left, not when it left.
        is_judged = failed(before) and before.status not in PERMANENT and before.ended != "client_left"
        waited = wait_between(before, after)
        if is_judged and not names_wait and waited < SHORTEST_WAIT:
            yield Evidence((before, after), f"the next try came {1000 * max(0.0, waited):.0f} ms after a failure")


def unchecked(context: RuleContext) -> str:
    """Return why there was nothing to check, or ""."""
    has_occasion = any(failed(record) and record.status not in PERMANENT for record in context.records)
    return "" if has_occasion else "no answer failed in a way that may be retried"


RULE = ClientRule(
    "no-back-off",
    "wait between tries, longer each time, and stop after a few",
    "more requests do not help a failing server; the official SDKs wait half a second, then one",
    find,
    unchecked,
)
