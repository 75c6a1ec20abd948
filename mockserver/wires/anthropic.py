"""The Anthropic Messages wire: POST /v1/messages, its request, its answer, its stream (D1).

Streams carry the full sequence that official SDKs read: `message_start`, then for every block
`content_block_start`, its deltas and `content_block_stop`, then `message_delta` and `message_stop`, with one `ping`
after the first block's start. Every frame has an `event:` line, without which the Anthropic SDKs skip it.
`message_start` says the input tokens and one output token (the first is on its way); `message_delta` says the final
count.

The body has passed the contract's schema before it is parsed here; `check` adds what a schema cannot say.
"""

from collections.abc import Iterator, Mapping, Sequence
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
    ReplyBlock,
    Text,
    Tool,
    ToolChoice,
    ToolResult,
    ToolUse,
    Usage,
    compact_json,
)
from mockserver.core.errors import Refusal
from mockserver.wires.chunks import Chunk, argument_pieces, text_pieces
from mockserver.wires.pairing import Unpaired, find_unpaired
from mockserver.wires.sse import frame

ID_PREFIX = "msg_"
TOOL_ID_PREFIX = "toolu_"

_CACHED_TEXT = 4_096
"""Only short texts keep their frames: the memory of the cache stays under a few MB."""

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


def parse(body: JsonObject, default_max_tokens: int | None) -> Conversation:
    """A valid body -> the conversation."""
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
    """JSON Schema takes 5.0 for an integer."""
    return None if value is None else int(value)


def check(conversation: Conversation) -> None:
    """Refuse a conversation that the real API would refuse: wrong order of roles, unpaired tool calls."""
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


def whole(reply: Reply) -> bytes:
    """The body of a whole answer."""
    message = _message(reply, [_whole_block(block) for block in reply.blocks], reply.usage)
    message["stop_reason"] = reply.stop
    message["stop_sequence"] = reply.stop_sequence
    return orjson.dumps(message)


def frames(reply: Reply, chunk: Chunk) -> list[Data]:
    """The frames of a streamed answer, in order."""
    started = Usage(reply.usage.input, min(1, reply.usage.output))
    found = [_event("message_start", {"type": "message_start", "message": _message(reply, [], started)})]
    for index, block in enumerate(reply.blocks):
        if isinstance(block, Text):
            found += _text_frames(index, block.text, chunk)
        else:
            found += _tool_frames(index, block, chunk)
    if reply.blocks:
        found.insert(2, _PING)
    delta = {"stop_reason": reply.stop, "stop_sequence": reply.stop_sequence}
    usage = {"input_tokens": reply.usage.input, "output_tokens": reply.usage.output}
    found.append(_event("message_delta", {"type": "message_delta", "delta": delta, "usage": usage}))
    found.append(_MESSAGE_STOP)
    return found


def _message(reply: Reply, content: list[dict[str, object]], usage: Usage) -> dict[str, object]:
    return {
        "id": ID_PREFIX + reply.id,
        "type": "message",
        "role": "assistant",
        "model": reply.model,
        "content": content,
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {
            "input_tokens": usage.input,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": usage.output,
        },
        **reply.extras,
    }


def _whole_block(block: ReplyBlock) -> dict[str, object]:
    if isinstance(block, Text):
        return {"type": "text", "text": block.text}
    return {"type": "tool_use", "id": block.id, "name": block.name, "input": block.input}


def _event(name: str, data: JsonObject) -> Data:
    return Data(frame(orjson.dumps(data), name), name)


_PING = _event("ping", {"type": "ping"})
_MESSAGE_STOP = _event("message_stop", {"type": "message_stop"})


def _text_frames(index: int, text: str, chunk: Chunk) -> Sequence[Data]:
    make = _cached_text_frames if len(text) <= _CACHED_TEXT else _make_text_frames
    return make(index, text, chunk)


def _make_text_frames(index: int, text: str, chunk: Chunk) -> tuple[Data, ...]:
    opening = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,"delta":' % index
    opening += b'{"type":"text_delta","text":'
    return (
        _start(index, {"type": "text", "text": ""}),
        *_deltas(opening, text_pieces(text, chunk)),
        _stop(index),
    )


_cached_text_frames = lru_cache(maxsize=256)(_make_text_frames)


def _tool_frames(index: int, block: ToolUse, chunk: Chunk) -> Iterator[Data]:
    opening = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,"delta":' % index
    opening += b'{"type":"input_json_delta","partial_json":'
    yield _start(index, {"type": "tool_use", "id": block.id, "name": block.name, "input": {}})
    yield from _deltas(opening, ["", *argument_pieces(compact_json(block.input), chunk)])
    yield _stop(index)


def _start(index: int, block: JsonObject) -> Data:
    return _event("content_block_start", {"type": "content_block_start", "index": index, "content_block": block})


def _deltas(opening: bytes, pieces: Sequence[str]) -> list[Data]:
    return [Data(opening + orjson.dumps(piece) + b"}}\n\n", "content_block_delta") for piece in pieces]


def _stop(index: int) -> Data:
    return _event("content_block_stop", {"type": "content_block_stop", "index": index})
