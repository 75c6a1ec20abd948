"""Frames that a healthy stream of the Anthropic wire does not have, for faults."""

from collections.abc import Sequence

from mockserver.core.actions import Data
from mockserver.core.conversation import JsonObject, Thinking
from mockserver.wires.anthropic.reply import event, thinking_frames, whole_thinking
from mockserver.wires.wire import Addition, Object


def text_delta(first: JsonObject, text: str) -> Data:
    """Return one more delta of the first block."""
    return _delta({"type": "text_delta", "text": text})


def unknown(what: str, kinds: Sequence[str]) -> Addition | None:
    """Return an event, a delta of the first block, or one more block after the last, of a kind that is not known."""
    if what == "event":
        return Addition((event("future_event", {"type": "future_event", "data": {}}),))
    if what == "delta":
        return Addition((_delta({"type": "future_delta"}),), before="content_block_stop")
    index = kinds.count("content_block_start")
    return Addition((_start(index, {"type": "future_block"}), _stop(index)), before="message_delta")


def reasoning(first: JsonObject, thinking: Thinking) -> Addition:
    """Return a block of thinking, in one delta, with its signature."""
    return Addition(tuple(thinking_frames(0, thinking, "whole")), before="content_block_start", blocks=1)


def whole_reasoning(body: Object, thinking: Thinking) -> None:
    """Put a block of thinking before the content of a complete answer."""
    body["content"] = [whole_thinking(thinking), *body["content"]]


def thinking_as_text(data: Object) -> bool:
    """Turn an event of a thinking block into one of a text block. A signature becomes an empty text."""
    block, delta = data.get("content_block") or {}, data.get("delta") or {}
    if block.get("type") == "thinking":
        data["content_block"] = {"type": "text", "text": ""}
    elif "thinking" in delta or "signature" in delta:
        data["delta"] = {"type": "text_delta", "text": delta.get("thinking", "")}
    else:
        return False
    return True


def whole_thinking_as_text(body: Object, opening: str, closing: str) -> None:
    """Turn the thinking blocks of a complete answer into text blocks."""
    body["content"] = [
        {"type": "text", "text": opening + block["thinking"] + closing} if "thinking" in block else block
        for block in body["content"]
    ]


def _start(index: int, block: JsonObject) -> Data:
    data = {"type": "content_block_start", "index": index, "content_block": block}
    return event("content_block_start", data)


def _delta(delta: JsonObject) -> Data:
    return event("content_block_delta", {"type": "content_block_delta", "index": 0, "delta": delta})


def _stop(index: int) -> Data:
    return event("content_block_stop", {"type": "content_block_stop", "index": index})
