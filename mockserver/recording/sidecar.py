"""The file beside a recording: each answer exactly as it came, event by event, with its times. For `replay: exact`.

Rules:

- One answer is one line of JSON (`scenarios.recorded`), in the order of the recording. Its request stands with it.
- Secrets are left out as in the scenario. Where a placeholder would stand, the answer has the word that the mock would
  write there, so the bytes can be sent as they are.
- An answer whose secret was split over events cannot be shown without it, so it has no line.
"""

import re
from collections.abc import Iterator, Mapping

import msgspec

from mockserver.core.json_text import json_or_none
from mockserver.openapi.contract import Contract
from mockserver.recording.events import events_of, raw_events
from mockserver.recording.exchange import Frame, RecordedExchange
from mockserver.recording.redaction import Redaction
from mockserver.recording.turns import RecordedTurn, recorded_turn
from mockserver.scenarios.recorded import RecordedAnswer, RecordedPiece, RecordedRequest, says
from mockserver.scenarios.schema import Turn

KEPT_HEADERS = re.compile(r"content-type|retry-after(?:-ms)?|x-should-retry|[a-z-]*ratelimit-[a-z0-9-]+")
"""The headers of an answer that are kept."""

COMMENT, LAST = "comment", "done"
"""The kinds of what has no name in a stream: a comment, and `[DONE]`."""


def answer_line(
    exchange: RecordedExchange,
    turn: RecordedTurn,
    words: Mapping[str, object],
    contract: Contract,
    redaction: Redaction,
) -> str:
    """Return the line of an exchange, whose turn has these words in the scenario; "" if a secret would be in it."""
    redaction.learn_from(exchange.payload.decode("utf-8", "replace"))
    shown = msgspec.structs.replace(exchange, frames=tuple(_redacted(exchange, redaction)))
    said = recorded_turn(shown, contract).words
    if redaction.redact(said) != said:
        return ""
    conversation = turn.call.conversation
    request = RecordedRequest(
        method=exchange.method,
        path=redaction.redact_text(exchange.path),
        query=redaction.redact_text(exchange.query),
        body=redaction.redact(json_or_none(exchange.body)),
        retry=exchange.retry,
    )
    return RecordedAnswer(
        says=says(Turn.model_validate(words)),
        operation=turn.call.operation.name,
        stream=conversation is not None and conversation.stream,
        request=request,
        status=exchange.status,
        headers=_headers(shown, redaction),
        first=round(exchange.first, 4),
        pieces=tuple(_pieces(shown)),
        ended=exchange.ended,
    ).line


def _redacted(exchange: RecordedExchange, redaction: Redaction) -> Iterator[Frame]:
    """Yield the bytes of an answer event by event without secrets, or as one piece if a secret spans two."""
    frames = list(raw_events(exchange.frames)) if exchange.is_stream else list(exchange.frames)
    shown = [_without_secrets(frame.payload, redaction) for frame in frames]
    whole = _without_secrets(exchange.payload, redaction)
    if b"".join(shown) == whole:
        yield from [Frame(frame.at, payload) for frame, payload in zip(frames, shown, strict=True)]
    else:
        yield Frame(frames[-1].at, whole)


def _without_secrets(payload: bytes, redaction: Redaction) -> bytes:
    """Return bytes with a harmless word for each secret; the same bytes if there is none."""
    text = payload.decode("utf-8", "surrogateescape")
    return redaction.disguise_text(text).encode("utf-8", "surrogateescape")


def _pieces(exchange: RecordedExchange) -> Iterator[RecordedPiece]:
    for frame in exchange.frames:
        yield RecordedPiece.of(frame.at, frame.payload, _kind(frame) if exchange.is_stream else "")


def _kind(frame: Frame) -> str:
    """Return the kind of an event: its name, where it has one."""
    events = events_of([frame])
    if not events:
        return COMMENT
    return events[0].name or (LAST if events[0].data == b"[DONE]" else "data")


def _headers(exchange: RecordedExchange, redaction: Redaction) -> dict[str, str]:
    """Return the headers to replay. A body that is not whole keeps the length that it should have had."""
    headers = {
        name: redaction.disguise_text(value)
        for name, value in exchange.response_headers.items()
        if KEPT_HEADERS.fullmatch(name)
    }
    length = exchange.response_headers.get("content-length")
    if exchange.ended != "complete" and length is not None:
        headers["content-length"] = length
    elif not exchange.is_stream and exchange.payload:
        headers["content-length"] = str(len(exchange.payload))
    return headers
