"""What was delivered of an answer, read back from the wire: events with their times, thinking, texts, tool calls.

Faults change an answer after it was rendered, so what a client can have understood is read from the bytes, not from the
scenario. Every wire's reader is asked, and their results have one form. What cannot be read is left out.
"""

from collections.abc import Iterable, Iterator

import msgspec

from mockserver.core.actions import Data
from mockserver.core.conversation import Json, JsonObject
from mockserver.core.json_text import json_or_none
from mockserver.journal.log import Exchange
from mockserver.wires import LAST_EVENTS, WIRES
from mockserver.wires.sse import split
from mockserver.wires.wire import CallPiece

READERS = tuple([wire.reader for wire in WIRES.values()])


class ReceivedEvent(msgspec.Struct, frozen=True):
    """One delivered body or event: its kind ("" for a body), its bytes, and when it came, in seconds from the start."""

    kind: str
    payload: bytes
    seconds: float

    @property
    def data(self) -> Json:
        """Its JSON, or None if it has none."""
        return json_or_none(split(self.payload)[1] if self.kind else self.payload)


class ToolCall(msgspec.Struct, frozen=True):
    """A tool call as it was delivered. `arguments` is the text that came, whether it is JSON or not."""

    id: str
    name: str
    arguments: str

    @property
    def input(self) -> Json:
        """The arguments as JSON, or None if they are not JSON. Empty arguments are an empty object, as in the SDKs."""
        return json_or_none(self.arguments or "{}")


class ReceivedAnswer(msgspec.Struct, frozen=True):
    """What a client can have understood of an answer."""

    text: str
    calls: tuple[ToolCall, ...]
    is_stream: bool
    is_whole: bool
    error: str = ""
    thinking: str = ""


def events_of(exchange: Exchange) -> tuple[ReceivedEvent, ...]:
    """Return what was delivered, in order, without what the player held back."""
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
    """Return what a client can have understood of the answer."""
    events = events_of(exchange)
    is_complete = exchange.outcome.ended == "complete"
    if any(event.kind for event in events):
        return _read_stream([event for event in events if event.kind not in ("", "comment")], is_complete)
    body = json_or_none(b"".join([event.payload for event in events]))
    texts: list[str] = []
    thinking: list[str] = []
    calls: list[ToolCall] = []
    if isinstance(body, dict):
        for reader in READERS:
            texts += reader.texts(body)
            thinking += reader.thinking(body)
            calls += [ToolCall(*call) for call in reader.calls(body)]
    return ReceivedAnswer(
        text="".join(texts),
        calls=tuple(calls),
        is_stream=False,
        is_whole=is_complete and (body is not None or exchange.outcome.status >= 300),
        error=_error(body),
        thinking="".join(thinking),
    )


def _read_stream(events: Iterable[ReceivedEvent], is_complete: bool) -> ReceivedAnswer:
    """Return what a client can have understood of a stream."""
    texts: list[str] = []
    thinking: list[str] = []
    calls: dict[int | None, list[str]] = {}
    kinds, error = set[str](), ""
    for event in events:
        kinds.add(event.kind)
        data = event.data
        if not isinstance(data, dict):
            continue
        error = error or _error(data)
        for reader in READERS:
            texts += reader.text_deltas(data)
            thinking += reader.thinking_deltas(data)
        for index, piece in _call_deltas(data):
            call = calls.setdefault(index, ["", "", ""])
            for field in range(3):
                call[field] += piece[field]
    is_whole = is_complete and not kinds.isdisjoint(LAST_EVENTS) and not error
    return ReceivedAnswer(
        text="".join(texts),
        calls=tuple([ToolCall(*call) for call in calls.values()]),
        is_stream=True,
        is_whole=is_whole,
        error=error,
        thinking="".join(thinking),
    )


def _call_deltas(data: JsonObject) -> Iterator[tuple[int | None, CallPiece]]:
    """Yield what one event adds to its tool calls, each with the key of the call."""
    for reader in READERS:
        yield from reader.call_deltas(data)


def _error(data: Json) -> str:
    """Return the message of an error body or event, or ""."""
    error = data.get("error") if isinstance(data, dict) else None
    if isinstance(error, dict):
        return str(error.get("message") or error.get("type") or "error")
    return str(error) if error else ""
