"""Kept responses: `previous_response_id`, `item_reference`, and the operations on a response.

A response is kept unless `store` is false. It may be continued by several others; what is kept is its input, with that
of the responses before it, and the response. `instructions` belong to one response alone.
"""

from collections.abc import Iterator

from mockserver.core.conversation import JsonObject
from mockserver.core.errors import Refusal
from mockserver.wires.json_values import mapping, objects, string
from mockserver.wires.openai_responses.reply import ID_PREFIX
from mockserver.wires.openai_responses.request import input_items
from mockserver.wires.threads import Kept, KeptView, ThreadRequest, ThreadStyle
from mockserver.wires.wire import Object


def requested(body: JsonObject) -> ThreadRequest | None:
    """Return what a body says of kept responses; None if it names none and its response is not to be kept."""
    previous = string(body.get("previous_response_id")) or None
    mentioned = [_response_of(string(item.get("id"))) for item in input_items(body) if _is_reference(item)]
    is_kept = body.get("store") is not False
    request = ThreadRequest(previous, tuple(dict.fromkeys(mentioned)), is_kept)
    return request if is_kept or request.named else None


def continued(body: JsonObject, kept: Kept) -> Object:
    """Return the body with the input of the responses before it, and the items that it names by their ids.

    Raises `Refusal` 400 for a response, and 404 for an item, that is not kept.
    """
    previous = string(body.get("previous_response_id"))
    if previous and previous not in kept:
        message = f"Previous response with id '{previous}' not found."
        raise Refusal(400, "previous_response_not_found", message, param="previous_response_id")
    before = [*objects(kept[previous].get("input")), *_output(kept[previous])] if previous else []
    return {**body, "input": [*before, *_resolved(input_items(body), kept)]}


def kept(body: JsonObject, answer: JsonObject) -> Object:
    """Return a response with its whole input."""
    return {"input": input_items(body), "response": answer}


def _resolved(items: list[JsonObject], kept: Kept) -> Iterator[JsonObject]:
    for item in items:
        if not _is_reference(item):
            yield item
            continue
        id = string(item.get("id"))
        known = {part.get("id"): part for part in _output(kept.get(_response_of(id), {}))}
        if id not in known:
            message = f"Item with id '{id}' not found. Items are not kept when `store` is false."
            raise Refusal(404, "item_not_found", message, param="input")
        yield known[id]


def _is_reference(item: JsonObject) -> bool:
    return item.get("type") == "item_reference"


def _response_of(item: str) -> str:
    """Return the id of the response that an item belongs to (see `reply`)."""
    return ID_PREFIX + item.partition("_")[2].rpartition("_")[0]


def _output(kept: JsonObject) -> list[JsonObject]:
    return list(objects(mapping(kept.get("response")).get("output")))


def _retrieved(id: str, kept: JsonObject) -> JsonObject:
    return mapping(kept.get("response"))


def _deleted(id: str, kept: JsonObject) -> JsonObject:
    return {"id": id, "object": "response", "deleted": True}


def _input_items(id: str, kept: JsonObject) -> JsonObject:
    """Return the input as a list, the newest item first. An item without an id gets one of its place."""
    items = [
        {"type": "message", "id": f"msg_{id.removeprefix(ID_PREFIX)}_in{place}", **item}
        for place, item in enumerate(objects(kept.get("input")))
    ][::-1]
    ends = {"first_id": items[0]["id"], "last_id": items[-1]["id"]} if items else {"first_id": None, "last_id": None}
    return {"object": "list", "data": items, "has_more": False, **ends}


STYLE = ThreadStyle(
    requested=requested,
    continued=continued,
    kept=kept,
    is_beta=False,
    branches=True,
    views={
        "get_response": KeptView(_retrieved),
        "delete_response": KeptView(_deleted, forgets=True),
        "response_input_items": KeptView(_input_items),
    },
)
