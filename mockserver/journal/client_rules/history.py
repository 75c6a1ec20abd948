"""Shared by rules: what later requests tell of an answer, by the conversation that they send along."""

from collections.abc import Iterator

from mockserver.core.conversation import Message, Text, ToolUse
from mockserver.journal.client_rules.rule import RuleContext
from mockserver.journal.record import Record


def continuations(context: RuleContext, record: Record) -> Iterator[tuple[Record, Message]]:
    """Yield the later requests that continue a request's conversation, with the assistant's message that follows it."""
    conversation = record.conversation
    if conversation is None:
        return
    size = len(conversation.messages)
    for later in context.records:
        other = later.conversation_sent
        if later.received_at < record.ended_at or other is None or len(other.messages) <= size:
            continue
        if other.messages[:size] == conversation.messages and other.messages[size].role == "assistant":
            yield later, other.messages[size]


def used_as_answer(context: RuleContext, record: Record) -> Record | None:
    """Return the first later request that has what was delivered of an answer in its history, or None."""
    answer = record.answer
    ids = {call.id for call in answer.calls}
    for later, message in continuations(context, record):
        text = "".join([block.text for block in message.blocks if isinstance(block, Text)])
        if (answer.text and text.strip() == answer.text.strip()) or any(
            isinstance(block, ToolUse) and block.id in ids for block in message.blocks
        ):
            return later
    return None
