"""The request of the Responses API: a body becomes a conversation.

The input is a text, or a list of items. Items of the assistant that follow each other (reasoning, messages, calls) are
one message, since one response gave them. Tools that OpenAI runs itself, such as web search, are left out: a model
without them answers as well.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from mockserver.core.conversation import (
    Block,
    Conversation,
    Json,
    JsonObject,
    Media,
    Message,
    ResponseFormat,
    Role,
    Text,
    Thinking,
    Tool,
    ToolChoice,
    ToolResult,
    ToolUse,
    joined_text,
)
from mockserver.core.errors import Refusal
from mockserver.core.json_text import json_or_none
from mockserver.wires.json_values import mapping, objects, string, whole_number
from mockserver.wires.pairing import find_unpaired
from mockserver.wires.response_schema import check_response_schema

_CHOICES: Mapping[str, ToolChoice] = {
    "auto": ToolChoice("auto"),
    "required": ToolChoice("required"),
    "none": ToolChoice("none"),
}

_FREE_TEXT = {"type": "object", "properties": {"input": {"type": "string"}}, "required": ["input"]}
"""The input of a custom tool, as a schema."""

_SYSTEM_ROLES = ("system", "developer")
_OWN_FIELDS = ("input", "instructions", "previous_response_id", "max_output_tokens")
"""Fields that only requests of this wire have."""

_PAIRING = {
    "result_without_call": "No tool call found for function call output with call_id {id}.",
    "call_without_result": "No tool output found for function call {id}.",
    "second_result": "Only one output may answer a function call. Found a second for {id}.",
    "repeated_call": "The call_id of a function call must be unique: {id}",
}


def is_likely(body: JsonObject) -> bool:
    """Return whether a body has fields that only requests of this wire have."""
    return "messages" not in body and any(name in body for name in _OWN_FIELDS)


def parse(body: JsonObject, default_max_tokens: int | None) -> Conversation:
    """Return the conversation in a body. `instructions` and system messages join into `system`.

    A field of a wrong type counts as absent.
    """
    items = input_items(body)
    system = [string(body.get("instructions"))]
    system += [joined_text(_parts(item.get("content"))) for item in items if item.get("role") in _SYSTEM_ROLES]
    limit = whole_number(body.get("max_output_tokens"))
    return Conversation(
        model=string(body.get("model")),
        messages=tuple(_messages([item for item in items if item.get("role") not in _SYSTEM_ROLES])),
        body=body,
        system="\n".join([text for text in system if text]),
        tools=tuple(_tools(objects(body.get("tools")))),
        tool_choice=_tool_choice(body.get("tool_choice")),
        stream=body.get("stream") is True,
        max_tokens=default_max_tokens if limit is None else limit,
        response_format=_response_format(mapping(mapping(body.get("text")).get("format"))),
        thinking=_thinking(mapping(body.get("reasoning"))),
    )


def input_items(body: JsonObject) -> list[JsonObject]:
    """Return the input of a body as items; a text is one message of the user."""
    text = body.get("input")
    return [{"role": "user", "content": text}] if isinstance(text, str) else list(objects(text))


def check(conversation: Conversation) -> None:
    """Check that there is input, that tool calls pair, and the schema asked for.

    Raises `Refusal` 400, as the real API does.
    """
    if not conversation.messages:
        raise Refusal(400, "invalid_request", "input: at least one item must not be a system message", param="input")
    check_response_schema(conversation.response_format)
    unpaired = find_unpaired(conversation.messages)
    if unpaired is not None:
        raise Refusal(400, "invalid_request", _PAIRING[unpaired.fault].format(id=unpaired.id), param="input")


def _messages(items: Iterable[JsonObject]) -> Iterator[Message]:
    """Yield the messages of the input. Items of the assistant that follow each other are one."""
    said: tuple[Block, ...] = ()
    for item in items:
        role, blocks = _read(item)
        if role == "assistant":
            said += blocks
            continue
        if said:
            yield Message("assistant", said)
            said = ()
        yield Message("user", blocks)
    if said:
        yield Message("assistant", said)


def _read(item: JsonObject) -> tuple[Role, tuple[Block, ...]]:
    """Return who says an item, and its blocks. An item of a kind that is not read is a `Media` block."""
    kind = item.get("type", "message")
    id = string(item.get("call_id"))
    match kind:
        case "message":
            return "assistant" if item.get("role") == "assistant" else "user", _parts(item.get("content"))
        case "function_call":
            arguments = mapping(json_or_none(string(item.get("arguments"))))
            return "assistant", (ToolUse(string(item.get("name")), arguments, id),)
        case "custom_tool_call":
            return "assistant", (ToolUse(string(item.get("name")), {"input": string(item.get("input"))}, id, True),)
        case "function_call_output" | "custom_tool_call_output":
            return "user", (ToolResult(id, joined_text(_parts(item.get("output")))),)
        case "reasoning":
            text = "".join([string(part.get("text")) for part in objects(item.get("summary"))])
            return "assistant", (Thinking(text, string(item.get("encrypted_content"))),)
    return "user" if string(kind).endswith("_output") else "assistant", (Media(string(kind)),)


def _parts(content: Json) -> tuple[Block, ...]:
    if isinstance(content, str):
        return (Text(content),) if content else ()
    parts: list[Block] = []
    for part in objects(content):
        is_refusal = part.get("type") == "refusal"
        text = part.get("refusal" if is_refusal else "text")
        parts.append(Text(text, is_refusal) if isinstance(text, str) else Media(string(part.get("type"))))
    return tuple(parts)


def _tools(tools: Iterable[JsonObject]) -> Iterator[Tool]:
    for tool in tools:
        name, about = string(tool.get("name")), string(tool.get("description"))
        if tool.get("type") == "function":
            yield Tool(name, about, mapping(tool.get("parameters")))
        elif tool.get("type") == "custom":
            yield Tool(name, about, _FREE_TEXT, True)
        elif tool.get("type") == "namespace":
            yield from _tools(objects(tool.get("tools")))


def _tool_choice(choice: Json) -> ToolChoice:
    if isinstance(choice, str):
        return _CHOICES.get(choice, _CHOICES["auto"])
    asked = mapping(choice)
    if asked.get("type") == "allowed_tools":
        names = [string(tool.get("name")) for tool in objects(asked.get("tools"))]
        return ToolChoice("required" if asked.get("mode") == "required" else "auto", allowed=tuple(names))
    name = asked.get("name")
    return ToolChoice("tool", name) if isinstance(name, str) else _CHOICES["auto"]


def _response_format(asked: JsonObject) -> ResponseFormat | None:
    if asked.get("type") == "json_object":
        return ResponseFormat()
    if asked.get("type") != "json_schema":
        return None
    schema = asked.get("schema")
    return ResponseFormat(schema if isinstance(schema, dict) else None, "text.format.schema")


def _thinking(asked: JsonObject) -> Literal["none", "shown", "hidden"]:
    """Return what a request asks for. The real API shows thinking only as a summary, to those who ask for one."""
    if string(asked.get("effort")) in ("", "none") and not asked.get("summary"):
        return "none"
    return "shown" if asked.get("summary") or asked.get("generate_summary") else "hidden"
