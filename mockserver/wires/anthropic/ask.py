"""A conversation as the body of POST /v1/messages, for requests that the mock makes."""

from collections.abc import Iterator

from mockserver.core.conversation import Block, Conversation, Json, Text, ToolResult, ToolUse
from mockserver.wires.wire import Object


def body_of(conversation: Conversation) -> Object:
    """Return the body that says a conversation of texts, tool calls and tool results."""
    body: Object = {"model": conversation.model, "max_tokens": conversation.max_tokens}
    body |= {"system": conversation.system} if conversation.system else {}
    body["messages"] = [
        {"role": message.role, "content": list(_blocks(message.blocks))} for message in conversation.messages
    ]
    if conversation.tools:
        body["tools"] = [
            {"name": tool.name, "description": tool.description, "input_schema": tool.schema}
            for tool in conversation.tools
        ]
    return {**body, **({"stream": True} if conversation.stream else {})}


def _blocks(blocks: tuple[Block, ...]) -> Iterator[Json]:
    for block in blocks:
        if isinstance(block, Text):
            yield {"type": "text", "text": block.text}
        elif isinstance(block, ToolUse):
            yield {"type": "tool_use", "id": block.id, "name": block.name, "input": block.input}
        elif isinstance(block, ToolResult):
            error = {"is_error": True} if block.is_error else {}
            yield {"type": "tool_result", "tool_use_id": block.tool_use_id, "content": block.text, **error}
