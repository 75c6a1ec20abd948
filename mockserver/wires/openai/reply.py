"""The answer of the chat completions routes: one body, or a stream of chunks (D0, D1, D3, D4).

A stream opens with the role and carries content and tool-call deltas (the first of a call with its index, id, type and
name; the rest with the index and a piece of the arguments). Text by which the model refuses is `refusal` instead of
`content`. The chunk with the finish reason follows, then, only when
`stream_options.include_usage` asked for it, one chunk with the usage and no choices, and at last `[DONE]`.

A client that asks for several choices (`n`) gets the same reply as many times, one choice after the other.

Thinking is `reasoning_content` (OBS, SDK), which OpenAI's own API does not send. Redacted thinking only costs tokens.

The variants differ by top-level fields alone (`Reply.extras`): BYOK adds provider, iterations, total_tokens_used and
finish_reason (D4), managed adds the credits (OBS). In a stream they are on the chunk with the finish reason.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

import orjson

from mockserver.core.actions import Data
from mockserver.core.conversation import (
    Reply,
    ReplyBlock,
    Stop,
    Text,
    Thinking,
    ToolUse,
    Usage,
    compact_json,
    refusal_text,
)
from mockserver.wires.chunks import Chunk, argument_pieces, text_pieces
from mockserver.wires.openai.logprobs import logprobs
from mockserver.wires.sse import DONE, frame
from mockserver.wires.wire import Object

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


def finish_reason(stop: Stop, blocks: Sequence[ReplyBlock]) -> str:
    """Return the finish reason of a reply. A refusal in words of the model's own ends as any answer: `stop`."""
    return "stop" if stop == "refusal" and refusal_text(blocks) else FINISH[stop]


_CACHED_TEXT = 4_096
"""Only short texts keep their deltas: the memory of the cache stays under a few MB."""


def whole(reply: Reply) -> bytes:
    """Return the body of a whole answer."""
    return orjson.dumps(
        {
            "id": ID_PREFIX + reply.id,
            "object": "chat.completion",
            "created": reply.created,
            "model": reply.model,
            "choices": [_choice(reply, number) for number in range(reply.choices)],
            "usage": _usage(reply.usage),
            **reply.extras,
        }
    )


def _choice(reply: Reply, number: int) -> dict[str, object]:
    """Return one choice of a whole answer."""
    calls = [_call(block, _arguments(block), number) for block in reply.blocks if isinstance(block, ToolUse)]
    refusal = refusal_text(reply.blocks)
    text = "".join([block.text for block in reply.blocks if isinstance(block, Text) and not block.is_refusal])
    content = text if text or not (calls or refusal) else None
    message: dict[str, object] = {
        "role": "assistant",
        "content": content,
        "refusal": refusal or None,
        "annotations": [],
    }
    thinking = "".join([_visible(block) for block in reply.blocks])
    if thinking:
        message["reasoning_content"] = thinking
    if calls:
        message["tool_calls"] = calls
    return {
        "index": number,
        "message": message,
        "logprobs": _logprobs(reply, text, refusal),
        "finish_reason": finish_reason(reply.stop, reply.blocks),
    }


def _logprobs(reply: Reply, text: str, refusal: str) -> Object | None:
    """Return the log probabilities of a whole answer, or None if the client asked for none."""
    if reply.logprobs is None:
        return None
    content = logprobs(text, reply.logprobs)
    return {**content, "refusal": logprobs(refusal, reply.logprobs)["content"]} if refusal else content


def frames(reply: Reply, chunk: Chunk, include_usage: bool) -> list[Data]:
    """Return the frames of a streamed answer, in order."""
    head: dict[str, object] = {
        "id": ID_PREFIX + reply.id,
        "object": "chat.completion.chunk",
        "created": reply.created,
        "model": reply.model,
    }
    frames: list[Data] = []
    for number in range(reply.choices):
        frames += _choice_frames(reply, number, chunk, include_usage, head)
    if include_usage:
        frames.append(Data(frame(orjson.dumps({**head, "choices": [], "usage": _usage(reply.usage)})), "usage"))
    frames.append(DONE)
    return frames


