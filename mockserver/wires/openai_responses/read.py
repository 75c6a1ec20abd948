"""What a client can read of a response, and the two forms of one answer: whole and streamed."""

from collections.abc import Iterator, Mapping, Sequence

from mockserver.core.actions import Data
from mockserver.core.conversation import JsonObject
from mockserver.wires.json_values import mapping, objects, string, text, whole_number
from mockserver.wires.openai_responses.reply import LAST_EVENTS, UNCUT, stream
from mockserver.wires.wire import CallPiece, Object

_CALLS: Mapping[str, str] = {"function_call": "arguments", "custom_tool_call": "input"}
"""Type of a call -> the field with its arguments."""

_DELTAS: Mapping[str, str] = {
    "response.function_call_arguments.delta": "arguments",
    "response.custom_tool_call_input.delta": "input",
}
"""Type of an event -> the field of the call that it adds to."""


def texts(body: JsonObject) -> Iterator[str]:
    """Yield the texts of a whole answer, refusals among them."""
    for item in objects(body.get("output")):
        for part in objects(item.get("content")):
            piece = part.get("text", part.get("refusal"))
            if item.get("type") == "message" and isinstance(piece, str):
                yield piece


def thinking(body: JsonObject) -> Iterator[str]:
    """Yield the thinking of a whole answer."""
    for item in objects(body.get("output")):
        for part in objects(item.get("summary")):
            if isinstance(part.get("text"), str):
                yield part["text"]


def calls(body: JsonObject) -> Iterator[CallPiece]:
    """Yield the tool calls of a whole answer."""
    for item in objects(body.get("output")):
        field = _CALLS.get(string(item.get("type")))
        if field is not None:
            yield text(item.get("call_id")), text(item.get("name")), text(item.get(field))


def text_deltas(data: JsonObject) -> Iterator[str]:
    """Yield the texts of one event."""
    piece = data.get("delta")
    if data.get("type") in ("response.output_text.delta", "response.refusal.delta") and isinstance(piece, str):
        yield piece


def thinking_deltas(data: JsonObject) -> Iterator[str]:
    """Yield the thinking of one event."""
    piece = data.get("delta")
    if data.get("type") == "response.reasoning_summary_text.delta" and isinstance(piece, str):
        yield piece


def call_deltas(data: JsonObject) -> Iterator[tuple[int | None, CallPiece]]:
    """Yield what one event adds to a tool call, with the index of its item."""
    item, index = mapping(data.get("item")), whole_number(data.get("output_index"))
    if data.get("type") == "response.output_item.added" and item.get("type") in _CALLS:
        yield index, (text(item.get("call_id")), text(item.get("name")), "")
    elif data.get("type") in _DELTAS:
        yield index, ("", "", string(data.get("delta")))


def whole_of(events: Sequence[JsonObject]) -> Object:
    """Join the data of a stream's events into the response that it says."""
    response: Object = {}
    for data in events:
        response = dict(mapping(data.get("response"))) or response
    return {**response, "output": list(_items(events).values())}


def settle(events: Sequence[Object]) -> None:
    """Make the events that repeat what deltas said repeat what these deltas say, in place."""
    items = _items(events)
    for data in events:
        item = items.get(data.get("output_index", -1), {})
        parts = item.get("summary" if "summary_index" in data else "content") or []
        index = data.get("summary_index", data.get("content_index"))
        said = parts[index] if isinstance(index, int) and index < len(parts) else item
        kind = string(data.get("type"))
        if kind in LAST_EVENTS:
            data["response"]["output"] = list(items.values())
        elif kind == "response.output_item.done":
            data["item"] = item
        elif kind.endswith("part.done"):
            data["part"] = said
        elif kind.endswith(".done"):
            data.update({name: said[name] for name in ("text", "refusal", "arguments", "input") if name in data})


def _items(events: Sequence[JsonObject]) -> dict[int, Object]:
    """Return the output items that the deltas of a stream say, by their index."""
    items: dict[int, Object] = {}
    for data in events:
        if data.get("type") == "response.output_item.added":
            items[data["output_index"]] = dict(mapping(data.get("item")))
        else:
            _join(items.get(data.get("output_index", -1), {}), data)
    return dict(sorted(items.items()))


def _join(item: Object, data: JsonObject) -> None:
    """Add to an output item what one event says of it."""
    kind = string(data.get("type"))
    match kind:
        case "response.content_part.added":
            item["content"] = [*objects(item.get("content")), dict(data["part"])]
        case "response.reasoning_summary_part.added":
            item["summary"] = [*objects(item.get("summary")), dict(data["part"])]
        case "response.output_text.delta":
            item["content"][data["content_index"]]["text"] += string(data.get("delta"))
        case "response.refusal.delta":
            item["content"][data["content_index"]]["refusal"] += string(data.get("delta"))
        case "response.reasoning_summary_text.delta":
            item["summary"][data["summary_index"]]["text"] += string(data.get("delta"))
        case "response.output_item.done":
            item.update({"status": data["item"]["status"]} if "status" in data["item"] else {})
        case _ if kind in _DELTAS:
            item[_DELTAS[kind]] = string(item.get(_DELTAS[kind])) + string(data.get("delta"))


def stream_of(whole: JsonObject) -> list[Data]:
    """Return the shortest stream that says the same as a response: one delta for each part."""
    return stream(whole, UNCUT)


def sent_arguments(body: JsonObject, id: str) -> str | None:
    """Return the arguments of a past call as a request repeats them, letter by letter, or None."""
    for item in objects(mapping(body).get("input")):
        field = _CALLS.get(string(item.get("type")))
        if field is not None and item.get("call_id") == id:
            return string(item.get(field))
    return None
