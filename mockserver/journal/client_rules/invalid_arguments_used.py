"""The client called a tool with arguments that are no JSON object or do not satisfy the tool's schema.

The rule sees that by the result that the client sends: one without `is_error`. Where a wire cannot mark a result as an
error, it looks for arguments in the history that differ from the broken ones that came: the client made them up. An
empty object, and a result that speaks of an error, prove nothing.

Wrong:

    gateway.tool_use("search", query="wrong name").reply("ok")
    ask(tools=TOOLS)
    ask(messages=[HELLO, tool_call(), tool_result()], tools=TOOLS)

Right:

    gateway.tool_use("search", query="wrong name").reply("ok")
    ask(tools=TOOLS)
    ask(messages=[HELLO, tool_call(), tool_result(is_error=True)], tools=TOOLS)
"""

import re
from collections.abc import Iterator
from functools import partial
from hashlib import blake2b
from typing import NamedTuple

import jsonschema_rs

from mockserver.core.conversation import Conversation
from mockserver.core.json_text import json_or_none
from mockserver.journal.client_rules.history import has_result, has_tool_call
from mockserver.journal.client_rules.rule import ClientRule, Evidence, RuleContext
from mockserver.journal.facts import once_per_exchange
from mockserver.journal.received import ToolCall
from mockserver.journal.record import Record
from mockserver.wires import wire_named
from mockserver.wires.wire import Wire


def find(context: RuleContext) -> Iterator[Evidence]:
    """Yield each answer with an invalid tool call and the request that has a successful result of it."""
    for record in context.records:
        wire = wire_named(record.operation.wire)
        for call in _invalid_calls(record):
            fits = partial(_has_result, call, wire)
            later = context.history.first_that_names(record, call.id, fits, (call, wire.name))
            if later is not None:
                text = f"the arguments of {call.name} {call.problem}; the client sent a result of the call"
                yield Evidence((record, later), text)


_ERROR = re.compile("error|invalid|failed", re.IGNORECASE)
"""Words of a result that tells the model of its mistake."""


class _InvalidCall(NamedTuple):
    """A tool call with invalid arguments: what is wrong, and the arguments' digest; `is_json` says if they are JSON."""

    id: str
    name: str
    problem: str
    arguments: bytes
    is_json: bool


@once_per_exchange
def _invalid_calls(record: Record) -> tuple[_InvalidCall, ...]:
    problems = [(call, _problem(call, record.conversation)) for call in record.answer.calls]
    return tuple(
        [
            _InvalidCall(call.id, call.name, problem, _digest(call.arguments), call.input is not None)
            for call, problem in problems
            if problem is not None
        ]
    )


def _digest(arguments: str) -> bytes:
    return blake2b(arguments.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _problem(call: ToolCall, conversation: Conversation | None) -> str | None:
    """Return what is wrong with the arguments of a call, or None."""
    if not isinstance(call.input, dict):
        return f"are no JSON object ({call.arguments[-30:]!r})"
    tool = next((tool for tool in conversation.tools if tool.name == call.name), None) if conversation else None
    if tool is None or not tool.schema:
        return None
    try:
        validator = jsonschema_rs.Draft202012Validator(
            dict(tool.schema), pattern_options=jsonschema_rs.RegexOptions(), offline=True
        )
        error = next(validator.iter_errors(call.input), None)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError):
        return None  # the client's own schema is invalid, so it proves nothing
    return None if error is None else f"do not satisfy the tool's schema ({error.message[:80]})"


def _has_result(call: _InvalidCall, wire: Wire, later: Record) -> bool:
    """Return whether a later request says that the call succeeded."""
    if wire.reports_tool_errors:
        return has_result(later, call.id)
    if call.is_json:
        return False
    sent = wire.reader.sent_arguments(later.copy().json, call.id)
    return (
        sent is not None
        and _digest(sent) != call.arguments
        and not _is_placeholder(sent, call.arguments)
        and not _says_error(later, call.id)
    )


def _is_placeholder(sent: str, arguments: bytes) -> bool:
    """Return whether arguments only stand for the invalid ones: an empty object, or one that has them as a text.

    Vercel's AI SDK and pydantic-ai write those into the history when they tell the model of the mistake.
    """
    value = json_or_none(sent)
    if not isinstance(value, dict):
        return False
    return not value or any(isinstance(text, str) and _digest(text) == arguments for text in value.values())


def _says_error(later: Record, id: str) -> bool:
    """Return whether the result of a call says in words that it failed, where the wire has no mark for that."""
    asked = later.conversation
    results = asked.tool_results if asked is not None else ()
    return any(result.tool_use_id == id and _ERROR.search(result.text) is not None for result in results)


def unchecked(context: RuleContext) -> str:
    """Return why there was nothing to check, or ""."""
    return "" if any(map(has_tool_call, context.records)) else "no answer had a tool call"


RULE = ClientRule(
    "invalid-arguments-used",
    "validate a tool's arguments before calling it, and answer invalid ones with is_error",
    "a model's arguments can be cut off or wrong; the model can correct them when it learns of it",
    find,
    unchecked,
)
