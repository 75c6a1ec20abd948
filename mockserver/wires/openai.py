"""The OpenAI chat completions wire: all chat routes, their request, their answer, their stream (D0, D1, D3, D4).

A stream opens with the role, carries content and tool-call deltas (the first of a call with its index, id, type and
name; the rest with the index and a piece of the arguments), closes with the finish reason, then, only when
`stream_options.include_usage` asked for it, one chunk with the usage and no choices, and `[DONE]`.

The variants differ by top-level fields alone (`Reply.extras`): BYOK adds provider, iterations, total_tokens_used and
finish_reason (D4), managed adds the credits (OBS). In a stream they stand on the chunk with the finish reason.
"""

from collections.abc import Mapping
from functools import lru_cache

import orjson

from mockserver.core.actions import Data
from mockserver.core.conversation import (
    Block,
    Conversation,
    Json,
    JsonObject,
    Media,
    Message,
    Reply,
    Stop,
    Text,
    Tool,
    ToolChoice,
    ToolResult,
    ToolUse,
    Usage,
    compact_json,
    joined_text,
)
from mockserver.core.errors import Refusal
from mockserver.wires.chunks import Chunk, argument_pieces, text_pieces
from mockserver.wires.pairing import find_unpaired
from mockserver.wires.sse import DONE, frame

ID_PREFIX = "chatcmpl-"
TOOL_ID_PREFIX = "call_"

FINISH: Mapping[Stop, str] = {
    "end_turn": "stop",
    "max_tokens": "length",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
"""The neutral stop reason -> `choices[0].finish_reason`."""

_CACHED_TEXT = 4_096
"""Only short texts keep their deltas: the memory of the cache stays under a few MB."""

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


def parse(body: JsonObject, default_max_tokens: int | None) -> Conversation:
    """A valid body -> the conversation. System and developer messages join into `system`."""
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
    """Refuse a conversation that the real API would refuse: nobody speaks, or unpaired tool calls."""
    if not conversation.messages:
        raise Refusal(400, "invalid_request", "messages: at least one must not be a system message", param="messages")
    unpaired = find_unpaired(conversation.messages)
    if unpaired is None:
        return
    number = _place(conversation.body, unpaired.message)
    raise Refusal(400, "invalid_request", _PAIRING[unpaired.fault].format(id=unpaired.id), param=f"messages.{number}")


def _place(body: JsonObject, number: int) -> int:
    """Where the conversation's message stands in the request, which counts its system messages too."""
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
    found: list[Block] = []
    for part in content or ():
        text = part.get("text") if part.get("type") == "text" else part.get("refusal")
        found.append(Text(text) if isinstance(text, str) else Media(str(part.get("type"))))
    return tuple(found)


def _call(call: JsonObject) -> ToolUse:
    function = call.get("function") or call.get("custom") or {}
    return ToolUse(str(function.get("name", "")), _arguments(function.get("arguments")), call["id"])


def _arguments(arguments: object) -> JsonObject:
    """The arguments of a past call. The client may echo broken JSON, which the real API takes without a look."""
    try:
        found = orjson.loads(arguments) if isinstance(arguments, str) else {}
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _tool(tool: JsonObject) -> Tool:
    """A tool in OpenAI's shape, or in D1's (`input_schema`), which the managed routes take as well."""
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


def whole(reply: Reply) -> bytes:
    """The body of a whole answer."""
    calls = [
        {"id": block.id, "type": "function", "function": {"name": block.name, "arguments": compact_json(block.input)}}
        for block in reply.blocks
        if isinstance(block, ToolUse)
    ]
    text = joined_text(reply.blocks)
    message: dict[str, object] = {"role": "assistant", "content": text if text or not calls else None, "refusal": None}
    if calls:
        message["tool_calls"] = calls
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": FINISH[reply.stop]}
    return orjson.dumps(
        {
            "id": ID_PREFIX + reply.id,
            "object": "chat.completion",
            "created": reply.created,
            "model": reply.model,
            "choices": [choice],
            "usage": _usage(reply.usage),
            **reply.extras,
        }
    )


def frames(reply: Reply, chunk: Chunk, include_usage: bool) -> list[Data]:
    """The frames of a streamed answer, in order."""
    head: dict[str, object] = {
        "id": ID_PREFIX + reply.id,
        "object": "chat.completion.chunk",
        "created": reply.created,
        "model": reply.model,
    }
    closing = b',"logprobs":null,"finish_reason":null}]'
    closing += b',"usage":null}\n\n' if include_usage else b"}\n\n"
    opening = b"data: %b," % orjson.dumps(head)[:-1] + b'"choices":[{"index":0,"delta":'
    found = [Data(opening + b'{"role":"assistant","content":"","refusal":null}' + closing, "role")]
    calls = 0
    for block in reply.blocks:
        if isinstance(block, Text):
            before = opening + b'{"content":'
            make = _cached_tails if len(block.text) <= _CACHED_TEXT else _tails
            found += [Data(before + tail, "text") for tail in make(block.text, chunk, closing)]
        else:
            found += _call_frames(calls, block, chunk, opening, closing)
            calls += 1
    finish = {"index": 0, "delta": {}, "logprobs": None, "finish_reason": FINISH[reply.stop]}
    last = {**head, "choices": [finish], **reply.extras} | ({"usage": None} if include_usage else {})
    found.append(Data(frame(orjson.dumps(last)), "finish"))
    if include_usage:
        found.append(Data(frame(orjson.dumps({**head, "choices": [], "usage": _usage(reply.usage)})), "usage"))
    found.append(DONE)
    return found


def _tails(text: str, chunk: Chunk, closing: bytes) -> tuple[bytes, ...]:
    """What follows the head of each text delta: its piece, and the rest of the chunk."""
    after = b"}" + closing
    return tuple([orjson.dumps(piece) + after for piece in text_pieces(text, chunk)])


_cached_tails = lru_cache(maxsize=256)(_tails)


def _call_frames(index: int, block: ToolUse, chunk: Chunk, opening: bytes, closing: bytes) -> list[Data]:
    first = {
        "index": index,
        "id": block.id,
        "type": "function",
        "function": {"name": block.name, "arguments": ""},
    }
    before = opening + b'{"tool_calls":[{"index":%d,"function":{"arguments":' % index
    after = b"}}]}" + closing
    return [
        Data(opening + b'{"tool_calls":[%b]}' % orjson.dumps(first) + closing, "tool_call"),
        *[
            Data(before + orjson.dumps(piece) + after, "tool_call")
            for piece in argument_pieces(compact_json(block.input), chunk)
        ],
    ]


def _usage(usage: Usage) -> dict[str, int]:
    return {"prompt_tokens": usage.input, "completion_tokens": usage.output, "total_tokens": usage.total}
