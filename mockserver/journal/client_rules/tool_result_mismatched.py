"""The client sent tool calls and tool results that do not pair.

Wrong:

    gateway.tool_use("search", q="x").reply("ok")
    ask(tools=TOOLS)
    ask(messages=[HELLO, tool_call(), HELLO], tools=TOOLS)

Right:

    gateway.tool_use("search", q="x").reply("ok")
    ask(tools=TOOLS)
    ask(messages=[HELLO, tool_call(), tool_result()], tools=TOOLS)
"""

from collections.abc import Iterator

from mockserver.journal.client_rules.history import has_tool_call
from mockserver.journal.client_rules.rule import ClientRule, Evidence, RuleContext
from mockserver.journal.facts import once_per_exchange
from mockserver.journal.record import Record
from mockserver.wires.pairing import find_unpaired

_PROBLEMS = {
    "call_without_result": "has no tool_result",
    "result_without_call": "has a result, but was never called",
    "second_result": "has two results",
    "repeated_call": "is called twice",
}
"""What is wrong with a tool call's id, by the kind that `find_unpaired` names."""


def find(context: RuleContext) -> Iterator[Evidence]:
    """Yield each request that was refused for an unpaired call or result."""
    for record in context.records:
        if record.status != 400:
            continue
        problem = _problem(record)
        if problem is not None:
            yield Evidence((record,), problem)


@once_per_exchange
def _problem(record: Record) -> str | None:
    """Return which call or result has no other half, or None."""
    conversation = record.conversation_sent
    unpaired = find_unpaired(conversation.messages) if conversation is not None else None
    return unpaired and f"{unpaired.id} {_PROBLEMS[unpaired.fault]} (messages.{unpaired.message})"


def unchecked(context: RuleContext) -> str:
    """Return why there was nothing to check, or ""."""
    has_occasion = any(has_tool_call(record) or record.status == 400 for record in context.records)
    return "" if has_occasion else "no answer had a tool call"


RULE = ClientRule(
    "tool-result-mismatched",
    "answer each tool call exactly once, by its id, in the next message",
    "the gateway rejects any other conversation with 400",
    find,
    unchecked,
)
