"""The client had more requests open at a time than `verdict(concurrency=…)` allows.

Wrong:

    limit(concurrency=1)
    ask(at=0.0, until=2.0)
    ask(at=1.0, until=3.0, text="Something else")

Right:

    limit(concurrency=1)
    ask(at=0.0, until=2.0)
    ask(at=2.0, until=3.0, text="Something else")
"""

from collections.abc import Iterator
from heapq import heappop, heappush

from mockserver.journal.client_rules.rule import ClientRule, Evidence, RuleContext


def find(context: RuleContext) -> Iterator[Evidence]:
    """Yield the largest set of requests that were open at the same time, if it is larger than allowed."""
    limit = context.limits.concurrency
    if limit is None:
        return
    ends: list[float] = []
    most, latest = 0, 0
    for place, record in enumerate(context.records):
        while ends and ends[0] <= record.received_at:
            heappop(ends)
        if len(ends) + 1 > most:
            most, latest = len(ends) + 1, place
        heappush(ends, record.ended_at)
    if most > limit:
        record = context.records[latest]
        others = [other for other in context.records[:latest] if other.ended_at > record.received_at]
        yield Evidence((*others, record), f"{most} requests at a time; {limit} are allowed")


def unchecked(context: RuleContext) -> str:
    """Return why there was nothing to check, or ""."""
    return "" if context.limits.concurrency is not None else "no limit was set (concurrency)"


RULE = ClientRule(
    "too-concurrent",
    "keep to the allowed number of concurrent requests",
    "requests beyond it are refused, or take the place of others",
    find,
    unchecked,
)
