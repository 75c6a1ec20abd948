"""A message of the Anthropic wire in neutral words: the way back from what `reply` renders."""

from collections.abc import Iterator, Mapping

from mockserver.core.conversation import JsonObject, ReplyBlock, Stop, Text, Thinking, ToolUse, Usage
from mockserver.wires.json_values import mapping, objects, string, whole_number
from mockserver.wires.wire import ReadReply

STOPS: Mapping[str, Stop] = {
    "end_turn": "end_turn",
    "max_tokens": "max_tokens",
    "stop_sequence": "stop_sequence",
    "tool_use": "tool_use",
    "refusal": "refusal",
}
"""`stop_reason` -> the neutral stop reason."""


def reply_of(body: JsonObject) -> ReadReply:
    """Return the reply that a message was rendered from, as far as a client can tell."""
    stop = STOPS.get(string(body.get("stop_reason")))
    return ReadReply(tuple(_blocks(body, stop == "refusal")), stop, _usage(mapping(body.get("usage"))))


def _blocks(body: JsonObject, is_refusal: bool) -> Iterator[ReplyBlock]:
    for block in objects(body.get("content")):
        match block.get("type"):
            case "text":
                yield Text(string(block.get("text")), is_refusal)
            case "thinking":
                yield Thinking(string(block.get("thinking")), string(block.get("signature")))
            case "redacted_thinking":
                yield Thinking("", string(block.get("data")), redacted=True)
            case "tool_use":
                yield ToolUse(string(block.get("name")), mapping(block.get("input")), string(block.get("id")))


def _usage(usage: JsonObject) -> Usage | None:
    """Return the token counts. This wire counts the cached tokens beside the others, not among them."""
    uncached, output = whole_number(usage.get("input_tokens")), whole_number(usage.get("output_tokens"))
    if uncached is None or output is None:
        return None
    read = whole_number(usage.get("cache_read_input_tokens")) or 0
    written = whole_number(usage.get("cache_creation_input_tokens")) or 0
    return Usage(
        input=uncached + read + written,
        output=output,
        thinking=whole_number(mapping(usage.get("output_tokens_details")).get("thinking_tokens")) or 0,
        cache_read=read,
        cache_write=written,
        cache_write_1h=whole_number(mapping(usage.get("cache_creation")).get("ephemeral_1h_input_tokens")) or 0,
    )
