"""The verdict as its rules define it, without facts or indexes: slow and simple, the oracle of the fast one."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from mockserver.core.conversation import Message, Text, ToolUse
from mockserver.journal.client_rules import (
    RULES,
    ClientLimits,
    Evidence,
    RuleContext,
    gave_up_early,
    invalid_arguments_used,
    unbounded_history,
)
from mockserver.journal.client_rules.history import History
from mockserver.journal.received import ToolCall
from mockserver.journal.record import Record
from mockserver.journal.retries import arrival, call_fingerprint, failed, is_near, requested_wait
from mockserver.journal.verdict import Finding
from mockserver.wires import wire_named
from tests.support.engine import contract


def judge(records: Sequence[Record], limits: ClientLimits) -> list[Finding]:
    """Return the findings of every rule."""
    in_order = sorted([Record(record.exchange, contract()) for record in records], key=arrival)
    context = RuleContext(in_order, group_tries(in_order), limits, History(in_order))
    findings: list[Finding] = []
    for rule in RULES:
        for evidence in FINDS.get(rule.name, rule.find)(context):
            numbers = tuple([record.number for record in evidence.records])
            findings.append(Finding(rule.name, numbers, evidence.text, rule.right, rule.reason))
    return findings


def group_tries(records: Sequence[Record]) -> list[list[Record]]:
    """Return the logical calls."""
    alike: dict[bytes, list[Record]] = {}
    for record in records:
        alike.setdefault(call_fingerprint(record), []).append(record)
    calls = [call for same in alike.values() for call in _calls(same, records)]
    return sorted(calls, key=lambda call: arrival(call[0]))


def _calls(same: Sequence[Record], records: Sequence[Record]) -> list[list[Record]]:
    calls: list[list[Record]] = []
    one_client = all(before.ended_at <= after.received_at for before, after in pairwise(same))
    for place, record in enumerate(same):
        ended = [call for call in reversed(calls) if call[-1].ended_at <= record.received_at]
        if record.retry:
            call = next((call for call in ended if (call[-1].retry or 0) == record.retry - 1), None)
        elif one_client:
            call = next((call for call in ended if _was_abandoned(call[-1], same[place + 1 :])), None)
            if call is not None and not _is_next_try(call[-1], record, records):
                call = None
        else:
            call = None
        if call is None:
            calls.append([record])
        else:
            call.append(record)
    return calls


def _was_abandoned(last: Record, later: Sequence[Record]) -> bool:
    return failed(last) and (last.retry is None or all(record.retry != last.retry + 1 for record in later))


def _is_next_try(before: Record, after: Record, records: Sequence[Record]) -> bool:
    between = [record for record in records if arrival(before) < arrival(record) < arrival(after)]
    answered = [
        record for record in between if record.status < 400 and record.ended == "complete" and record.usage is not None
    ]
    return is_near(before, after) and not answered


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


def error_event_ignored(context: RuleContext) -> Iterator[Evidence]:
    """Yield what the rule finds."""
    for record in context.records:
        if record.status == 200 and record.answer.is_stream and record.answer.error:
            later = used_as_answer(context, record)
            if later is not None:
                error = record.answer.error[:60]
                text = f"the stream ended in the error {error!r}; the history has what came before it as the answer"
                yield Evidence((record, later), text)


def truncated_accepted(context: RuleContext) -> Iterator[Evidence]:
    """Yield what the rule finds."""
    for record in context.records:
        answer = record.answer
        if record.status == 200 and answer.is_stream and not answer.is_whole and not answer.error:
            later = used_as_answer(context, record)
            if later is not None:
                end = (answer.text or "a tool call")[-30:]
                text = f"the stream broke off after {end!r}, and the history has that as the answer"
                yield Evidence((record, later), text)


def invalid_arguments(context: RuleContext) -> Iterator[Evidence]:
    """Yield what the rule finds."""
    for record in context.records:
        for call in record.answer.calls:
            problem = invalid_arguments_used._problem(call, record.conversation)
            if problem is None:
                continue
            for later, _ in continuations(context, record):
                if _has_result(call, record, later):
                    text = f"the arguments of {call.name} {problem}; the client sent a result of the call"
                    yield Evidence((record, later), text)
                    break


def _has_result(call: ToolCall, record: Record, later: Record) -> bool:
    wire = wire_named(record.call.operation.wire)
    if not wire.reports_tool_errors:
        sent = wire.reader.sent_arguments(later.json, call.id)
        rule = invalid_arguments_used
        if call.input is not None or sent is None or sent == call.arguments:
            return False
        return not rule._is_placeholder(sent, rule._digest(call.arguments)) and not rule._says_error(later, call.id)
    conversation = later.conversation
    results = conversation.tool_results if conversation is not None else ()
    return any(result.tool_use_id == call.id and not result.is_error for result in results)


def gave_up(context: RuleContext) -> Iterator[Evidence]:
    """Yield what the rule finds."""
    for call in context.calls:
        last = call[-1]
        wait = requested_wait(last)
        fingerprint = call_fingerprint(last)
        again = any(call_fingerprint(later) == fingerprint for later in context.records if later.number > last.number)
        if len(call) > 1 or again or last.status not in gave_up_early.TEMPORARY:
            continue
        if (wait or 0) <= gave_up_early.LONGEST_WAIT and last.response_headers.get("x-should-retry") != "false":
            asked = f", though it asked to wait only {wait:g} s" if wait else ""
            yield Evidence((last,), f"a {last.status} was not retried at all{asked}")


def unbounded(context: RuleContext) -> Iterator[Evidence]:
    """Yield what the rule finds."""
    sizes = [
        (len(record.conversation.messages), record) for record in context.records if record.conversation is not None
    ]
    only_grows = all(after >= before for (before, _), (after, _) in pairwise(sizes))
    if len(sizes) > 1 and only_grows and sizes[-1][0] >= unbounded_history.MOST_MESSAGES:
        size, record = sizes[-1]
        yield Evidence((record,), f"{size} messages, and the history was never shortened")


def too_concurrent(context: RuleContext) -> Iterator[Evidence]:
    """Yield what the rule finds."""
    limit = context.limits.concurrency
    open_now: list[Record] = []
    most: list[Record] = []
    for record in context.records:
        open_now = [*[other for other in open_now if other.ended_at > record.received_at], record]
        most = max(most, open_now, key=len)
    if limit is not None and len(most) > limit:
        yield Evidence(tuple(most), f"{len(most)} requests at a time; {limit} are allowed")


FINDS = {
    "error-event-ignored": error_event_ignored,
    "truncated-accepted": truncated_accepted,
    "invalid-arguments-used": invalid_arguments,
    "gave-up-early": gave_up,
    "unbounded-history": unbounded,
    "too-concurrent": too_concurrent,
}
