"""The client went on asking after the account had run out of credits: three answers 402 in a row.

A successful model request ends the row. Other requests do not: a client may look at its balance in between.

Wrong:

    gateway.error(402, times="always")
    for text in ("a", "b", "c"):
        ask(text=text)

Right:

    gateway.error(402, times=2).reply("hi").error(402)
    for text in ("a", "b", "c", "d"):
        ask(text=text)
"""

from collections.abc import Iterator

from mockserver.journal.client_rules.rule import ClientRule, Evidence, RuleContext
from mockserver.journal.record import Record

MOST_REFUSED = 3
"""Answers 402 in a row after which a client must have noticed; two can be concurrent requests."""


def find(context: RuleContext) -> Iterator[Evidence]:
    """Yield each row of answers 402 once, when it is long enough."""
    refused: list[Record] = []
    for record in context.records:
        if record.status == 402:
            refused.append(record)
            if len(refused) == MOST_REFUSED:
                yield Evidence(tuple(refused), f"{MOST_REFUSED} requests in a row were answered 402")
        elif record.operation.is_conversation and record.status < 400:
            refused.clear()


def unchecked(context: RuleContext) -> str:
    """Return why there was nothing to check, or ""."""
    return "" if any(record.status == 402 for record in context.records) else "no answer was a 402"


RULE = ClientRule(
    "credits-ignored",
    "stop at 402 until credits were bought",
    "later requests are refused too (D1)",
    find,
    unchecked,
)
