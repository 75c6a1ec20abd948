"""The documented situations: what a client can meet at the gateway, each recognised in an exchange of the journal.

One table for everything that asks "has this client met that?": the exam (docs/exam.md), whose cases bring situations
about, and a suite's coverage of the gateway.

Rules:

- `met` looks at what was delivered, whatever brought it about: a turn, an account, a chaos profile.
- `turn` is a turn of a scenario that brings the situation about, on one line, so that a report can say what to write.
- `source` is the document that knows of the situation (D0 to D4), "clients" (seen in published clients), or "HTTP".
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import orjson

from mockserver.core.conversation import Stop, ToolResult
from mockserver.faults import FAULTS
from mockserver.faults.table import GROUPS, TABLE
from mockserver.journal.facts import once_per_exchange
from mockserver.journal.record import Record
from mockserver.journal.trouble import describe_trouble
from mockserver.wires import WIRES

LONG_SILENCE = 1.0
"""Seconds without a byte after which an answer counts as slow, on the session's clock."""

HUGE = 100_000
"""Bytes from which an answer counts as huge."""


class Situation(NamedTuple):
    """One situation: what it is, where it is documented, the turn that makes it, and whether an exchange has it."""

    name: str
    group: str
    about: str
    source: str
    turn: str
    met: Callable[[Record], bool]


# --- what an exchange shows -------------------------------------------------------------------------------------------


@once_per_exchange
def stop_of(record: Record) -> Stop | None:
    """Return the stop reason that a client can have read, in neutral words, or None."""
    wire = WIRES.get(record.operation.wire)
    if wire is None or not _is_answered(record):
        return None
    said = [data for event in record.events if isinstance(data := event.data, dict)]
    try:
        return wire.reader.reply_of(wire.reader.whole_of(said) if record.answer.is_stream else said[0]).stop
    except (LookupError, TypeError, ValueError, AttributeError):
        return None  # a fault made it unreadable


def _is_answered(record: Record) -> bool:
    return record.operation.is_conversation and record.status == 200


def _is_structured(record: Record) -> bool:
    asked = record.conversation
    return _is_answered(record) and asked is not None and asked.response_format is not None


def _is_empty(record: Record) -> bool:
    answer = record.answer
    return _is_answered(record) and answer.is_whole and not (answer.text or answer.calls or answer.error)


def _is_huge(record: Record) -> bool:
    return _is_answered(record) and record.exchange.outcome.bytes > HUGE


def _results(record: Record) -> Sequence[ToolResult]:
    return () if record.conversation is None else record.conversation.tool_results


def _reports_tool_error(record: Record) -> bool:
    return any(result.is_error for result in _results(record))


def _has_broken_arguments(record: Record) -> bool:
    return any(not isinstance(call.input, dict) for call in record.answer.calls)


def _has_no_answer(record: Record) -> bool:
    return record.ended in ("closed", "reset") and not record.exchange.outcome.bytes


def _silences(record: Record) -> tuple[float, float]:
    """Return the seconds before the first byte, and the longest wait after it."""
    outcome = record.exchange.outcome
    moments = [*[seconds for _, _, seconds in outcome.writes], outcome.seconds]
    return moments[0], max([after - before for before, after in pairwise(moments)], default=0.0)


def _is_slow_to_start(record: Record) -> bool:
    return _is_answered(record) and _silences(record)[0] >= LONG_SILENCE


def _stalls(record: Record) -> bool:
    return _is_answered(record) and _silences(record)[1] >= LONG_SILENCE


def _is_paid(record: Record) -> bool:
    return record.credits_before is not None and record.credits_before != record.credits_after


def _status(*statuses: int) -> Callable[[Record], bool]:
    return lambda record: record.status in statuses


def _by_account(status: int) -> Callable[[Record], bool]:
    """Return whether the account refused a request: no turn answered it."""
    return lambda record: record.status == status and record.turn == 0


def _stopped(stop: Stop) -> Callable[[Record], bool]:
    return lambda record: stop_of(record) == stop


def _asked_for_stream(record: Record) -> bool:
    return record.conversation is not None and record.conversation.stream


def _is_broken_stream(ended: str) -> Callable[[Record], bool]:
    return lambda record: _is_answered(record) and _asked_for_stream(record) and record.ended == ended


_trouble_of = once_per_exchange(describe_trouble)


def _trouble(words: str) -> Callable[[Record], bool]:
    return lambda record: _trouble_of(record) == words


# --- the table --------------------------------------------------------------------------------------------------------

_CALL = "{tool_use: {}}"
"""A call of the client's own tool."""

_AFTER_RESULT = "{when: {last: tool_result}, reply: Done.}"
_BROKEN_CALL = f"{{reply: [{_CALL}], faults: [{{arguments: truncated}}]}}"


def _broken(fault: str) -> str:
    """Return a turn whose stream has this fault before its second piece of text."""
    return f"{{reply: One two three., faults: [{{{fault}: {{at: delta 2}}}}]}}"


def _family(group: str, about: str) -> "Row":
    """Return the situation that any fault of a group makes; its turn has the first of them."""
    names = [place.partition(".")[2] for place in TABLE if place.startswith(f"{group}.")]
    example = orjson.dumps(FAULTS[names[0]].spelling).decode()
    reply = f"[One two three., {_CALL}]" if group == "calls" else "One two three."
    turn = f"{{reply: {reply}, faults: [{example}]}}"
    known = frozenset(names)
    return (f"{group}-faults", about.rstrip("."), "clients", turn, lambda record: not known.isdisjoint(record.faults))


