"""Frames that a healthy stream of the Responses wire does not have, for faults."""

from collections.abc import Sequence

from mockserver.core.actions import Data
from mockserver.core.conversation import JsonObject, Thinking
from mockserver.wires.json_values import mapping, objects
from mockserver.wires.openai_responses.reply import UNCUT, event, item_frames
from mockserver.wires.openai_responses.reply import reasoning as reasoning_item
from mockserver.wires.wire import Addition, Object


def text_delta(first: JsonObject, text: str) -> Data:
    """Return one more delta of the first item."""
    place = {"item_id": _item_id(first, "msg_"), "output_index": 0, "content_index": 0}
    return event("output_text.delta", 0, {**place, "delta": text, "logprobs": []})


def unknown(what: str, kinds: Sequence[str]) -> Addition | None:
    """Return an event, or an output item after the last, of a kind that is not known. Deltas have no kinds here."""
    if what == "delta":
        return None
    if what == "event":
        return Addition((event("future_event", len(kinds), {}),))
    number = kinds.count("response.output_item.added")
    item = {"id": "future_1", "type": "future_item"}
    return Addition(tuple(item_frames(item, number, len(kinds) - 1, UNCUT)), before=kinds[-1])


def reasoning(first: JsonObject, thinking: Thinking) -> Addition:
    """Return a reasoning item whose summary comes in one delta."""
    item = {"id": _item_id(first, "rs_"), **reasoning_item(thinking)}
    return Addition(tuple(item_frames(item, 0, 2, UNCUT)), before="response.output_item.added", blocks=1)


def whole_reasoning(body: Object, thinking: Thinking) -> None:
    """Put a reasoning item before the output of a complete answer."""
    body["output"] = [{"id": _item_id({"response": body}, "rs_"), **reasoning_item(thinking)}, *body["output"]]


def thinking_as_text(data: Object) -> bool:
    """Turn an event of a reasoning item into one of a message, which has the same parts under other names."""
    item, part, index = mapping(data.get("item")), mapping(data.get("part")), data.pop("summary_index", None)
    if item.get("type") == "reasoning":
        data["item"] = _as_message(item)
    elif index is not None:
        data["type"] = _AS_TEXT[data["type"]]
        data["content_index"] = index
        if part:
            data["part"] = _as_text(part)
    else:
        return False
    return True


_AS_TEXT = {
    "response.reasoning_summary_part.added": "response.content_part.added",
    "response.reasoning_summary_text.delta": "response.output_text.delta",
    "response.reasoning_summary_text.done": "response.output_text.done",
    "response.reasoning_summary_part.done": "response.content_part.done",
}
"""Type of an event of thinking -> that of the same event of text."""


def whole_thinking_as_text(body: Object, opening: str, closing: str) -> None:
    """Turn the reasoning items of a complete answer into messages."""
    body["output"] = [
        _as_message(item, opening, closing) if item.get("type") == "reasoning" else item for item in body["output"]
    ]


def _as_message(item: JsonObject, opening: str = "", closing: str = "") -> Object:
    content = [_as_text(part, opening, closing) for part in objects(item.get("summary"))]
    return {
        "id": item.get("id"),
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "content": content,
    }


def _as_text(part: JsonObject, opening: str = "", closing: str = "") -> Object:
    return {"type": "output_text", "text": f"{opening}{part.get('text')}{closing}", "annotations": [], "logprobs": []}


def _item_id(first: JsonObject, prefix: str) -> str:
    """Return an id for an item of a response, which no item of it has."""
    return prefix + str(mapping(first.get("response")).get("id")).removeprefix("resp_") + "_odd"
