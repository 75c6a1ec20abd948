"""The request of the chat completions routes: a valid body becomes a conversation (D0, D1, D3, D4)."""

from collections.abc import Mapping

import orjson

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
    joined_text,
)
from mockserver.core.errors import Refusal
from mockserver.wires.pairing import find_unpaired

_CHOICES: Mapping[str, ToolChoice] = {
    "auto": ToolChoice("auto"),
    "required": ToolChoice("required"),
    "any": ToolChoice("required"),
    "none": ToolChoice("none"),
}

_PAIRING = {
    "result_without_call": "Invalid parameter: messages with role 'tool' must be a response to a preceding message "
    "with 'tool_calls'. No call has the id {id}.",
    "call_without_result": "An assistant message with 'tool_calls' must be followed by tool messages responding to "
    "each 'tool_call_id'. The following tool_call_ids did not have response messages: {id}",
    "second_result": "Invalid parameter: only one tool message may respond to a tool_call_id. Found a second for {id}.",
    "repeated_call": "Invalid parameter: tool call ids must be unique in a message: {id}",
}


def is_likely(body: JsonObject) -> bool:
    """Return whether a body has fields of this wire. Tools of another shape have been recognised before."""
    return bool(body.get("tools")) or "stream_options" in body


def parse(body: JsonObject, default_max_tokens: int | None) -> Conversation:
    """Return the conversation of a valid body. System and developer messages join into `system`."""
    system = [body["system"]] if isinstance(body.get("system"), str) else []
    messages: list[Message] = []
    for message in body["messages"]:
        if message["role"] in ("system", "developer"):
            system.append(joined_text(_parts(message.get("content"))))
        else:
            messages.append(_message(message))
    options = body.get("stream_options") or {}
    return Conversation(
        model=body.get("model") or body.get("preferred_model") or "",
        messages=tuple(messages),
        body=body,
        system="\n".join(system),
        tools=tuple([_tool(tool) for tool in body.get("tools") or ()]),
        tool_choice=_tool_choice(body.get("tool_choice")),
        stream=body.get("stream") is True,
        include_usage=options.get("include_usage") is True,
        max_tokens=_max_tokens(body, default_max_tokens),
        stop_sequences=_stop_sequences(body.get("stop")),
    )


def check(conversation: Conversation) -> None:
    """Check that there is a message and that tool calls pair. Raises `Refusal` 400, as the real API does."""
    if not conversation.messages:
        raise Refusal(400, "invalid_request", "messages: at least one must not be a system message", param="messages")
    unpaired = find_unpaired(conversation.messages)
    if unpaired is None:
        return
    number = _place(conversation.body, unpaired.message)
    raise Refusal(400, "invalid_request", _PAIRING[unpaired.fault].format(id=unpaired.id), param=f"messages.{number}")


def _place(body: JsonObject, number: int) -> int:
    """Return the index in the request of a conversation's message; the request counts its system messages too."""
    messages = body["messages"]
    spoken = [place for place, message in enumerate(messages) if message["role"] not in ("system", "developer")]
    return spoken[number]


def _message(message: JsonObject) -> Message:
    role = message["role"]
    if role in ("tool", "function"):
        call = message["tool_call_id"] if role == "tool" else message["name"]
        return Message("user", (ToolResult(call, joined_text(_parts(message.get("content")))),))
    blocks = _parts(message.get("content"))
    if role == "user":
        return Message("user", blocks)
    calls = [_call(call) for call in message.get("tool_calls") or ()]
    legacy = message.get("function_call")
    if legacy is not None:
        calls.append(ToolUse(legacy["name"], _arguments(legacy.get("arguments")), legacy["name"]))
    return Message("assistant", (*blocks, *calls))


def _parts(content: Json) -> tuple[Block, ...]:
    if isinstance(content, str):
        return (Text(content),) if content else ()
    blocks: list[Block] = []
    for part in content or ():
        text = part.get("text") if part.get("type") == "text" else part.get("refusal")
        blocks.append(Text(text) if isinstance(text, str) else Media(str(part.get("type"))))
    return tuple(blocks)


def _call(call: JsonObject) -> ToolUse:
    function = call.get("function") or call.get("custom") or {}
    return ToolUse(str(function.get("name", "")), _arguments(function.get("arguments")), call["id"])


def _arguments(arguments: object) -> JsonObject:
    """Return the arguments of a past call. A client may echo broken JSON, which the real API accepts unread."""
    try:
        parsed = orjson.loads(arguments) if isinstance(arguments, str) else {}
    except orjson.JSONDecodeError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _tool(tool: JsonObject) -> Tool:
    """Return a tool in OpenAI's shape, or in D1's (`input_schema`), which the managed routes accept too."""
    function = tool.get("function") or tool
    schema = function.get("parameters") or function.get("input_schema") or {}
    return Tool(str(function.get("name", "")), str(function.get("description") or ""), schema)


def _tool_choice(choice: object) -> ToolChoice:
    if isinstance(choice, str):
        return _CHOICES.get(choice, _CHOICES["auto"])
    if not isinstance(choice, dict):
        return _CHOICES["auto"]
    function = choice.get("function")
    name = function.get("name") if isinstance(function, dict) else choice.get("name")
    return ToolChoice("tool", name) if isinstance(name, str) else _CHOICES.get(str(choice.get("type")), ToolChoice())


def _max_tokens(body: JsonObject, default: int | None) -> int | None:
    for name in ("max_completion_tokens", "max_tokens"):
        value = body.get(name)
        if isinstance(value, int | float):
            return int(value)
    return default


def _stop_sequences(stop: Json) -> tuple[str, ...]:
    if isinstance(stop, str):
        return (stop,)
    return tuple(stop or ())
