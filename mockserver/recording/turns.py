"""From a recorded exchange to a turn: its request as matchers see it, and its answer in the words of a turn.

Rules:

- An answer of a conversation is a `reply`, the same on every wire. Its ids and signatures are left to the mock.
- A status from 400 with a message is an `error`. Everything else is a raw `response`.
- What the mock derives is not written: the stop reason that follows from the blocks, and token counts that are near
  the mock's own and say nothing of caching or thinking.
- An answer that broke has the fault that breaks it at the same place (`broken`).
"""

from collections.abc import Mapping, Sequence

import msgspec

from mockserver.core.conversation import (
    Conversation,
    Json,
    JsonObject,
    ReplyBlock,
    Stop,
    ToolUse,
    Usage,
    output_tokens,
    refusal_text,
    thinking_tokens,
)
from mockserver.core.errors import Failure
from mockserver.core.json_text import json_or_none
from mockserver.engine.request import Request
from mockserver.journal.record import call_of
from mockserver.openapi.contract import Contract
from mockserver.recording.broken import FAULTS, broken_reply, count_deltas, error_event_words
from mockserver.recording.events import RecordedEvent, events_of
from mockserver.recording.exchange import RecordedExchange
from mockserver.recording.pace import Timing, pace_words, timing
from mockserver.recording.words import block_words, body_words, error_words
from mockserver.scenarios.call import Call
from mockserver.wires import WIRES, wire_named
from mockserver.wires.errors import kind_of
from mockserver.wires.json_values import mapping, string
from mockserver.wires.wire import Wire

KEPT_HEADERS = frozenset({"retry-after", "retry-after-ms", "x-should-retry"})
"""Headers of an error that change what a client does. All others are left to the mock."""

NO_RETRY_AFTER = {"retry_after": None}
"""The fault of a 429 without the header that every documented one has."""

NEAR = 2.0
"""Token counts within this factor of the mock's own say nothing."""

HIDDEN = "(redacted)"
"""Stands for thinking that the gateway did not show."""


class RecordedTurn(msgspec.Struct, frozen=True, gc=False):
    """A turn without its condition: the call that it answers, and the keys that answer it."""

    call: Call
    words: dict[str, object]
    retry: int = 0
    repeats: bool = False


def recorded_turn(exchange: RecordedExchange, contract: Contract) -> RecordedTurn:
    """Return the turn that answers the same request in the same way."""
    request = Request(exchange.method, exchange.path, exchange.headers, exchange.body, query=exchange.query)
    call = call_of(request, contract, lenient=True)
    return RecordedTurn(call, answer_of(exchange, call), exchange.retry, exchange.repeats)


def answer_of(exchange: RecordedExchange, call: Call) -> dict[str, object]:
    """Return the keys of a turn that give this answer."""
    if not exchange.status:
        answer: dict[str, object] = {"reply": "…"} if call.conversation is not None else {"response": {"status": 502}}
        return {**answer, "faults": [FAULTS[exchange.ended if exchange.ended != "complete" else "no_answer"]]}
    if exchange.status >= 400:
        return _error(exchange, wire_named(call.operation.wire))
    words = None
    if call.conversation is not None and exchange.status == 200:
        reader = _Answer(exchange, call.conversation, WIRES[call.operation.wire])
        words = reader.streamed() if "event-stream" in _media_type(exchange) else reader.whole()
    return words if words is not None else _response(exchange)


