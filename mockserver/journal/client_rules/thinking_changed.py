"""The client did not send thinking back as it came.

Only Claude models want it back, and only signatures that the mock made can be checked.

Wrong:

    thought = {"type": "thinking", "thinking": "Hm.", "signature": ""}
    said = {"role": "assistant", "content": [thought, {"type": "text", "text": "Hi."}]}
    ask(model="claude-sonnet-4.5", messages=[HELLO, said, HELLO])

Right:

    thought = {"type": "thinking", "thinking": "Hm.", "signature": "EqQBCgIY"}
    said = {"role": "assistant", "content": [thought, {"type": "text", "text": "Hi."}]}
    ask(model="claude-sonnet-4.5", messages=[HELLO, said, HELLO])
"""

from collections.abc import Iterator

from mockserver.core.conversation import Thinking
from mockserver.core.signatures import THINKING_CHANGED
from mockserver.journal.client_rules.rule import ClientRule, Evidence, RuleContext
from mockserver.journal.facts import once_per_exchange
from mockserver.journal.record import Record


def find(context: RuleContext) -> Iterator[Evidence]:
    """Yield each request that the mock refused for its thinking; what a scenario refuses proves nothing."""
    for record in context.records:
        if record.code == THINKING_CHANGED and not record.turn:
            yield Evidence((record,), record.answer.error.partition(". ")[0])


@once_per_exchange
def _has_thinking(record: Record) -> bool:
    """Return whether a request sends thinking back, or lost it."""
    conversation = record.conversation_sent
    messages = conversation.messages if conversation is not None else ()
    is_sent = any(isinstance(block, Thinking) for message in messages for block in message.blocks)
    return is_sent or record.code == THINKING_CHANGED


def unchecked(context: RuleContext) -> str:
    """Return why there was nothing to check, or ""."""
    return "" if any(map(_has_thinking, context.records)) else "no request sent thinking back"


RULE = ClientRule(
    "thinking-changed",
    "send thinking back unchanged, with its signature, before the tool call that it led to",
    "the gateway rejects a conversation with changed or lost thinking with 400",
    find,
    unchecked,
)
