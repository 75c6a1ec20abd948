"""The answer of POST /v1/messages: one body, or the stream of events that official SDKs read (D1).

A stream opens with `message_start`; then each block has `content_block_start`, its deltas and `content_block_stop`;
`message_delta` and `message_stop` end it. One `ping` follows the first block's start. Every frame has an `event:` line,
without which the Anthropic SDKs skip it. `message_start` reports the input tokens and one output token (the first is
on its way); `message_delta` reports the final count, and the cached tokens again.

The last delta of a thinking block is its signature. Redacted thinking has no deltas: its start has everything.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache

import msgspec
import orjson

from mockserver.core.actions import Data
from mockserver.core.conversation import (
    JsonObject,
    Reply,
    ReplyBlock,
    Text,
    Thinking,
    ToolUse,
    Usage,
    compact_json,
    refusal_text,
)
from mockserver.wires.chunks import Chunk, argument_pieces, text_pieces
from mockserver.wires.sse import frame

ID_PREFIX = "msg_"
TOOL_ID_PREFIX = "toolu_"

_CACHED_TEXT = 4_096
"""Only short texts keep their frames: the memory of the cache stays under a few MB."""


def whole(reply: Reply) -> bytes:
    """Return the body of a whole answer."""
    message = _message(reply, [_whole_block(block) for block in reply.blocks], reply.usage)
    message["stop_reason"] = reply.stop
    message["stop_sequence"] = reply.stop_sequence
    message |= _stop_details(reply)
    return orjson.dumps(message)


def frames(reply: Reply, chunk: Chunk) -> list[Data]:
    """Return the frames of a streamed answer, in order."""
    started = msgspec.structs.replace(reply.usage, output=min(1, reply.usage.output), thinking=0)
    frames = [event("message_start", {"type": "message_start", "message": _message(reply, [], started)})]
    for index, block in enumerate(reply.blocks):
        if isinstance(block, Text):
            frames += _text_frames(index, block.text, chunk)
        elif isinstance(block, Thinking):
            frames += thinking_frames(index, block, chunk)
        else:
            frames += _tool_frames(index, block, chunk)
    if reply.blocks:
        frames.insert(2, PING)
    delta = {"stop_reason": reply.stop, "stop_sequence": reply.stop_sequence, **_stop_details(reply)}
    usage = _usage(reply.usage, _cached(reply.usage) if reply.usage.caches else {})
    frames.append(event("message_delta", {"type": "message_delta", "delta": delta, "usage": usage}))
    frames.append(_MESSAGE_STOP)
    return frames


def _message(reply: Reply, content: list[dict[str, object]], usage: Usage) -> dict[str, object]:
    return {
        "id": ID_PREFIX + reply.id,
        "type": "message",
        "role": "assistant",
        "model": reply.model,
        "content": content,
        "stop_reason": None,
        "stop_sequence": None,
        "usage": _usage(usage, _cached(usage)),
        **reply.extras,
    }


def _stop_details(reply: Reply) -> dict[str, object]:
    """Return what a refusal says of itself beside its text, which clients read as `stop_details`."""
    words = refusal_text(reply.blocks)
    if reply.stop != "refusal" or not words:
        return {}
    return {"stop_details": {"type": "refusal", "category": None, "explanation": words}}


def _usage(usage: Usage, cached: JsonObject) -> dict[str, object]:
    """Return the token counts. This wire counts the cached tokens beside the others, not among them."""
    details = {"output_tokens_details": {"thinking_tokens": usage.thinking}} if usage.thinking else {}
    return {"input_tokens": usage.uncached, **cached, "output_tokens": usage.output, **details}


def _cached(usage: Usage) -> dict[str, object]:
    counts: dict[str, object] = {
        "cache_creation_input_tokens": usage.cache_write,
        "cache_read_input_tokens": usage.cache_read,
    }
    if usage.caches:
        hour = usage.cache_write_1h
        lifetimes = {"ephemeral_5m_input_tokens": usage.cache_write - hour, "ephemeral_1h_input_tokens": hour}
        counts["cache_creation"] = lifetimes
    return counts


def _whole_block(block: ReplyBlock) -> dict[str, object]:
    if isinstance(block, Text):
        return {"type": "text", "text": block.text}
    if isinstance(block, Thinking):
        return whole_thinking(block)
    return {"type": "tool_use", "id": block.id, "name": block.name, "input": block.input}


def whole_thinking(block: Thinking) -> dict[str, object]:
    """Return a block of thinking as a whole answer has it."""
    if block.redacted:
        return {"type": "redacted_thinking", "data": block.signature}
    return {"type": "thinking", "thinking": block.text, "signature": block.signature}


def event(name: str, data: JsonObject) -> Data:
    """Return the event of this name with this data."""
    return Data(frame(orjson.dumps(data), name), name)


PING = event("ping", {"type": "ping"})
_MESSAGE_STOP = event("message_stop", {"type": "message_stop"})


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


def thinking_frames(index: int, block: Thinking, chunk: Chunk) -> Iterator[Data]:
    """Yield the frames of a thinking block."""
    if block.redacted:
        yield _start(index, whole_thinking(block))
    else:
        opening = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,"delta":' % index
        yield _start(index, {"type": "thinking", "thinking": "", "signature": ""})
        yield from _deltas(opening + b'{"type":"thinking_delta","thinking":', text_pieces(block.text, chunk))
        yield from _deltas(opening + b'{"type":"signature_delta","signature":', [block.signature])
    yield _stop(index)


def _tool_frames(index: int, block: ToolUse, chunk: Chunk) -> Iterator[Data]:
    opening = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,"delta":' % index
    opening += b'{"type":"input_json_delta","partial_json":'
    yield _start(index, {"type": "tool_use", "id": block.id, "name": block.name, "input": {}})
    yield from _deltas(opening, ["", *argument_pieces(compact_json(block.input), chunk)])
    yield _stop(index)


def _start(index: int, block: JsonObject) -> Data:
    return event("content_block_start", {"type": "content_block_start", "index": index, "content_block": block})


def _deltas(opening: bytes, pieces: Sequence[str]) -> list[Data]:
    return [Data(opening + orjson.dumps(piece) + b"}}\n\n", "content_block_delta") for piece in pieces]


def _stop(index: int) -> Data:
    return event("content_block_stop", {"type": "content_block_stop", "index": index})
