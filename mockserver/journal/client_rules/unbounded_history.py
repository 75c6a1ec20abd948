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
from itertools import pairwise

from mockserver.journal.client_rules.rule import ClientRule, Evidence, RuleContext

MOST_MESSAGES = 200
"""Messages in one request from which a history that only grows counts as unbounded."""


def find(context: RuleContext) -> Iterator[Evidence]:
    """Yield the last request of a client whose history only grew, and grew too long."""
    conversations = [(record.conversation, record) for record in context.records]
    sizes = [(len(conversation.messages), record) for conversation, record in conversations if conversation is not None]
    only_grows = all(after >= before for (before, _), (after, _) in pairwise(sizes))
    if len(sizes) > 1 and only_grows and sizes[-1][0] >= MOST_MESSAGES:
        size, record = sizes[-1]
        yield Evidence((record,), f"{size} messages, and the history was never shortened")


RULE = ClientRule(
    "unbounded-history",
    "shorten the history before it gets too long",
    "every request pays for every message again, until the model's context is full",
    find,
)
