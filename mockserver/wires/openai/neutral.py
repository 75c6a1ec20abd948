"""A chat completion in neutral words: the way back from what `reply` renders. Only the first choice is read."""

from collections.abc import Iterator, Mapping

from mockserver.core.conversation import JsonObject, ReplyBlock, Stop, Text, Thinking, ToolUse, Usage
from mockserver.wires.json_values import mapping, objects, parsed, string, whole_number
from mockserver.wires.wire import ReadReply

STOPS: Mapping[str, Stop] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
}
"""`finish_reason` -> the neutral stop reason. A stop sequence has no word of its own on this wire."""


def reply_of(body: JsonObject) -> ReadReply:
    """Return the reply that a completion was rendered from, as far as a client can tell."""
    choice = next(iter(objects(body.get("choices"))), {})
    blocks = tuple(_blocks(mapping(choice.get("message"))))
    stop = STOPS.get(string(choice.get("finish_reason")))
    if stop == "end_turn" and any(isinstance(block, Text) and block.is_refusal for block in blocks):
        stop = "refusal"
    return ReadReply(blocks, stop, _usage(mapping(body.get("usage"))))


def _blocks(message: JsonObject) -> Iterator[ReplyBlock]:
    if thinking := string(message.get("reasoning_content")):
        yield Thinking(thinking)
    if text := string(message.get("content")):
        yield Text(text)
    if refusal := string(message.get("refusal")):
        yield Text(refusal, is_refusal=True)
    for call in objects(message.get("tool_calls")):
        yield _call(call)


def _call(call: JsonObject) -> ToolUse:
    id = string(call.get("id"))
    if custom := mapping(call.get("custom")):
        return ToolUse(string(custom.get("name")), {"input": string(custom.get("input"))}, id, is_custom=True)
    function = mapping(call.get("function"))
    return ToolUse(string(function.get("name")), mapping(parsed(string(function.get("arguments")))), id)


def _usage(usage: JsonObject) -> Usage | None:
    sent, output = whole_number(usage.get("prompt_tokens")), whole_number(usage.get("completion_tokens"))
    if sent is None or output is None:
        return None
    cached = mapping(usage.get("prompt_tokens_details"))
    return Usage(
        input=sent,
        output=output,
        thinking=whole_number(mapping(usage.get("completion_tokens_details")).get("reasoning_tokens")) or 0,
        cache_read=whole_number(cached.get("cached_tokens")) or 0,
        cache_write=whole_number(cached.get("cache_write_tokens")) or 0,
    )
