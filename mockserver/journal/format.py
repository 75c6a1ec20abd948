"""What happened, as lines that a person reads when a test has failed.

Bodies and texts are shortened, quoted and on one line. Times are on the session's clock, from its first request.
"""

from collections.abc import Sequence

from mockserver.journal.record import JournalQuery, Record
from mockserver.journal.trouble import describe_trouble
from mockserver.scenarios.difference import quote

MOST_LINES = 50
"""How many exchanges a timeline shows: the latest."""


def describe_request(record: Record) -> str:
    """Return the last message of a request, or its body, in a few words."""
    conversation = record.conversation_sent
    if conversation is None or not conversation.messages:
        return f"body {quote(record.body.decode('utf-8', 'replace'))}" if record.body else ""
    size = len(conversation.messages)
    place = f" (message {size})" if size > 1 else ""
    if conversation.last == "tool_result":
        results = [f"{result.tool_use_id}: {quote(result.text)}" for result in conversation.tool_results]
        return f"tool_result {', '.join(results)}{place}"
    if conversation.last == "user":
        return f"user {quote(conversation.last_user_text)}{place}"
    return f"assistant message last{place}"


def describe_answer(record: Record) -> str:
    """Return the thinking, error, text and tool calls of an answer, in a few words."""
    answer, parts = record.answer, list[str]()
    if answer.thinking:
        parts.append(f"thinking {quote(answer.thinking)}")
    if answer.error:
        parts.append(quote(answer.error))
    elif answer.text:
        parts.append(quote(answer.text))
    parts += [f"tool_use {call.name} {quote(call.arguments)}" for call in answer.calls]
    return ", ".join(parts)


def request_line(record: Record) -> str:
    """Return a request on one line."""
    retry = f", retry {record.retry}" if record.retry else ""
    content = describe_request(record)
    return f"{record.number}. {record.method} {record.path}{': ' + content if content else ''}{retry}"


def exchange_lines(record: Record, start: float) -> list[str]:
    """Return two lines: the request, and its answer with its source and everything unusual about it."""
    source = f"{record.scenario}, turn {record.turn}" if record.turn else record.code or "default answer"
    parts = [f"{record.status} ({source})", describe_answer(record)]
    if "retry-after" in record.response_headers:
        parts.append(f"retry-after {record.response_headers['retry-after']}")
    if record.faults:
        parts.append(f"faults {', '.join(record.faults)}")
    parts += [f"chaos {draw}" for draw in record.draws]
    parts += [f"note: {warning}" for warning in record.warnings]
    parts.append(describe_trouble(record))
    if record.credits_after is not None:
        parts.append(f"credits {record.credits_before} -> {record.credits_after}")
    client = f"   [{record.sdk}]" if record.sdk else ""
    return [
        f"  +{record.at - start:.3f}s  {request_line(record)}{client}",
        f"      -> {', '.join([part for part in parts if part])}",
    ]


def timeline(records: Sequence[Record]) -> str:
    """Return the exchanges as lines, oldest first."""
    if not records:
        return "  no requests"
    start = min(record.at for record in records)
    hidden = len(records) - MOST_LINES
    lines = [f"  ({hidden} earlier requests not shown)"] if hidden > 0 else []
    for record in records[-MOST_LINES:]:
        lines += exchange_lines(record, start)
    return "\n".join(lines)


def list_differences(records: Sequence[Record], query: JournalQuery) -> str:
    """Return each request with its differences from the query, the nearest first."""
    reasons = [(record, [str(difference) for difference in record.differences(query)]) for record in records]
    nearest = sorted(reasons, key=lambda entry: (len(entry[1]), entry[0].number))[:MOST_LINES]
    return "\n".join(
        [f"  {request_line(record)}\n      {' and '.join(texts) or 'it matches'}" for record, texts in nearest]
    )
