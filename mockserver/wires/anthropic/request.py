"""The request of POST /v1/messages: a valid body becomes a conversation (D1).

The body has passed the contract's schema before it is parsed here; `check` adds what a schema cannot say.
"""

from collections.abc import Mapping

from mockserver.core.conversation import (
    Block,
    Conversation,
    Json,
    JsonObject,
    Media,
    Message,
    Text,
    Tool,
    ToolChoice,
    ToolResult,
    ToolUse,
)
from mockserver.core.errors import Refusal
from mockserver.wires.pairing import Unpaired, find_unpaired

_CHOICES: Mapping[str, ToolChoice] = {
    "auto": ToolChoice("auto"),
    "any": ToolChoice("required"),
    "none": ToolChoice("none"),
}

_PAIRING = {
    "result_without_call": "messages.{m}.content.{b}: unexpected `tool_use_id` found in `tool_result` blocks: {id}. "
    "Each `tool_result` block must have a corresponding `tool_use` block in the previous message.",
    "call_without_result": "messages.{m}: `tool_use` ids were found without `tool_result` blocks immediately after: "
    "{id}. Each `tool_use` block must have a corresponding `tool_result` block in the next message.",
    "second_result": "messages.{m}.content.{b}: each `tool_use` must have a single result. Found multiple "
    "`tool_result` blocks with id: {id}.",
    "repeated_call": "messages.{m}.content.{b}: `tool_use` ids must be unique: {id}",
}


def is_likely(body: JsonObject) -> bool:
    """Return whether a body has fields that only requests of this wire have."""
    tools = body.get("tools")
    first = tools[0] if isinstance(tools, list) and tools else None
    return "system" in body or "stop_sequences" in body or (isinstance(first, dict) and "input_schema" in first)


def parse(body: JsonObject, default_max_tokens: int | None) -> Conversation:
    """Return the conversation of a valid body."""
    raw = body["messages"]
    choice = body.get("tool_choice") or {}
    return Conversation(
        model=body.get("model", ""),
        messages=tuple([Message(message["role"], _blocks(message["content"])) for message in raw]),
        body=body,
        system=_text_of(body.get("system")),
        tools=tuple([_tool(tool) for tool in body.get("tools") or ()]),
        tool_choice=_CHOICES.get(str(choice.get("type", "auto"))) or ToolChoice("tool", str(choice.get("name"))),
        stream=body.get("stream") is True,
        max_tokens=_whole_number(body.get("max_tokens", default_max_tokens)),
        stop_sequences=tuple(body.get("stop_sequences") or ()),
    )


def _whole_number(value: float | None) -> int | None:
    """Return a number as an integer: JSON Schema accepts 5.0 as one."""
    return None if value is None else int(value)


def check(conversation: Conversation) -> None:
    """Check the order of roles and the pairing of tool calls. Raises `Refusal` 400, as the real API does."""
    if conversation.messages[0].role != "user":
        raise Refusal(
            400, "invalid_request", 'messages: first message must use the "user" role', param="messages.0.role"
        )
    unpaired = find_unpaired(conversation.messages)
    if unpaired is not None:
        _refuse_unpaired(unpaired)


def _refuse_unpaired(unpaired: Unpaired) -> None:
    place = f"messages.{unpaired.message}"
    if unpaired.fault != "call_without_result":
        place += f".content.{unpaired.block}"
    words = _PAIRING[unpaired.fault].format(m=unpaired.message, b=unpaired.block, id=unpaired.id)
    raise Refusal(400, "invalid_request", words, param=place)


def _blocks(content: Json) -> tuple[Block, ...]:
    if isinstance(content, str):
        return (Text(content),)
    return tuple([_block(block) for block in content])


def _block(block: JsonObject) -> Block:
    kind = block["type"]
    if kind == "text":
        return Text(block["text"])
    if kind == "tool_use":
        return ToolUse(block["name"], block["input"], block["id"])
    if kind == "tool_result":
        return ToolResult(block["tool_use_id"], _text_of(block.get("content")), block.get("is_error") is True)
    return Media(kind)


def _text_of(content: object) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "".join([block["text"] for block in content if block.get("type") == "text"])


def _tool(tool: JsonObject) -> Tool:
    return Tool(
        tool["name"],
        tool.get("description") or "",
        tool.get("input_schema") or {},
    )