class _Answer:
    """A recorded answer of a conversation, read in the words of its wire."""

    def __init__(self, exchange: RecordedExchange, conversation: Conversation, wire: Wire) -> None:
        self._exchange = exchange
        self._conversation = conversation
        self._wire = wire

    def whole(self) -> dict[str, object] | None:
        """Return the reply of a whole body, or None if it has none."""
        body = json_or_none(self._exchange.payload)
        if not isinstance(body, dict) or self._exchange.ended != "complete":
            return None
        read = self._wire.reader.reply_of(body)
        if read.stop is None:
            return None
        last = self._exchange.frames[-1].at if self._exchange.frames else self._exchange.first
        return self._reply(read.blocks, read.stop, read.usage, pace_words(last, 0.0, 0))

    def streamed(self) -> dict[str, object] | None:
        """Return the reply of a stream, with the fault that broke it; None if it says nothing that the wire knows."""
        events = events_of(self._exchange.frames)
        said = [(event, event.json) for event in events if isinstance(event.json, dict)]
        error = next((data for _, data in said if data.get("error")), None)
        body = _whole_of([data for _, data in said if not data.get("error")], self._wire)
        if body is None:
            return None
        read = self._wire.reader.reply_of(body)
        if read.stop is not None and error is None:
            timing = self._timing(said, read.blocks)
            missing = [] if self._has_ended(events) else [self._break(self._last_event())]
            return self._reply(read.blocks, read.stop, read.usage, timing.pace, [*timing.faults, *missing])
        broken = broken_reply(read.blocks, self._unfinished(said), self._wire, self._conversation)
        if error is None:
            fault = self._break(broken.place)
        else:
            then = "close" if self._exchange.ended != "complete" else "done" if self._has_ended(events) else "end"
            fault = error_event_words(error, broken.place, then, self._wire)
        timing = self._timing(said, broken.blocks)
        return self._reply(broken.blocks, None, None, timing.pace, [*timing.faults, fault])

    def _break(self, place: int | str) -> dict[str, object]:
        return {FAULTS[self._exchange.ended]: {"at": place}}

    def _last_event(self) -> str:
        """Return the usual event that ends a stream of this wire."""
        return next(kind for kind in self._wire.events if kind in self._wire.last_events)

    def _has_ended(self, events: Sequence[RecordedEvent]) -> bool:
        """Return whether the last event came that ends a stream of this wire."""
        return any(event.data == b"[DONE]" or event.name in self._wire.last_events for event in events)

    def _unfinished(self, said: Sequence[tuple[RecordedEvent, JsonObject]]) -> str | None:
        """Return the arguments of the last call as they came, if they are not JSON."""
        arguments: dict[int | None, str] = {}
        for _, data in said:
            for index, (_, _, piece) in self._wire.reader.call_deltas(data):
                arguments[index] = arguments.get(index, "") + piece
        last = next(reversed(arguments.values()), None)
        return last if last is not None and json_or_none(last) is None else None

    def _timing(self, said: Sequence[tuple[RecordedEvent, JsonObject]], blocks: Sequence[ReplyBlock]) -> Timing:
        pieces = [(event.at, size) for event, data in said if (size := self._size(data)) is not None]
        if not pieces:
            return Timing({})
        return timing(pieces, said[-1][0].at, count_deltas(blocks, self._wire, self._conversation))

    def _size(self, data: JsonObject) -> int | None:
        """Return how many characters of the reply an event carries, or None if it carries no piece of it."""
        reader = self._wire.reader
        pieces = [*reader.text_deltas(data), *reader.thinking_deltas(data)]
        pieces += [piece for _, (_, _, piece) in reader.call_deltas(data)]
        return sum([len(piece) for piece in pieces]) if pieces else None

    def _reply(
        self,
        blocks: Sequence[ReplyBlock],
        stop: Stop | None,
        usage: Usage | None,
        pace: Mapping[str, object],
        faults: Sequence[object] = (),
    ) -> dict[str, object]:
        asks_for_json = self._conversation.response_format is not None
        said = [_without_ids(block_words(block, asks_for_json)) for block in blocks] or [""]
        words: dict[str, object] = {"reply": said[0] if len(said) == 1 else _long_forms(said)}
        if stop is not None and stop != _derived_stop(blocks):
            words["stop"] = stop
        if usage is not None and (counts := self._usage(usage, blocks)):
            words["usage"] = counts
        if pace:
            words["pace"] = dict(pace)
        return {**words, **({"faults": list(faults)} if faults else {})}

    def _usage(self, usage: Usage, blocks: Sequence[ReplyBlock]) -> dict[str, object]:
        """Return the token counts that the mock would not report by itself."""
        cached = ("cache_read", "cache_write", "cache_write_1h")
        counts: dict[str, object] = {name: getattr(usage, name) for name in cached if getattr(usage, name)}
        if usage.thinking and not _is_near(usage.thinking, thinking_tokens(blocks)):
            counts["thinking"] = usage.thinking
        own = (self._conversation.input_tokens, output_tokens(blocks))
        limit = self._conversation.max_tokens
        would_be_cut = limit is not None and usage.output <= limit < own[1]
        if counts or would_be_cut or not _is_near(usage.input, own[0]) or not _is_near(usage.output, own[1]):
            return {"input": usage.input, "output": usage.output, **counts}
        return {}


