"""Frames that a healthy stream of the OpenAI wire does not have, for faults."""

from collections.abc import Sequence

import orjson

from mockserver.core.actions import Data
from mockserver.core.conversation import JsonObject, Thinking
from mockserver.wires.sse import frame
from mockserver.wires.wire import ERROR_EVENT, Addition, Object


def text_delta(first: JsonObject, text: str) -> Data:
    """Return one more chunk with text, under the id and the model of the first chunk."""
    return _chunk(first, {"content": text})


def unknown(what: str, kinds: Sequence[str]) -> Addition | None:
    """Return an event of a kind that is not known. This wire has no kinds of blocks and deltas."""
    if what != "event":
        return None
    return Addition((Data(frame(b'{"type":"future_event","data":{}}'), ERROR_EVENT),))


def reasoning(first: JsonObject, thinking: Thinking) -> Addition:
    """Return a chunk with `reasoning_content`."""
    return Addition((_chunk(first, {"reasoning_content": thinking.text}, "reasoning"),))


def whole_reasoning(body: Object, thinking: Thinking) -> None:
    """Put `reasoning_content` into the message of a complete answer, before any that it has."""
    message = body["choices"][0]["message"]
    message["reasoning_content"] = thinking.text + (message.get("reasoning_content") or "")


def thinking_as_text(data: Object) -> bool:
    """Turn the `reasoning_content` of a chunk into `content`."""
    deltas = [choice["delta"] for choice in data.get("choices") or () if "reasoning_content" in choice["delta"]]
    for delta in deltas:
        delta["content"] = delta.pop("reasoning_content")
    return bool(deltas)


def whole_thinking_as_text(body: Object, opening: str, closing: str) -> None:
    """Put the `reasoning_content` of a complete answer before its `content`."""
    message = body["choices"][0]["message"]
    message["content"] = opening + message.pop("reasoning_content") + closing + (message.get("content") or "")


def _chunk(first: JsonObject, delta: JsonObject, kind: str = "text") -> Data:
    head = {key: value for key, value in first.items() if key not in ("choices", "usage")}
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}
    return Data(frame(orjson.dumps({**head, "choices": [choice]})), kind)