Row: TypeAlias = tuple[str, str, str, str, Callable[[Record], bool]]
"""A row of the table: name, what it is, source, turn, and how an exchange shows it."""

_TABLE: Mapping[str, tuple[Row, ...]] = {
    "answers": (
        ("whole", "a whole answer", "D1", "reply: Hello!", lambda r: _is_answered(r) and not r.answer.is_stream),
        ("streamed", "a streamed answer", "D1", "reply: Hello!", lambda r: _is_answered(r) and r.answer.is_stream),
        ("thinking", "thinking first", "D1", "reply: [{thinking: Hm.}, Hello!]", lambda r: bool(r.answer.thinking)),
        ("structured", "an answer by a JSON Schema", "clients", "reply: [{json: {city: Oslo}}]", _is_structured),
        ("empty", "an answer that says nothing", "clients", "{reply: Hello!, faults: [empty_answer]}", _is_empty),
        ("huge", "more than 100 kB at once", "clients", "{reply: Hello!, faults: [large_event]}", _is_huge),
    ),
    "stop reasons": (
        ("end-turn", "the model has finished", "D1", "reply: Hello!", _stopped("end_turn")),
        ("max-tokens", "cut at max_tokens", "D1", "{reply: Once upon a, stop: max_tokens}", _stopped("max_tokens")),
        (
            "stop-sequence",
            "ended by a stop sequence",
            "D1",
            "{reply: A, stop: stop_sequence}",
            _stopped("stop_sequence"),
        ),
        ("tool-use", "the model wants a tool's result", "D1", f"reply: [{_CALL}]", _stopped("tool_use")),
        ("refusal", "the model refuses", "D1", "reply: [{refusal: I cannot help with that.}]", _stopped("refusal")),
    ),
    "tools": (
        ("tool-call", "a tool is called", "D1", f"reply: [{_CALL}]", lambda r: bool(r.answer.calls)),
        (
            "parallel-calls",
            "several tools at once",
            "D1",
            f"reply: [{_CALL}, {_CALL}]",
            lambda r: len(r.answer.calls) > 1,
        ),
        ("tool-result", "the client brings a result", "D1", _AFTER_RESULT, lambda r: bool(_results(r))),
        ("tool-error", "the client says that a tool failed", "D1", _AFTER_RESULT, _reports_tool_error),
        ("broken-arguments", "arguments that are no JSON object", "D1", _BROKEN_CALL, _has_broken_arguments),
    ),
    "statuses": (
        ("rejected", "400 or 422: the request is wrong", "D1", "error: {status: 400}", _status(400, 422)),
        ("key-refused", "401: the key or token is refused", "D1", "error: {status: 401}", _status(401)),
        ("no-credits", "402: no credits", "D1", "error: {status: 402}", _status(402)),
        ("forbidden", "403: not in the plan", "D1", "error: {status: 403}", _status(403)),
        ("not-found", "404: no such model or route", "D1", "error: {status: 404}", _status(404)),
        ("rate-limited", "429 with retry-after", "D1", "error: {status: 429, retry_after: 1}", _status(429)),
        ("server-error", "500", "D1", "error: {status: 500}", _status(500)),
        ("bad-gateway", "502", "D1", "error: {status: 502}", _status(502)),
        ("unavailable", "503: the model is loading", "D1", "error: {status: 503, retry_after: 1}", _status(503)),
        ("overloaded", "529: overloaded", "clients", "error: {status: 529}", _status(529)),
    ),
    "connections": (
        ("closed", "a stream's connection is closed", "HTTP", _broken("close"), _is_broken_stream("closed")),
        ("reset", "a stream's connection is reset", "HTTP", _broken("reset"), _is_broken_stream("reset")),
        ("no-answer", "closed before an answer", "HTTP", "{reply: Hello!, faults: [close]}", _has_no_answer),
    ),
    "streams": (
        ("ends-early", "a proper end that comes too early", "clients", _broken("cut"), _trouble("ends early")),
        ("malformed", "an event that is no JSON", "clients", _broken("malformed_json"), _trouble("malformed event")),
        ("error-event", "an error after the 200", "D1", _broken("error_event"), _trouble("error event")),
    ),
    "times": (
        ("slow-start", "a second before the first byte", "D1", "{reply: Hi, pace: {first: 2s}}", _is_slow_to_start),
        (
            "stall",
            "a second without a byte",
            "clients",
            "{reply: One two., faults: [{stall: {at: delta 2, for: 2s}}]}",
            _stalls,
        ),
    ),
    "account": (
        ("paid", "credits are charged", "D3", "account: {plan: starter, credits: 3}", _is_paid),
        ("credits-run-out", "no credits are left", "D3", "account: {plan: starter, credits: 0}", _by_account(402)),
        (
            "window-full",
            "the rate limit is reached",
            "D3",
            "account: {limits: {requests: 1, per: 1h}}",
            _by_account(429),
        ),
    ),
    "faults": tuple([_family(group, about) for group, about in GROUPS.items()]),
}
"""Group -> its situations."""

SITUATIONS: Mapping[str, Situation] = {
    row[0]: Situation(row[0], group, *row[1:]) for group, rows in _TABLE.items() for row in rows
}
"""Every situation by its name, in the order of reports."""


def situations_met(record: Record) -> frozenset[str]:
    """Return the names of the situations that an exchange has."""
    return _met(record)


@once_per_exchange
def _met(record: Record) -> frozenset[str]:
    return frozenset([name for name, situation in SITUATIONS.items() if situation.met(record)])
