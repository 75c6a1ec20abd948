"""The request of the chat completions routes: a body becomes a conversation (D0, D1, D3, D4).

`parse` takes any JSON object, because people want to read refused requests too; `check` adds what a schema cannot say
of a valid body.
"""

from collections.abc import Mapping
from typing import Literal

from mockserver.core.conversation import (
    Block,
    Conversation,
    Json,
    JsonObject,
    Media,
    Message,
    ResponseFormat,
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
from mockserver.wires.json_values import mapping, objects, string, strings, whole_number
from mockserver.wires.pairing import find_unpaired
from mockserver.wires.response_schema import check_response_schema

_CHOICES: Mapping[str, ToolChoice] = {
    "auto": ToolChoice("auto"),
    "required": ToolChoice("required"),
    "any": ToolChoice("required"),
    "none": ToolChoice("none"),
}

_FREE_TEXT = {"type": "object", "properties": {"input": {"type": "string"}}, "required": ["input"]}
"""The input of a custom tool, as a schema."""

MOST_LOGPROBS = 128
"""The most choices of one answer, and of choices with alternatives of their tokens."""

_SYSTEM_ROLES = ("system", "developer")

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
    return "input" not in body and (bool(body.get("tools")) or "stream_options" in body)


def parse(body: JsonObject, default_max_tokens: int | None) -> Conversation:
    """Return the conversation in a body. System and developer messages join into `system`.

    A field of a wrong type counts as absent.
    """
    system = [body["system"]] if isinstance(body.get("system"), str) else []
    messages: list[Message] = []
    for message in objects(body.get("messages")):
        if message.get("role") in _SYSTEM_ROLES:
            system.append(joined_text(_parts(message.get("content"))))
        else:
            messages.append(read_message(message))
    return Conversation(
        model=string(body.get("model")) or string(body.get("preferred_model")),
        messages=tuple(messages),
        body=body,
        system="\n".join(system),
        tools=tuple([read_tool(tool) for tool in objects(body.get("tools"))]),
        tool_choice=_tool_choice(body.get("tool_choice")),
        stream=body.get("stream") is True,
        include_usage=mapping(body.get("stream_options")).get("include_usage") is True,
        max_tokens=_max_tokens(body, default_max_tokens),
        stop_sequences=_stop_sequences(body.get("stop")),
        choices=max(1, whole_number(body.get("n")) or 1),
        logprobs=(whole_number(body.get("top_logprobs")) or 0) if body.get("logprobs") is True else None,
        response_format=_response_format(body.get("response_format")),
        thinking=_thinking(body),
    )


def check(conversation: Conversation) -> None:
    """Check that there is a message, that tool calls pair, and the schema asked for.

    Raises `Refusal` 400, as the real API does.
    """
    if not conversation.messages:
        raise Refusal(400, "invalid_request", "messages: at least one must not be a system message", param="messages")
    check_response_schema(conversation.response_format)
    if conversation.choices * (1 + (conversation.logprobs or 0)) > MOST_LOGPROBS:
        message = f"n: at most {MOST_LOGPROBS} choices, each counted once more for every one of top_logprobs"
        raise Refusal(400, "invalid_request", message, param="n")
    unpaired = find_unpaired(conversation.messages)
    if unpaired is None:
        return
    number = _place(conversation.body, unpaired.message)
    raise Refusal(400, "invalid_request", _PAIRING[unpaired.fault].format(id=unpaired.id), param=f"messages.{number}")


def _place(body: JsonObject, number: int) -> int:
    """Return the index of a conversation's message in the request, which counts its system messages too."""
    spoken = [place for place, message in enumerate(body["messages"]) if message["role"] not in _SYSTEM_ROLES]
    return spoken[number]


def read_message(message: JsonObject) -> Message:
    """Return one message of a body that is not of role system."""
    role = message.get("role")
    if role in ("tool", "function"):
        call = string(message.get("tool_call_id" if role == "tool" else "name"))
        return Message("user", (ToolResult(call, joined_text(_parts(message.get("content")))),))
    blocks = _parts(message.get("content"))
    if role != "assistant":
        return Message("user", blocks)
    if isinstance(message.get("refusal"), str):
        blocks = (*blocks, Text(message["refusal"], True))
    calls = [_call(call) for call in objects(message.get("tool_calls"))]
    legacy = message.get("function_call")
    if isinstance(legacy, dict):
        name = string(legacy.get("name"))
        calls.append(ToolUse(name, _arguments(legacy.get("arguments")), name))
    return Message("assistant", (*_past_thinking(message), *blocks, *calls))


def _past_thinking(message: JsonObject) -> tuple[Thinking, ...]:
    """Return the thinking that a client sends back. It has no signature on this wire."""
    text = string(message.get("reasoning_content"))
    return (Thinking(text),) if text else ()


def _parts(content: Json) -> tuple[Block, ...]:
    if isinstance(content, str):
        return (Text(content),) if content else ()
    parts: list[Block] = []
    for part in objects(content):
        is_text = part.get("type") == "text"
        text = part.get("text" if is_text else "refusal")
        parts.append(Text(text, not is_text) if isinstance(text, str) else Media(string(part.get("type"))))
    return tuple(parts)


def _call(call: JsonObject) -> ToolUse:
    custom = mapping(call.get("custom"))
    if custom:
        return ToolUse(string(custom.get("name")), {"input": string(custom.get("input"))}, string(call.get("id")), True)
    function = mapping(call.get("function"))
    return ToolUse(string(function.get("name")), _arguments(function.get("arguments")), string(call.get("id")))


def _arguments(arguments: Json) -> JsonObject:
    """Return the arguments of a past call. A client may echo broken JSON, which the real API accepts unread."""
    return mapping(json_or_none(string(arguments)))


def read_tool(tool: JsonObject) -> Tool:
    """Return a tool in OpenAI's shape, or in D1's (`input_schema`), which the managed routes accept too."""
    custom = mapping(tool.get("custom"))
    if custom:
        return Tool(string(custom.get("name")), string(custom.get("description")), _FREE_TEXT, True)
    function = mapping(tool.get("function")) or tool
    schema = mapping(function.get("parameters")) or mapping(function.get("input_schema"))
    return Tool(string(function.get("name")), string(function.get("description")), schema)


def _tool_choice(choice: Json) -> ToolChoice:
    if isinstance(choice, str):
        return _CHOICES.get(choice, _CHOICES["auto"])
    if not isinstance(choice, dict):
        return _CHOICES["auto"]
    allowed = choice.get("allowed_tools")
    if isinstance(allowed, dict):
        return _allowed_tools(allowed)
    function = choice.get("function") or choice.get("custom")
    name = function.get("name") if isinstance(function, dict) else choice.get("name")
    return ToolChoice("tool", name) if isinstance(name, str) else _CHOICES.get(string(choice.get("type")), ToolChoice())


def _allowed_tools(allowed: JsonObject) -> ToolChoice:
    """Return the choice among some of the offered tools."""
    names = [
        string((mapping(tool.get("function")) or mapping(tool.get("custom")) or tool).get("name"))
        for tool in objects(allowed.get("tools"))
    ]
    return ToolChoice("required" if allowed.get("mode") == "required" else "auto", allowed=tuple(names))


def _max_tokens(body: JsonObject, default: int | None) -> int | None:
    limits = [whole_number(body.get(name)) for name in ("max_completion_tokens", "max_tokens")]
    return next((limit for limit in limits if limit is not None), default)


def _stop_sequences(stop: Json) -> tuple[str, ...]:
    return (stop,) if isinstance(stop, str) else strings(stop)


def _response_format(value: Json) -> ResponseFormat | None:
    """Return the answer's form. A `json_schema` without a schema asks for any object."""
    asked = mapping(value)
    if asked.get("type") == "json_object":
        return ResponseFormat()
    if asked.get("type") != "json_schema":
        return None
    schema = mapping(asked.get("json_schema")).get("schema")
    return ResponseFormat(schema if isinstance(schema, dict) else None, "response_format.json_schema.schema")


def _thinking(body: JsonObject) -> Literal["none", "shown", "hidden"]:
    """Return what a request asks for: `reasoning_effort` (OpenAI), `reasoning` (OpenRouter) or `thinking` (DeepSeek).

    An effort of `none`, `enabled: false` and any type but `enabled` ask for no thinking.
    """
    reasoning = mapping(body.get("reasoning"))
    efforts = string(body.get("reasoning_effort")), string(reasoning.get("effort"))
    is_asked = any(effort not in ("", "none") for effort in efforts)
    is_asked = is_asked or reasoning.get("enabled") is True or bool(whole_number(reasoning.get("max_tokens")))
    is_asked = is_asked or mapping(body.get("thinking")).get("type") == "enabled"
    if not is_asked or reasoning.get("enabled") is False:
        return "none"
    return "hidden" if reasoning.get("exclude") is True else "shown"
