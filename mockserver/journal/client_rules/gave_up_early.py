"""The client did not retry a temporary failure (429, 503 or 529) at all.

It may give up when the answer asks for a wait of more than a minute, or says `x-should-retry: false`.

Wrong:

    gateway.error(503).reply("hi")
    ask()

Right:

    gateway.error(503).reply("hi")
    ask()
    gateway.clock.advance(1)
    ask()
"""

from collections.abc import Iterator

from mockserver.journal.client_rules.rule import ClientRule, Evidence, RuleContext
from mockserver.journal.retries import call_fingerprint, requested_wait

TEMPORARY = frozenset({429, 503, 529})
"""Statuses that ask the client to come back later."""

LONGEST_WAIT = 60.0
"""Seconds of `retry-after` that a client can be expected to wait."""


def find(context: RuleContext) -> Iterator[Evidence]:
    """Yield each temporary failure that was the only try of its call."""
    latest: dict[bytes, int] = {}
    for record in context.records:
        fingerprint = call_fingerprint(record)
        latest[fingerprint] = max(record.number, latest.get(fingerprint, 0))
    for call in context.calls:
        last = call[-1]
        was_sent_again = latest[call_fingerprint(last)] > last.number
        if len(call) > 1 or was_sent_again or last.status not in TEMPORARY:
            continue
        wait = requested_wait(last)
        if (wait or 0) > LONGEST_WAIT:
            continue
        if last.response_headers.get("x-should-retry") != "false":
            text = f"a {last.status} was not retried at all" + (
                f", though it asked to wait only {wait:g} s" if wait else ""
            )
            yield Evidence((last,), text)


def unchecked(context: RuleContext) -> str:
    """Return why there was nothing to check, or ""."""
    return "" if any(record.status in TEMPORARY for record in context.records) else "no answer was a 429, 503 or 529"


RULE = ClientRule(
    "gave-up-early",
    "retry a 429, 503 or 529 after the wait",
    "the server says that the failure is temporary; the official SDKs try three times",
    find,
    unchecked,
)
