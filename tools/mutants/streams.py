"""Faults in streams: order, indexes, ends, identity, fragments, and raw bytes. One row is one fault."""

from collections.abc import Callable
from typing import Any

from tools.mutants.relayed import Change, RelayedExchange, frames, put

Frames = list[dict[str, Any]]


def _on(wire: str, edit: Callable[[Frames], Any]) -> Change:
    """Edit the events of one wire's streams, in place or by returning new ones."""

    def after(exchange: RelayedExchange) -> None:
        is_concerned = {"messages": exchange.is_messages, "chat": exchange.is_chat, "both": True}[wire]
        if exchange.status == 200 and exchange.is_stream and is_concerned:
            events = frames(exchange)
            changed = edit(events)
            put(exchange, changed if isinstance(changed, list) else events)

    return after


def _raw(edit: Callable[[bytes], bytes], ending: str = "complete") -> Change:
    """Edit the bytes of streams."""

    def after(exchange: RelayedExchange) -> None:
        if exchange.status == 200 and exchange.is_stream:
            exchange.body, exchange.ending = edit(exchange.body), ending

    return after


def kind(event: dict[str, Any]) -> str:
    """Return the type of an Anthropic event."""
    return str(event["data"].get("type")) if isinstance(event["data"], dict) else ""


def _drop(name: str) -> Change:
    return _on("messages", lambda events: [event for event in events if kind(event) != name])


def _each(name: str, edit: Callable[[Any], Any]) -> Change:
    return _on("messages", lambda events: [edit(event["data"]) for event in events if kind(event) == name] and events)


def _twice(name: str) -> Change:
    return _on("messages", lambda events: [event for event in events for _ in range(2 if kind(event) == name else 1)])


def _swap(first: str, second: str) -> Change:
    """Exchange the first event of two kinds."""

    def edit(events: Frames) -> None:
        kinds = [kind(first_index) for first_index in events]
        if first in kinds and second in kinds:
            first_index, second_index = kinds.index(first), kinds.index(second)
            events[first_index], events[second_index] = events[second_index], events[first_index]

    return _on("messages", edit)


def _choice(event: dict[str, Any]) -> Any:
    data = event["data"]
    return (
        data["choices"][0] if isinstance(data, dict) and data.get("choices") else {"delta": {}, "finish_reason": None}
    )


def _chunks(edit: Callable[[int, Any], object]) -> Change:
    """Edit each chunk that has a choice. `edit` gets its number and its data."""

    def each(events: Frames) -> None:
        for number, event in enumerate(events):
            if isinstance(event["data"], dict) and event["data"].get("choices"):
                edit(number, event["data"])

    return _on("chat", each)


def _calls(edit: Callable[[int, Any], object]) -> Change:
    """Edit each fragment of a tool call. `edit` gets the number of its chunk, and the fragment."""
    return _chunks(
        lambda number, data: [edit(number, call) for call in data["choices"][0]["delta"].get("tool_calls", [])]
    )


def _finish(edit: Callable[[Frames, int], Any]) -> Change:
    """Edit the events around the chunk with the finish reason."""

    def each(events: Frames) -> Any:
        where = next((n for n, event in enumerate(events) if _choice(event)["finish_reason"]), None)
        return edit(events, where) if where is not None else None

    return _on("chat", each)


def _text_lost(events: Frames) -> Frames:
    texts = [event for event in events if kind(event) == "content_block_delta" and "text" in event["data"]["delta"]]
    texts += [event for event in events if _choice(event)["delta"].get("content")]
    return [event for event in events if not texts or event is not texts[-1]]


def _fragment_lost(events: Frames) -> Frames:
    parts = [
        event for event in events if kind(event) == "content_block_delta" and "partial_json" in event["data"]["delta"]
    ]
    return [event for event in events if not parts or event is not parts[-1]]


def _is_signature(event: dict[str, Any]) -> bool:
    return kind(event) == "content_block_delta" and "signature" in event["data"]["delta"]


def _signed_first(events: Frames) -> Frames:
    """Move every signature before the first delta of its block."""
    for place, event in enumerate(events):
        if _is_signature(event):
            events.insert(events.index(_started(events, event)) + 1, events.pop(place))
    return events


def _started(events: Frames, delta: dict[str, Any]) -> dict[str, Any]:
    """Return the start of the block that a delta belongs to."""
    index = delta["data"]["index"]
    return next(event for event in events if kind(event) == "content_block_start" and event["data"]["index"] == index)


def _usage_unasked(exchange: RelayedExchange) -> None:
    request = exchange.request.json
    if (
        exchange.status == 200
        and exchange.is_stream
        and exchange.is_chat
        and isinstance(request, dict)
        and "stream_options" not in request
    ):
        events = frames(exchange)
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        events.insert(-1, {"data": {**events[0]["data"], "choices": [], "usage": usage}})
        put(exchange, events)


def _renamed(event: dict[str, Any], name: str) -> dict[str, Any]:
    return {"event": name, "data": event["data"]}


DONE = {"data": "[DONE]"}

