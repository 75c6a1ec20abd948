"""Blame: what finds each thing that a client can do wrong, and the evidence of it; `verdict` has the table.

A finder gives the requests concerned and what shows it. Where what came can be explained by a correct client, it gives
nothing.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import jsonschema_rs

from mockserver.core.conversation import Conversation, Message, Text, ToolUse
from mockserver.journal.received import ToolCall
from mockserver.journal.record import Record
from mockserver.journal.retries import arrived, failed, left, likeness, waited
from mockserver.wires.pairing import find_unpaired

NEVER_AGAIN = frozenset({400, 401, 402, 403, 404, 405, 413, 422})
"""The same request gets the same answer again. 408, 409 and 5xx are retried by the official SDKs, and may be."""

PASSING = frozenset({429, 503, 529})
"""Statuses that say: later."""

SLACK, SHARE = 0.05, 0.95
"""A wait may be shorter than it was told by 5 % and 50 ms: clocks and sockets are not exact."""

LEAST_BACK_OFF = 0.1
"""Seconds. The official SDKs wait 0.375 s at least (half a second less a quarter of jitter)."""

MOST_TRIES = 10
"""The official SDKs try three times."""

PATIENT = 60.0
"""Seconds of retry-after that a client can be asked to wait."""

MOST_MESSAGES = 200
"""A request of so many messages, in a session that never shortened its history, is one that is not bounded."""

READ_TIMEOUT = 600.0
"""Seconds; the official SDKs' own."""

MOST_REFUSED = 3
"""Answers 402 in a row, after which a client cannot say that it had not seen."""


class ClientLimits(NamedTuple):
    """What the operator allows a client: requests at a time, and seconds of silence."""

    concurrency: int | None = None
    read_timeout: float | None = None


class RuleContext(NamedTuple):
    """What rules look at: the requests by time, the logical calls, the limits."""

    records: Sequence[Record]
    calls: Sequence[Sequence[Record]]
    limits: ClientLimits


Found: TypeAlias = Iterator[tuple[tuple[Record, ...], str]]


# --- retries ----------------------------------------------------------------------------------------------------------


def _pairs(run: RuleContext) -> Iterator[tuple[Record, Record]]:
    """Every try that was tried again, with the next one."""
    for call in run.calls:
        yield from pairwise(call)


def told_to_wait(record: Record) -> float | None:
    """The seconds that an answer asks for; None where none can be read. Milliseconds win, as in SDKs."""
    headers = record.response_headers
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        if name in headers:
            try:
                seconds = float(headers[name]) / unit
            except ValueError:
                return None
            return seconds if 0 < seconds < float("inf") else None
    return None


def ignored_retry_after(run: RuleContext) -> Found:
    """A retry that came before retry-after said."""
    for before, after in _pairs(run):
        wanted = told_to_wait(before)
        if wanted is not None and failed(before) and waited(before, after) < SHARE * wanted - SLACK:
            told = f"the {before.status} said retry-after {wanted:g} s"
            yield (before, after), f"{told}; the next try came {waited(before, after):.2f} s later"


def retried_in_vain(run: RuleContext) -> Found:
    """A retry of what is refused for what it is: with the same key, and not after what stood in the way has gone."""
    for before, after in _pairs(run):
        told_to = before.response_headers.get("x-should-retry") == "true"
        mended = before.turn == 0 and after.status != before.status  # credits were bought, a plan was changed
        if before.status in NEVER_AGAIN and not told_to and not mended and _key(before) == _key(after):
            yield (before, after), f"a {before.status} ({before.code or 'error'}) was followed by the same request"


def _key(record: Record) -> tuple[str | None, ...]:
    """What can be seen of the key of a request."""
    return tuple([record.headers.get(name) for name in ("x-api-key", "authorization")])


