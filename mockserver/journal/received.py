"""What was delivered of an answer, read back from the wire: events with their times, texts, tool calls, the end.

An answer is bent by faults after it was rendered, so what a client can have understood is found in the bytes, not in
the scenario. Both wires come out in the same words. What cannot be read is left out: it was a fault's doing.
"""

from collections.abc import Iterable, Iterator, Mapping

import msgspec
import orjson

from mockserver.core.actions import Data
from mockserver.core.conversation import Json
from mockserver.journal.log import Exchange
from mockserver.wires.sse import split

ENDS = frozenset({"message_stop", "done"})
"""The last event of a stream, on each wire."""


class ReceivedEvent(msgspec.Struct, frozen=True):
    """One delivered body or event: its kind (nothing for a body), its bytes, and when, in seconds from the start."""

    kind: str
    payload: bytes
    seconds: float

    @property
    def data(self) -> Json:
        """Its JSON, or None if it has none."""
        raw = split(self.payload)[1] if self.kind else self.payload
        try:
            return orjson.loads(raw)
        except orjson.JSONDecodeError:
            return None


class ToolCall(msgspec.Struct, frozen=True):
    """A tool call as it was delivered. `arguments` is the text that came, whether it is JSON or not."""

    id: str
    name: str
    arguments: str

    @property
    def input(self) -> Json:
        """The arguments as JSON, or None if they are none. No arguments at all are an empty object, as SDKs read it."""
        try:
            return orjson.loads(self.arguments or "{}")
        except orjson.JSONDecodeError:
            return None


class ReceivedAnswer(msgspec.Struct, frozen=True):
    """What a client can have understood of an answer."""

    text: str
    calls: tuple[ToolCall, ...]
    is_stream: bool
    is_whole: bool
    error: str = ""


def events_of(exchange: Exchange) -> tuple[ReceivedEvent, ...]:
    """What was delivered, in order. What the player held back is not among it."""
    moments = exchange.outcome.moments()
    frames = [action for action in exchange.captured.actions if isinstance(action, Data)]
    last = moments[-1] if moments else 0.0
    return tuple(
        [
            ReceivedEvent(frame.event, frame.payload, moments[index] if index < len(moments) else last)
            for index, frame in enumerate(frames[: exchange.outcome.frames])
        ]
    )


def read(exchange: Exchange) -> ReceivedAnswer:
    """What a client can have understood."""
    events = events_of(exchange)
    ended = exchange.outcome.ended == "complete"
    if any(event.kind for event in events):
        return _of_stream([event for event in events if event.kind not in ("", "comment")], ended)
    body = _parsed(b"".join([event.payload for event in events]))
    return ReceivedAnswer(
        text="".join(_texts(body)),
        calls=tuple(_calls(body)),
        is_stream=False,
        is_whole=ended and (body is not None or exchange.outcome.status >= 300),
        error=_error(body),
    )


def _parsed(raw: bytes) -> Json:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None


def _of_stream(events: Iterable[ReceivedEvent], ended: bool) -> ReceivedAnswer:
    texts: list[str] = []
    calls: dict[object, list[str]] = {}
    kinds, error = set[str](), ""
    for event in events:
        kinds.add(event.kind)
        data = event.data
        if not isinstance(data, dict):
            continue
        error = error or _error(data)
        texts.extend(_deltas(data))
        for index, piece in _pieces(data):
            call = calls.setdefault(index, ["", "", ""])
            for place in range(3):
                call[place] += piece[place]
    found = [ToolCall(*call) for call in calls.values()]
    return ReceivedAnswer("".join(texts), tuple(found), True, ended and bool(kinds & ENDS) and not error, error)


def _error(data: Json) -> str:
    """The message of an error body or event, or nothing."""
    error = data.get("error") if isinstance(data, dict) else None
    if isinstance(error, dict):
        return str(error.get("message") or error.get("type") or "error")
    return str(error) if error else ""


def _items(value: Json) -> Iterator[Mapping[str, Json]]:
    """The objects of a list."""
    for item in value if isinstance(value, list) else ():
        if isinstance(item, dict):
            yield item


def _texts(body: Json) -> Iterator[str]:
    """The texts of a whole answer."""
    if not isinstance(body, dict):
        return
    for block in _items(body.get("content")):
        if isinstance(block.get("text"), str):
            yield block["text"]
    for choice in _items(body.get("choices")):
        message = choice.get("message")
        if isinstance(message, dict) and isinstance(message.get("content"), str):
            yield message["content"]


def _calls(body: Json) -> Iterator[ToolCall]:
    """The tool calls of a whole answer."""
    if not isinstance(body, dict):
        return
    for block in _items(body.get("content")):
        if block.get("type") == "tool_use":
            arguments = orjson.dumps(block.get("input")).decode()
            yield ToolCall(str(block.get("id") or ""), str(block.get("name") or ""), arguments)
    for choice in _items(body.get("choices")):
        message = choice.get("message")
        for call in _items(message.get("tool_calls") if isinstance(message, dict) else None):
            yield ToolCall(*_function(call))


def _function(call: Mapping[str, Json]) -> tuple[str, str, str]:
    function = call.get("function")
    known = function if isinstance(function, dict) else {}
    return str(call.get("id") or ""), str(known.get("name") or ""), str(known.get("arguments") or "")


def _deltas(data: Mapping[str, Json]) -> Iterator[str]:
    """The texts of one event."""
    delta = data.get("delta")
    if isinstance(delta, dict) and isinstance(delta.get("text"), str):
        yield delta["text"]
    for choice in _items(data.get("choices")):
        delta = choice.get("delta")
        if isinstance(delta, dict) and isinstance(delta.get("content"), str):
            yield delta["content"]


def _pieces(data: Mapping[str, Json]) -> Iterator[tuple[object, tuple[str, str, str]]]:
    """What one event adds to which tool call: id, name, arguments."""
    block, delta = data.get("content_block"), data.get("delta")
    if isinstance(block, dict) and block.get("type") == "tool_use":
        yield data.get("index"), (str(block.get("id") or ""), str(block.get("name") or ""), "")
    if isinstance(delta, dict) and isinstance(delta.get("partial_json"), str):
        yield data.get("index"), ("", "", delta["partial_json"])
    for choice in _items(data.get("choices")):
        delta = choice.get("delta")
        for call in _items(delta.get("tool_calls") if isinstance(delta, dict) else None):
            yield call.get("index"), _function(call)