STREAMS: dict[str, tuple[str, str, Change]] = {
    "no-message-start": ("order", "messages-start", _drop("message_start")),
    "two-message-starts": ("order", "messages-start", _twice("message_start")),
    "no-block-start": ("order", "messages-blocks", _drop("content_block_start")),
    "no-block-stop": ("order", "messages-blocks", _drop("content_block_stop")),
    "no-message-delta": ("order", "messages-end", _drop("message_delta")),
    "no-message-stop": ("order", "messages-end", _drop("message_stop")),
    "two-message-stops": ("order", "messages-end", _twice("message_stop")),
    "delta-before-start": ("order", "messages-blocks", _swap("content_block_start", "content_block_delta")),
    "message-delta-early": ("order", "messages-end", _swap("content_block_stop", "message_delta")),
    "start-late": ("order", "messages-start", _swap("message_start", "content_block_start")),
    "index-from-one": (
        "order",
        "messages-blocks",
        _each("content_block_start", lambda data: data.update(index=data["index"] + 1)),
    ),
    "delta-index-off": (
        "order",
        "messages-deltas",
        _each("content_block_delta", lambda data: data.update(index=data["index"] + 1)),
    ),
    "stop-index-off": (
        "order",
        "messages-blocks",
        _each("content_block_stop", lambda data: data.update(index=data["index"] + 1)),
    ),
    "after-message-stop": ("order", "messages-end", _on("messages", lambda events: [*events, events[2]])),
    "done-after-message-stop": ("order", "messages-end", _on("messages", lambda events: [*events, DONE])),
    "events-unnamed": (
        "field",
        "messages-event-name",
        _on("messages", lambda events: [{"data": event["data"]} for event in events]),
    ),
    "events-misnamed": (
        "field",
        "messages-event-name",
        _on("messages", lambda events: [_renamed(event, "completion") for event in events]),
    ),
    "delta-kind-wrong": (
        "type",
        "messages-deltas",
        _each("content_block_delta", lambda data: data["delta"].update(type="input_json_delta", partial_json="x")),
    ),
    "text-null": (
        "type",
        "messages-event-schema",
        _each("content_block_delta", lambda data: data["delta"].update(text=None)),
    ),
    "delta-text-number": (
        "type",
        "messages-event-schema",
        _each("content_block_delta", lambda data: data["delta"].update(text=42)),
    ),
    "block-start-untyped": (
        "field",
        "messages-event-schema",
        _each("content_block_start", lambda data: data["content_block"].pop("type")),
    ),
    "start-without-usage": (
        "field",
        "messages-event-schema",
        _each("message_start", lambda data: data["message"].pop("usage")),
    ),
    "delta-without-usage": ("field", "messages-event-schema", _each("message_delta", lambda data: data.pop("usage"))),
    "delta-without-stop": (
        "field",
        "messages-event-schema",
        _each("message_delta", lambda data: data["delta"].pop("stop_reason")),
    ),
    "output-falls": (
        "arithmetic",
        "messages-usage",
        _each("message_start", lambda data: data["message"]["usage"].update(output_tokens=999)),
    ),
    "start-input-zero": (
        "arithmetic",
        "messages-usage",
        _each("message_start", lambda data: data["message"]["usage"].update(input_tokens=0)),
    ),
    "stream-input-differs": (
        "meaning",
        "stream-same-as-whole",
        _each("message_start", lambda data: data["message"]["usage"].update(input_tokens=3)),
    ),
    "stream-stop-differs": (
        "meaning",
        "stream-same-as-whole",
        _each("message_delta", lambda data: data["delta"].update(stop_reason="max_tokens")),
    ),
    "stream-model-differs": (
        "field",
        "model-echoed",
        _each("message_start", lambda data: data["message"].update(model="gpt-4o")),
    ),
    "stream-id-constant": (
        "field",
        "ids-unique",
        _each("message_start", lambda data: data["message"].update(id="msg_same")),
    ),
    "text-lost": ("meaning", "stream-same-as-whole", _on("both", _text_lost)),
    "fragment-lost": ("tool", "messages-tool-json", _on("messages", _fragment_lost)),
    "fragment-broken": (
        "tool",
        "messages-tool-json",
        _each(
            "content_block_delta",
            lambda data: "partial_json" in data["delta"] and data["delta"].update(partial_json="}{"),
        ),
    ),
    "thinking-unsigned": (
        "order",
        "messages-thinking",
        _on("messages", lambda events: [event for event in events if not _is_signature(event)]),
    ),
    "thinking-signed-twice": (
        "order",
        "messages-thinking",
        _on("messages", lambda events: [event for event in events for _ in range(2 if _is_signature(event) else 1)]),
    ),
    "thinking-signed-first": ("order", "messages-thinking", _on("messages", _signed_first)),
    "error-event": (
        "order",
        "messages-end",
        _on(
            "messages",
            lambda events: [
                *events[:3],
                {
                    "event": "error",
                    "data": {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
                },
            ],
        ),
    ),
    "unknown-event": (
        "field",
        "messages-event-schema",
        _on("messages", lambda events: [events[0], {"event": "status", "data": {"type": "status"}}, *events[1:]]),
    ),
    "no-done": ("order", "chat-done", _on("chat", lambda events: events[:-1])),
    "two-dones": ("order", "chat-done", _on("chat", lambda events: [*events, DONE])),
    "after-done": ("order", "chat-done", _on("chat", lambda events: [*events, events[1]])),
    "chunk-ids-differ": (
        "field",
        "chat-one-identity",
        _chunks(lambda number, data: data.update(id=f"chatcmpl-{number}")),
    ),
    "chunk-models-differ": (
        "field",
        "chat-one-identity",
        _chunks(lambda number, data: data.update(model=f"model-{number}")),
    ),
    "chunk-created-runs": (
        "field",
        "chat-one-identity",
        _chunks(lambda number, data: data.update(created=data.get("created", 0) + number)),
    ),
    "role-missing": (
        "field",
        "chat-role-once",
        _chunks(lambda number, data: data["choices"][0]["delta"].pop("role", None)),
    ),
    "role-repeated": (
        "field",
        "chat-role-once",
        _chunks(lambda number, data: data["choices"][0]["delta"].update(role="assistant")),
    ),
    "call-index-from-one": (
        "tool",
        "chat-tool-deltas",
        _calls(lambda number, call: call.update(index=call["index"] + 1)),
    ),
    "call-index-gone": ("tool", "chat-tool-deltas", _calls(lambda number, call: call.pop("index"))),
    "call-id-repeated": ("tool", "chat-tool-deltas", _calls(lambda number, call: call.update(id="call_1"))),
    "call-unnamed": ("tool", "chat-tool-deltas", _calls(lambda number, call: call["function"].pop("name", None))),
    "call-untyped": ("tool", "chat-tool-deltas", _calls(lambda number, call: call.pop("type", None))),
    "call-arguments-broken": (
        "tool",
        "chat-tool-json",
        _calls(lambda number, call: call["function"].update(arguments="}{")),
    ),
    "no-finish": ("order", "chat-finish", _finish(lambda events, where: events[:where] + events[where + 1 :])),
    "two-finishes": (
        "order",
        "chat-finish",
        _finish(lambda events, where: [*events[:where], events[where], *events[where:]]),
    ),
    "content-after-finish": (
        "order",
        "chat-finish",
        _finish(lambda events, where: [*events[: where + 1], events[1], *events[where + 1 :]]),
    ),
    "finish-differs": (
        "meaning",
        "stream-same-as-whole",
        _finish(lambda events, where: _choice(events[where]).update(finish_reason="length")),
    ),
    "usage-unasked": ("field", "chat-usage-chunk", _usage_unasked),
    "usage-withheld": (
        "field",
        "chat-usage-chunk",
        _on(
            "chat",
            lambda events: [
                event
                for event in events
                if not (isinstance(event["data"], dict) and event["data"].get("choices") == [])
            ],
        ),
    ),
    "chunks-named": (
        "framing",
        "chat-no-event-line",
        _on("chat", lambda events: [_renamed(event, "chunk") for event in events]),
    ),
    "chunk-object-wrong": (
        "field",
        "chat-chunk-schema",
        _chunks(lambda number, data: data.update(object="chat.completion")),
    ),
    "chunk-content-list": (
        "type",
        "chat-chunk-schema",
        _chunks(lambda number, data: data["choices"][0]["delta"].update(content=["x"])),
    ),
    "bom": ("framing", "sse-charset", _raw(lambda raw: b"\xef\xbb\xbf" + raw)),
    "cr-only": ("framing", "sse-line-ends", _raw(lambda raw: raw.replace(b"\n", b"\r"))),
    "last-blank-line-gone": ("framing", "sse-last-event", _raw(lambda raw: raw[:-1])),
    "blank-lines-gone": ("framing", "sse-last-event", _raw(lambda raw: raw.replace(b"\n\n", b"\n"))),
    "json-cut": ("framing", "sse-data", _raw(lambda raw: raw.replace(b'"}', b'"', 1))),
    "empty-data": ("framing", "sse-data", _raw(lambda raw: raw.replace(b"\n\n", b"\n\ndata:\n\n", 1))),
    "not-utf8": ("framing", "sse-charset", _raw(lambda raw: raw.replace(b"Hello", b"Hell\xf6"))),
    "stray-line": ("framing", "sse-fields", _raw(lambda raw: raw.replace(b"\n\n", b"\n\noops\n\n", 1))),
    "data-prefix-gone": ("framing", "sse-not-empty", _raw(lambda raw: raw.replace(b"data: ", b""))),
    "stream-empty": ("framing", "sse-not-empty", _raw(lambda raw: b"")),
    "stream-cut": ("framing", "body-complete", _raw(lambda raw: raw[: len(raw) // 2], "cut")),
    "stream-half": ("framing", "messages-end", _raw(lambda raw: raw[: raw.rfind(b"data:", 0, len(raw) * 2 // 3)])),
    "stream-hangs": ("framing", "body-complete", _raw(lambda raw: raw, "hang")),
}
"""The name of a mutant -> its family, the promises that it must break, and its change of the answer."""
