"""A response in neutral words: the way back from what `reply` renders."""

from collections.abc import Iterator, Mapping

from mockserver.core.conversation import JsonObject, ReplyBlock, Stop, Text, Thinking, ToolUse, Usage
from mockserver.wires.json_values import mapping, objects, parsed, string, whole_number
from mockserver.wires.wire import ReadReply

INCOMPLETE: Mapping[str, Stop] = {"max_output_tokens": "max_tokens", "content_filter": "refusal"}
"""Why a response is incomplete -> the neutral stop reason."""


def reply_of(body: JsonObject) -> ReadReply:
    """Return the reply that a response was rendered from, as far as a client can tell."""
    blocks = tuple([block for item in objects(body.get("output")) for block in _blocks(item)])
    return ReadReply(blocks, _stop(body, blocks), _usage(mapping(body.get("usage"))))


def _stop(body: JsonObject, blocks: tuple[ReplyBlock, ...]) -> Stop | None:
    if body.get("status") == "incomplete":
        return INCOMPLETE.get(string(mapping(body.get("incomplete_details")).get("reason")))
    if body.get("status") != "completed":
        return None
    if any(isinstance(block, ToolUse) for block in blocks):
        return "tool_use"
    is_refusal = any(isinstance(block, Text) and block.is_refusal for block in blocks)
    return "refusal" if is_refusal else "end_turn"


def _blocks(item: JsonObject) -> Iterator[ReplyBlock]:
    name, id = string(item.get("name")), string(item.get("call_id"))
    match item.get("type"):
        case "message":
            for part in objects(item.get("content")):
                yield Text(string(part.get("text", part.get("refusal"))), "refusal" in part)
        case "reasoning":
            text = "".join([string(part.get("text")) for part in objects(item.get("summary"))])
            yield Thinking(text, string(item.get("encrypted_content")), redacted=not text)
        case "function_call":
            yield ToolUse(name, mapping(parsed(string(item.get("arguments")))), id)
        case "custom_tool_call":
            yield ToolUse(name, {"input": string(item.get("input"))}, id, is_custom=True)


def _usage(usage: JsonObject) -> Usage | None:
    sent, output = whole_number(usage.get("input_tokens")), whole_number(usage.get("output_tokens"))
    if sent is None or output is None:
        return None
    cached = mapping(usage.get("input_tokens_details"))
    return Usage(
        input=sent,
        output=output,
        thinking=whole_number(mapping(usage.get("output_tokens_details")).get("reasoning_tokens")) or 0,
        cache_read=whole_number(cached.get("cached_tokens")) or 0,
        cache_write=whole_number(cached.get("cache_write_tokens")) or 0,
    )
