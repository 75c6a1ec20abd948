"""A conversation as the body of a chat completions request, for requests that the mock makes."""

from collections.abc import Iterator

from mockserver.core.conversation import (
    Conversation,
    Json,
    Message,
    ToolResult,
    ToolUse,
    compact_json,
    joined_text,
)
from mockserver.wires.wire import Object


def body_of(conversation: Conversation) -> Object:
    """Return the body that says a conversation of texts, tool calls and tool results."""
    system = [{"role": "system", "content": conversation.system}] if conversation.system else []
    said = [item for message in conversation.messages for item in _messages(message)]
    body: Object = {"model": conversation.model, "max_tokens": conversation.max_tokens, "messages": [*system, *said]}
    if conversation.tools:
        body["tools"] = [
            {
                "type": "function",
                "function": {"name": tool.name, "description": tool.description, "parameters": tool.schema},
            }
            for tool in conversation.tools
        ]
    if conversation.response_format is not None:
        body["response_format"] = {"type": "json_object"}
    return {**body, **({"stream": True} if conversation.stream else {})}


def _messages(message: Message) -> Iterator[Json]:
    """Yield a message; each tool result is one of its own."""
    calls = [
        {
            "id": block.id,
            "type": "function",
            "function": {"name": block.name, "arguments": compact_json(block.input)},
        }
        for block in message.blocks
        if isinstance(block, ToolUse)
    ]
    for block in message.blocks:
        if isinstance(block, ToolResult):
            yield {"role": "tool", "tool_call_id": block.tool_use_id, "content": block.text}
    text = joined_text(message.blocks)
    if text or calls:
        yield {"role": message.role, "content": text or None, **({"tool_calls": calls} if calls else {})}
