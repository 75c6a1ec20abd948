"""The client retried earlier than the `retry-after` of the failed answer allowed.

A wait counts by the host's clock or the session's, whichever is longer. A `retry-after` that is a date or zero is not
judged.

Wrong:

    gateway.error(429, retry_after=300).reply("hi")
    ask()
    ask()

Right:

    gateway.error(429, retry_after=300).reply("hi")
    ask()
    gateway.clock.advance(300)
    ask()
"""

from collections.abc import Iterator

from mockserver.journal.client_rules.rule import ClientRule, Evidence, RuleContext
from mockserver.journal.retries import failed, requested_wait, wait_between

SLACK, SHARE = 0.05, 0.95
"""A wait may be up to 50 ms plus 5 % shorter than requested: clocks and sockets are not exact."""


def find(context: RuleContext) -> Iterator[Evidence]:
    """Yield each try that came too early, with the try before it."""
    for before, after in context.retries():
        wanted, waited = requested_wait(before), wait_between(before, after)
        if wanted is not None and failed(before) and waited < SHARE * wanted - SLACK:
            text = f"the {before.status} said retry-after {wanted:g} s; the next try came {waited:.2f} s later"
            yield Evidence((before, after), text)


def unchecked(context: RuleContext) -> str:
    """Return why there was nothing to check, or ""."""
    has_occasion = any(requested_wait(record) is not None and failed(record) for record in context.records)
    return "" if has_occasion else "no answer asked the client to wait"


RULE = ClientRule(
    "retry-after-ignored",
    "wait at least as long as `retry-after` says",
    "earlier tries are refused too, and keep the rate-limit window full (RFC 9110, 10.2.3)",
    find,
    unchecked,
)