def gave_up(run: RuleContext) -> Found:
    """A call that was left at its first passing refusal."""
    for call in run.calls:
        last = call[-1]
        wait = told_to_wait(last)
        again = any(likeness(other) == likeness(last) for other in run.records if other.number > last.number)
        if len(call) > 1 or again or last.status not in PASSING or (wait or 0) > PATIENT:
            continue
        if last.response_headers.get("x-should-retry") != "false":
            yield (last,), f"a {last.status} was not retried at all" + (f", though {wait:g} s would do" if wait else "")


def storm(run: RuleContext) -> Found:
    """Retries without a wait, or without an end."""
    for call in run.calls:
        if len(call) > MOST_TRIES:
            yield tuple(call), f"{len(call)} tries of one call"
    for before, after in _pairs(run):
        told = {"retry-after", "retry-after-ms"} & set(before.response_headers)
        # When a client has left is not known, only when that was noticed: a busy server notices late.
        may_pass = failed(before) and before.status not in NEVER_AGAIN and before.ended != "client_left"
        if may_pass and not told and waited(before, after) < LEAST_BACK_OFF:
            yield (before, after), f"the next try came {1000 * max(0.0, waited(before, after)):.0f} ms after a failure"


def went_on_without_credits(run: RuleContext) -> Found:
    """Requests that went on after 402."""
    refused: list[Record] = []
    for record in run.records:
        if record.status == 402:
            refused.append(record)
        elif record.call.operation.is_conversation and record.status < 400:
            refused.clear()
        if record.status == 402 and len(refused) == MOST_REFUSED:
            yield tuple(refused), f"{MOST_REFUSED} requests in a row were answered 402"


# --- answers that are not what they seem ------------------------------------------------------------------------------


def _continuations(run: RuleContext, record: Record) -> Iterator[tuple[Record, Message]]:
    """Later requests that go on from this one's conversation, with the assistant's message that they put after it."""
    conversation = record.conversation
    if conversation is None:
        return
    size = len(conversation.messages)
    for later in run.records:
        other = later.conversation_sent
        if arrived(later) < left(record) or other is None or len(other.messages) <= size:
            continue
        if other.messages[:size] == conversation.messages and other.messages[size].role == "assistant":
            yield later, other.messages[size]


def _took_as_answer(run: RuleContext, record: Record) -> Record | None:
    """The later request whose history has what was delivered of this answer."""
    answer = record.answer
    ids = {call.id for call in answer.calls}
    for later, message in _continuations(run, record):
        text = "".join([block.text for block in message.blocks if isinstance(block, Text)])
        if (answer.text and text.strip() == answer.text.strip()) or any(
            isinstance(block, ToolUse) and block.id in ids for block in message.blocks
        ):
            return later
    return None


def accepted_truncated(run: RuleContext) -> Found:
    """A history that has a broken-off answer."""
    for record in run.records:
        answer = record.answer
        if record.status == 200 and answer.is_stream and not answer.is_whole and not answer.error:
            later = _took_as_answer(run, record)
            if later is not None:
                shown = (answer.text or "a tool call")[-30:]
                yield (
                    (record, later),
                    f"the stream broke off after {shown!r}, and that is the history's answer",
                )


def ignored_error_event(run: RuleContext) -> Found:
    """A history that has an answer which ended in an error event."""
    for record in run.records:
        if record.status == 200 and record.answer.is_stream and record.answer.error:
            later = _took_as_answer(run, record)
            if later is not None:
                told = f"the stream said {record.answer.error[:60]!r}"
                yield (record, later), f"{told}; what came before stands in the history as the answer"


def used_invalid_arguments(run: RuleContext) -> Found:
    """A result of a call whose arguments were wrong."""
    for record in run.records:
        for call in record.answer.calls:
            wrong = _wrong_arguments(call, record.conversation)
            if wrong is None:
                continue
            wire = record.call.operation.wire
            later = next((one for one, _ in _continuations(run, record) if _used(call, one, wire)), None)
            if later is not None:
                yield (record, later), f"the arguments of {call.name} {wrong}; a result of the call was sent"


