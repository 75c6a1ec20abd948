"""The client called a tool with arguments that are no JSON object or do not satisfy the tool's schema.

The rule sees that by the result that the client sends: one without `is_error`. Where a wire cannot mark a result as an
error, it looks for arguments in the history that differ from the broken ones that came: the client made them up.

Wrong:

    gateway.tool_use("search", query="wrong name").reply("ok")
    ask(tools=TOOLS)
    ask(messages=[HELLO, tool_call(), tool_result()], tools=TOOLS)

Right:

    gateway.tool_use("search", query="wrong name").reply("ok")
    ask(tools=TOOLS)
    ask(messages=[HELLO, tool_call(), tool_result(is_error=True)], tools=TOOLS)
"""

from collections.abc import Iterator

import jsonschema_rs

from mockserver.core.conversation import Conversation
from mockserver.journal.client_rules.history import continuations
from mockserver.journal.client_rules.rule import ClientRule, Evidence, RuleContext
from mockserver.journal.received import ToolCall
from mockserver.journal.record import Record
from mockserver.wires import wire_named
from mockserver.wires.wire import Wire


def find(context: RuleContext) -> Iterator[Evidence]:
    """Yield each answer with an invalid tool call and the request that has a successful result of it."""
    for record in context.records:
        wire = wire_named(record.call.operation.wire)
        for call in record.answer.calls:
            problem = _problem(call, record.conversation)
            if problem is None:
                continue
            later = next((later for later, _ in continuations(context, record) if _has_result(call, later, wire)), None)
            if later is not None:
                text = f"the arguments of {call.name} {problem}; the client sent a result of the call"
                yield Evidence((record, later), text)


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


def _has_result(call: ToolCall, later: Record, wire: Wire) -> bool:
    """Return whether a later request says that the call succeeded."""
    if not wire.reports_tool_errors:
        sent = wire.reader.sent_arguments(later.json, call.id)
        return call.input is None and sent is not None and sent != call.arguments
    conversation = later.conversation
    results = conversation.tool_results if conversation is not None else ()
    return any(result.tool_use_id == call.id and not result.is_error for result in results)


def unchecked(context: RuleContext) -> str:
    """Return why there was nothing to check, or ""."""
    return "" if any(record.answer.calls for record in context.records) else "no answer had a tool call"


RULE = ClientRule(
    "invalid-arguments-used",
    "validate a tool's arguments before calling it, and answer invalid ones with is_error",
    "a model's arguments can be cut off or wrong; the model can correct them when it learns of it",
    find,
    unchecked,
)
