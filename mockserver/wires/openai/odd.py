"""Frames that a healthy stream of the OpenAI wire does not have, for faults."""

from collections.abc import Sequence

import orjson

from mockserver.core.actions import Data
from mockserver.core.conversation import JsonObject
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


def reasoning(first: JsonObject, text: str) -> Addition:
    """Return a chunk with `reasoning_content`."""
    return Addition((_chunk(first, {"reasoning_content": text}),))


def whole_reasoning(body: Object, text: str) -> None:
    """Put `reasoning_content` into the message of a complete answer."""
    body["choices"][0]["message"]["reasoning_content"] = text


def _chunk(first: JsonObject, delta: JsonObject) -> Data:
    head = {key: value for key, value in first.items() if key not in ("choices", "usage")}
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}
    return Data(frame(orjson.dumps({**head, "choices": [choice]})), "text")