def _choice_frames(
    reply: Reply, number: int, chunk: Chunk, include_usage: bool, head: dict[str, object]
) -> Iterator[Data]:
    """Yield the frames of one choice, from its role to its finish reason. The last choice ends with the extras."""
    closing = b',"logprobs":null,"finish_reason":null}]'
    closing += b',"usage":null}\n\n' if include_usage else b"}\n\n"
    opening = b"data: %b," % orjson.dumps(head)[:-1] + b'"choices":[{"index":%d,"delta":' % number
    yield Data(opening + _role(reply) + closing, "role")
    calls = 0
    for block in reply.blocks:
        if isinstance(block, Text):
            before = opening + (b'{"refusal":' if block.is_refusal else b'{"content":')
            if reply.logprobs is None:
                make = _cached_tails if len(block.text) <= _CACHED_TEXT else _tails
                yield from [Data(before + tail, "text") for tail in make(block.text, chunk, closing)]
            else:
                tails = _tails_with_logprobs(block, chunk, closing, reply.logprobs)
                yield from [Data(before + tail, "text") for tail in tails]
        elif isinstance(block, Thinking):
            before = opening + b'{"reasoning_content":'
            yield from [Data(before + tail, "reasoning") for tail in _tails(_visible(block), chunk, closing)]
        else:
            yield from _call_frames(calls, block, number, chunk, opening, closing)
            calls += 1
    reason = finish_reason(reply.stop, reply.blocks)
    finish = {"index": number, "delta": {}, "logprobs": None, "finish_reason": reason}
    extras = reply.extras if number == reply.choices - 1 else {}
    last = {**head, "choices": [finish], **extras} | ({"usage": None} if include_usage else {})
    yield Data(frame(orjson.dumps(last)), "finish")


def _call(block: ToolUse, arguments: str, choice: int) -> dict[str, object]:
    """Return a tool call with these arguments: JSON for a function, free text for a custom tool.

    Its id is unique among all choices.
    """
    id = f"{block.id}_{choice}" if choice else block.id
    if block.is_custom:
        return {"id": id, "type": "custom", "custom": {"name": block.name, "input": arguments}}
    return {"id": id, "type": "function", "function": {"name": block.name, "arguments": arguments}}


def _arguments(block: ToolUse) -> str:
    text = block.input.get("input") if block.is_custom else None
    return text if isinstance(text, str) else compact_json(block.input)


def _role(reply: Reply) -> bytes:
    """Return the first delta. The content of an answer that only refuses is null."""
    texts = [block for block in reply.blocks if isinstance(block, Text)]
    has_calls = any(isinstance(block, ToolUse) for block in reply.blocks)
    only_refuses = bool(texts) and not has_calls and all(text.is_refusal for text in texts)
    return b'{"role":"assistant","content":%b,"refusal":null}' % (b"null" if only_refuses else b'""')


def _visible(block: ReplyBlock) -> str:
    """Return the thinking of a block that a client gets to see."""
    return block.text if isinstance(block, Thinking) and not block.redacted else ""


def _tails(text: str, chunk: Chunk, closing: bytes) -> tuple[bytes, ...]:
    """Return what follows the head of each text delta: its piece, and the rest of the chunk."""
    after = b"}" + closing
    return tuple([orjson.dumps(piece) + after for piece in text_pieces(text, chunk)])


_cached_tails = lru_cache(maxsize=256)(_tails)


def _tails_with_logprobs(block: Text, chunk: Chunk, closing: bytes, alternatives: int) -> Iterator[bytes]:
    """Yield what follows the head of each text delta, with the log probabilities of its own tokens."""
    field = "refusal" if block.is_refusal else "content"
    for piece in text_pieces(block.text, chunk):
        probabilities = orjson.dumps(logprobs(piece, alternatives, field))
        yield orjson.dumps(piece) + b"}" + closing.replace(b"null", probabilities, 1)


def _call_frames(index: int, block: ToolUse, choice: int, chunk: Chunk, opening: bytes, closing: bytes) -> list[Data]:
    first = {"index": index, **_call(block, "", choice)}
    field = b'"custom":{"input":' if block.is_custom else b'"function":{"arguments":'
    before = opening + b'{"tool_calls":[{"index":%d,%b' % (index, field)
    after = b"}}]}" + closing
    return [
        Data(opening + b'{"tool_calls":[%b]}' % orjson.dumps(first) + closing, "tool_call"),
        *[
            Data(before + orjson.dumps(piece) + after, "tool_call")
            for piece in argument_pieces(_arguments(block), chunk)
        ],
    ]


def _usage(usage: Usage) -> dict[str, object]:
    counts = {"prompt_tokens": usage.input, "completion_tokens": usage.output, "total_tokens": usage.total}
    prompt = {"prompt_tokens_details": _cached(usage)} if usage.caches else {}
    details = {"completion_tokens_details": {"reasoning_tokens": usage.thinking}} if usage.thinking else {}
    return {**counts, **prompt, **details}


def _cached(usage: Usage) -> dict[str, int]:
    written = {"cache_write_tokens": usage.cache_write} if usage.cache_write else {}
    return {"cached_tokens": usage.cache_read, **written}
