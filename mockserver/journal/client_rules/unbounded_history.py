"""The client sent a conversation of 200 messages or more, and never shortened its history.

Wrong:

    long = [{"role": role, "content": "x"} for _ in range(100) for role in ("user", "assistant")]
    ask(messages=[*long[:198], HELLO])
    ask(messages=[*long, HELLO])

Right:

    long = [{"role": role, "content": "x"} for _ in range(100) for role in ("user", "assistant")]
    ask(messages=[*long, HELLO])
    ask(messages=[*long[-20:], HELLO])
"""

from collections.abc import Iterator

from mockserver.journal.client_rules.rule import ClientRule, Evidence, RuleContext
from mockserver.journal.facts import once_per_exchange
from mockserver.journal.record import Record

MOST_MESSAGES = 200
"""Messages in one request from which a history that only grows counts as unbounded."""


def find(context: RuleContext) -> Iterator[Evidence]:
    """Yield the last request of a client whose history only grew, and grew too long."""
    last: tuple[int, Record] | None = None
    after = 0
    count = 0
    for record in reversed(context.records):
        size = _size(record)
        if size is None:
            continue
        if last is None:
            last = size, record
            if size < MOST_MESSAGES:
                return
        elif size > after:
            return
        after = size
        count += 1
    if last is not None and count > 1:
        yield Evidence((last[1],), f"{last[0]} messages, and the history was never shortened")


@once_per_exchange
def _size(record: Record) -> int | None:
    """Return how many messages an accepted request has, or None if it is no conversation."""
    return None if record.conversation is None else len(record.conversation.messages)


RULE = ClientRule(
    "unbounded-history",
    "shorten the history before it gets too long",
    "every request pays for every message again, until the model's context is full",
    find,
)