def _is_near(counted: int, own: int) -> bool:
    return own <= NEAR * max(counted, 1) and counted <= NEAR * max(own, 1)


def _derived_stop(blocks: Sequence[ReplyBlock]) -> Stop:
    """Return the stop reason that the mock derives from the blocks."""
    if any(isinstance(block, ToolUse) for block in blocks):
        return "tool_use"
    return "refusal" if refusal_text(blocks) else "end_turn"


def _whole_of(said: Sequence[JsonObject], wire: Wire) -> Json:
    """Return the whole body that a stream says, or None for a stream that says nothing the wire knows."""
    try:
        return wire.reader.whole_of(said) if said else {}
    except (KeyError, IndexError, TypeError, AttributeError, ValueError):
        return None


def _without_ids(words: object) -> object:
    """Return a block without what the mock makes by itself."""
    if not isinstance(words, dict):
        return words
    match words:
        case {"tool_use": {"name": name, "input": arguments}}:
            return {"tool_use": {"name": name, "input": arguments}}
        case {"thinking": {"text": text, "redacted": True}}:
            return {"thinking": {"text": text or HIDDEN, "redacted": True}}
        case {"thinking": {"text": text}}:
            return {"thinking": text or HIDDEN}
    return words


def _long_forms(blocks: Sequence[object]) -> list[object]:
    """Return blocks among others: a bare text gets its name."""
    return [{"text": block} if isinstance(block, str) else block for block in blocks]


def _error(exchange: RecordedExchange, wire: Wire) -> dict[str, object]:
    """Return an error, or a raw response if its body is none that an error can have."""
    body = json_or_none(exchange.payload)
    failure = _failure(exchange, body, wire) if isinstance(body, dict) and exchange.ended == "complete" else None
    if failure is None or exchange.status > 599:
        return _response(exchange)
    is_bare = exchange.status == 429 and "retry-after" not in exchange.response_headers
    return {**error_words(failure), **({"faults": [NO_RETRY_AFTER]} if is_bare else {})}


def _failure(exchange: RecordedExchange, body: JsonObject, wire: Wire) -> Failure | None:
    error = mapping(body.get("error"))
    messages = (error.get("message"), body.get("message"), body.get("detail"), body.get("error"))
    message = next((text for text in map(string, messages) if text), None)
    if message is None:
        return None
    code = string(error.get("code")) or string(body.get("code")) or kind_of(exchange.status).code
    type = string(error.get("type"))
    kept = [(name, value) for name, value in exchange.response_headers.items() if name in KEPT_HEADERS]
    failure = Failure(status=exchange.status, code=code, message=message, headers=tuple(kept))
    is_usual = type in ("", wire.errors.type_of(failure))
    return failure if is_usual else msgspec.structs.replace(failure, type=type)


def _response(exchange: RecordedExchange) -> dict[str, object]:
    """Return a raw response."""
    body = json_or_none(exchange.payload)
    is_json = "json" in _media_type(exchange) and isinstance(body, dict | list)
    said = body if is_json else body_words(exchange.payload)
    words: dict[str, object] = {"status": exchange.status} if exchange.status != 200 else {}
    headers = {name: value for name, value in exchange.response_headers.items() if name in KEPT_HEADERS}
    usual = "json" if isinstance(said, dict | list) else "text/plain"
    if exchange.payload and usual not in _media_type(exchange):
        headers["content-type"] = exchange.response_headers.get("content-type", "")
    words |= {"headers": headers} if headers else {}
    words |= {"body": said} if exchange.payload else {}
    answer: dict[str, object] = {"response": words or {"status": 200}}
    if exchange.ended != "complete":
        answer["faults"] = [{FAULTS[exchange.ended]: {"at": "end"}}]
    return answer


def _media_type(exchange: RecordedExchange) -> str:
    return exchange.response_headers.get("content-type", "")
