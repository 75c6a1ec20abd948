"""Frames that a healthy stream of the Anthropic wire does not have, for faults."""

from collections.abc import Sequence

from mockserver.core.actions import Data
from mockserver.core.conversation import JsonObject
from mockserver.wires.anthropic.reply import event
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


def reasoning(first: JsonObject, text: str) -> Addition:
    """Return a block of thinking, with its signature."""
    frames = (
        _start(0, {"type": "thinking", "thinking": "", "signature": ""}),
        _delta({"type": "thinking_delta", "thinking": text}),
        _delta({"type": "signature_delta", "signature": "mock"}),
        _stop(0),
    )
    return Addition(frames, before="content_block_start", blocks=1)


def whole_reasoning(body: Object, text: str) -> None:
    """Put a block of thinking before the content of a complete answer."""
    body["content"] = [{"type": "thinking", "thinking": text, "signature": "mock"}, *body["content"]]


def _start(index: int, block: JsonObject) -> Data:
    data = {"type": "content_block_start", "index": index, "content_block": block}
    return event("content_block_start", data)


def _delta(delta: JsonObject) -> Data:
    return event("content_block_delta", {"type": "content_block_delta", "index": 0, "delta": delta})


def _stop(index: int) -> Data:
    return event("content_block_stop", {"type": "content_block_stop", "index": index})
