"""Telling: what happened, in lines that a person reads when a test has failed.

Bodies and texts are shown short, quoted and on one line. Times are the session's, from its first request.
"""

from collections.abc import Sequence

from mockserver.core.conversation import Conversation, ToolUse
from mockserver.journal.record import JournalQuery, Record
from mockserver.scenarios.difference import quote

MOST_LINES = 50
"""How many exchanges a timeline shows, the latest."""


def said(record: Record) -> str:
    """What the client asked for, in a few words."""
    conversation = record.conversation_sent
    if conversation is None:
        return f"body {quote(record.body.decode('utf-8', 'replace'))}" if record.body else ""
    size = len(conversation.messages)
    place = f" (message {size})" if size > 1 else ""
    if conversation.last == "tool_result":
        results = conversation.tool_results
        told = ", ".join([f"{result.tool_use_id}: {quote(result.text)}" for result in results])
        return f"tool_result {told}{place}"
    if conversation.last == "user":
        return f"user {quote(conversation.last_user_text)}{place}"
    return f"assistant message last{place}"


def gave(record: Record) -> str:
    """What was answered, in a few words."""
    answer, parts = record.answer, list[str]()
    if answer.error:
        parts.append(quote(answer.error))
    elif answer.text:
        parts.append(quote(answer.text))
    parts += [f"tool_use {call.name} {quote(call.arguments)}" for call in answer.calls]
    return ", ".join(parts)


def summary(record: Record) -> str:
    """A request on one line."""
    retry = f", retry {record.retry}" if record.retry else ""
    words = said(record)
    return f"{record.number}. {record.method} {record.path}{': ' + words if words else ''}{retry}"


def lines_of(record: Record, start: float) -> list[str]:
    """An exchange: what was asked, and what was answered how."""
    outcome = record.exchange.outcome
    source = f"{record.scenario}, turn {record.turn}" if record.turn else record.code or "by default"
    how = [f"{record.status} ({source})", gave(record)]
    if "retry-after" in record.response_headers:
        how.append(f"retry-after {record.response_headers['retry-after']}")
    if record.faults:
        how.append(f"faults {', '.join(record.faults)}")
    how += [f"chaos {draw}" for draw in record.draws]
    if record.ended != "complete" or outcome.frames < outcome.of:
        how.append(f"{record.ended.replace('_', ' ')} after {outcome.frames} of {outcome.of} frames")
    if record.credits_after is not None:
        how.append(f"credits {record.credits_before} -> {record.credits_after}")
    client = f"   [{record.sdk}]" if record.sdk else ""
    return [
        f"  +{record.at - start:.3f}s  {summary(record)}{client}",
        f"      -> {', '.join([part for part in how if part])}",
    ]


def timeline(records: Sequence[Record]) -> str:
    """What happened, oldest first."""
    if not records:
        return "  no request came"
    start = min(record.at for record in records)
    left_out = len(records) - MOST_LINES
    lines = [f"  ({left_out} earlier ones)"] if left_out > 0 else []
    for record in records[-MOST_LINES:]:
        lines += lines_of(record, start)
    return "\n".join(lines)


def apart(records: Sequence[Record], asked: JournalQuery) -> str:
    """Why each request is not what was asked for, the nearest first: the diff in words."""
    found = []
    for record in records:
        reasons = [str(difference) for difference in record.differences(asked)]
        words = " and ".join(reasons) if reasons else "it is so"
        found.append((len(reasons), record.number, f"  {summary(record)}\n      {words}"))
    return "\n".join([line for _, _, line in sorted(found)[:MOST_LINES]])


def called_tools(conversation: Conversation) -> list[str]:
    """The names of the tools that the assistant has called so far."""
    blocks = [block for message in conversation.messages for block in message.blocks]
    return [block.name for block in blocks if isinstance(block, ToolUse)]
