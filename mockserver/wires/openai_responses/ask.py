"""A conversation as the body of POST /v1/responses, for requests that the mock makes."""

from collections.abc import Iterator

from mockserver.core.conversation import Conversation, Json, Message, ToolResult, ToolUse, compact_json, joined_text
from mockserver.wires.wire import Object


def body_of(conversation: Conversation) -> Object:
    """Return the body that says a conversation of texts, tool calls and tool results."""
    body: Object = {"model": conversation.model, "max_output_tokens": conversation.max_tokens}
    body |= {"instructions": conversation.system} if conversation.system else {}
    body["input"] = [item for message in conversation.messages for item in _items(message)]
    if conversation.tools:
        body["tools"] = [
            {"type": "function", "name": tool.name, "description": tool.description, "parameters": tool.schema}
            for tool in conversation.tools
        ]
    if conversation.response_format is not None:
        body["text"] = {"format": {"type": "json_object"}}
    return {**body, **({"stream": True} if conversation.stream else {})}


def _items(message: Message) -> Iterator[Json]:
    """Yield the items of a message: its text, then its calls or the results of calls."""
    text = joined_text(message.blocks)
    if text:
        yield {"role": message.role, "content": text}
    for block in message.blocks:
        if isinstance(block, ToolUse):
            arguments = compact_json(block.input)
            yield {"type": "function_call", "call_id": block.id, "name": block.name, "arguments": arguments}
        elif isinstance(block, ToolResult):
            yield {"type": "function_call_output", "call_id": block.tool_use_id, "output": block.text}