def _wrong_arguments(call: ToolCall, conversation: Conversation | None) -> str | None:
    """What is wrong with the arguments of a call, or None."""
    if not isinstance(call.input, dict):
        return f"are no JSON object ({call.arguments[-30:]!r})"
    tool = next((tool for tool in conversation.tools if tool.name == call.name), None) if conversation else None
    if tool is None or not tool.schema:
        return None
    try:
        error = next(jsonschema_rs.Draft202012Validator(dict(tool.schema)).iter_errors(call.input), None)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError):
        return None
    return None if error is None else f"do not satisfy the tool's schema ({error.message[:80]})"


def _used(call: ToolCall, later: Record, wire: str) -> bool:
    """Whether the result of a call says that it went well.

    The OpenAI wire cannot say that a call failed. So there it counts only if the history has other arguments than came:
    then the client has made them up.
    """
    if wire == "openai":
        sent = _sent_arguments(later, call.id)
        return call.input is None and sent is not None and sent != call.arguments
    conversation = later.conversation
    results = conversation.tool_results if conversation is not None else ()
    return any(result.tool_use_id == call.id and not result.is_error for result in results)


def _sent_arguments(later: Record, id: str) -> str | None:
    """The arguments of a call as they stand in a later request of the OpenAI wire, letter by letter."""
    for message in later.json.get("messages", []):
        for sent in message.get("tool_calls") or ():
            if sent.get("id") == id:
                return str(sent["function"]["arguments"])
    return None


_UNPAIRED = {
    "call_without_result": "has no tool_result",
    "result_without_call": "is answered, and was never called",
    "second_result": "is answered twice",
    "repeated_call": "is called twice",
}


def mismatched_results(run: RuleContext) -> Found:
    """Calls and results that do not pair."""
    for record in run.records:
        if record.status != 400:
            continue
        conversation = record.conversation_sent
        unpaired = find_unpaired(conversation.messages) if conversation is not None else None
        if unpaired is not None:
            yield (record,), f"{unpaired.id} {_UNPAIRED[unpaired.fault]} (messages.{unpaired.message})"


# --- the client as a whole --------------------------------------------------------------------------------------------


def unbounded_history(run: RuleContext) -> Found:
    """A history that only grows."""
    sizes = [(len(record.conversation.messages), record) for record in run.records if record.conversation is not None]
    growing = all(after >= before for (before, _), (after, _) in pairwise(sizes))
    if len(sizes) > 1 and growing and sizes[-1][0] >= MOST_MESSAGES:
        yield (sizes[-1][1],), f"{sizes[-1][0]} messages, and the history was never shortened"


def leaked_key(run: RuleContext) -> Found:
    """The key in a body."""
    leaked = [record for record in run.records if record.exchange.captured.leaked]
    if leaked:
        yield tuple(leaked), "the API key stands in the body of the request"


def no_read_timeout(run: RuleContext) -> Found:
    """A client that stayed with a silent answer."""
    for record in run.records:
        silence, allowed = _silence(record), run.limits.read_timeout or READ_TIMEOUT
        if not record.exchange.captured.virtual and record.ended != "client_left" and silence > allowed:
            yield (record,), f"the answer was silent for {silence:.1f} s, and the client stayed"


def _silence(record: Record) -> float:
    """The longest time in which nothing was delivered, in seconds of the host."""
    outcome = record.exchange.outcome
    moments = [0.0, *[seconds for _, _, seconds in outcome.writes], outcome.seconds]
    longest = max([after - before for before, after in pairwise(moments)], default=0.0)
    taken = left(record) - arrived(record)
    return longest * min(1.0, taken / outcome.seconds) if outcome.seconds else 0.0


def too_concurrent(run: RuleContext) -> Found:
    """More requests at a time than allowed."""
    limit = run.limits.concurrency
    if limit is None:
        return
    open_ones: list[Record] = []
    worst: list[Record] = []
    for record in run.records:
        open_ones = [*[other for other in open_ones if left(other) > arrived(record)], record]
        worst = max(worst, open_ones, key=len)
    if len(worst) > limit:
        yield tuple(worst), f"{len(worst)} requests at a time; {limit} are allowed"
