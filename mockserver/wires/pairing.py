"""The pairing of tool calls and results, the same rule on every wire.

Every tool call of an assistant turn is answered by exactly one result before any other message, and a result answers a
call of the assistant turn just before it. Consecutive messages of one role count as one turn (the Anthropic API joins
them; on the OpenAI wire each result is a message of its own). Each wire has its own words for the refusal.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from mockserver.core.conversation import Message, Text, ToolResult, ToolUse


class Unpaired(NamedTuple):
    """A call or result without its partner: the kind of defect, the id of the call, the index of message and block."""

    fault: Literal["result_without_call", "call_without_result", "second_result", "repeated_call"]
    id: str
    message: int
    block: int


def find_unpaired(messages: Sequence[Message]) -> Unpaired | None:
    """Return the first call or result without its partner, or None. Positions are indexes into `messages`."""
    open_calls: dict[str, tuple[int, int]] = {}
    answered: set[str] = set()
    previous = "user"
    for number, message in enumerate(messages):
        if message.role == "assistant" and previous == "user":
            if open_calls:
                return _first_open(open_calls)
            answered.clear()
        previous = message.role
        for position, block in enumerate(message.blocks):
            if not open_calls and isinstance(block, Text):
                continue
            if isinstance(block, ToolUse):
                if block.id in open_calls:
                    return Unpaired("repeated_call", block.id, number, position)
                open_calls[block.id] = (number, position)
            elif isinstance(block, ToolResult):
                if block.tool_use_id in answered:
                    return Unpaired("second_result", block.tool_use_id, number, position)
                if block.tool_use_id not in open_calls:
                    return Unpaired("result_without_call", block.tool_use_id, number, position)
                del open_calls[block.tool_use_id]
                answered.add(block.tool_use_id)
            elif open_calls and message.role == "user":
                return _first_open(open_calls)
    return _first_open(open_calls) if open_calls else None


def _first_open(open_calls: dict[str, tuple[int, int]]) -> Unpaired:
    id, (number, position) = next(iter(open_calls.items()))
    return Unpaired("call_without_result", id, number, position)
