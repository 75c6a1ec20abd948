"""Conversion of records and live answers to response models."""

from collections.abc import Iterator

import msgspec
from pydantic import JsonValue

from mockserver.control import responses
from mockserver.core.actions import Actions, Data, Wait
from mockserver.core.conversation import Block, Conversation, Media, Text, Thinking, ToolResult, ToolUse
from mockserver.journal.facts import once_per_exchange
from mockserver.journal.format import describe_answer, describe_request
from mockserver.journal.log import Exchange
from mockserver.journal.received import ReceivedEvent
from mockserver.journal.record import Record
from mockserver.journal.trouble import describe_trouble
from mockserver.openapi.contract import Contract
from mockserver.server.traffic import LiveAnswer

LONGEST_BODY = 64 * 1024
"""Bytes of a request body in an exchange; `/body` has the rest."""
LONGEST_EVENT = 16 * 1024
MOST_EVENTS = 5_000
LONGEST_TEXT = 64 * 1024
"""Characters of a block of a conversation, or of an answer's text."""


def text_of(raw: bytes, most: int) -> str:
    """Decode the first `most` bytes; invalid UTF-8 becomes U+FFFD."""
    return raw[:most].decode("utf-8", "replace")


def is_stream(actions: Actions) -> bool:
    """Return whether an answer is a stream of events."""
    return any(isinstance(action, Data) and action.event for action in actions)


def size_of(actions: Actions) -> int:
    """Return how many events (or bodies) an answer has in total."""
    return sum([isinstance(action, Data) for action in actions])


def live(answer: LiveAnswer, now: float, contract: Contract) -> responses.LiveShape:
    """Return a live answer as a row."""
    note, delivery = answer.decision.note, answer.delivery
    record = Record(answer.exchange(now), contract)
    return responses.LiveShape(
        id=answer.id,
        at=record.at,
        session=note.session,
        client=record.exchange.client,
        method=record.method,
        path=record.path,
        operation=note.operation,
        scenario=note.scenario,
        turn=note.turn,
        status=delivery.status,
        stream=is_stream(answer.decision.actions),
        events=delivery.frames,
        of=size_of(answer.decision.actions),
        bytes=delivery.bytes,
        seconds=max(0.0, now - answer.received_at),
        held=delivery.gate.is_shut,
        said=describe_request(record),
    )


def summary(record: Record, *, is_live: bool = False) -> responses.SummaryShape:
    """Return an exchange as a row."""
    return responses.SummaryShape.model_validate(_summary(record, is_live))


@once_per_exchange
def summary_json(record: Record) -> bytes:
    """Return the row of an exchange as JSON, encoded once for every list and feed that shows it."""
    return summary(record).model_dump_json().encode()


def _summary(record: Record, is_live: bool) -> dict[str, object]:
    exchange, credits = record.exchange, record.exchange.captured.credits
    outcome, note = exchange.outcome, exchange.note
    return {
        "number": None if is_live else exchange.number,
        "id": exchange.captured.live,
        "at": exchange.at,
        "session": note.session,
        "client": exchange.client,
        "sdk": record.sdk,
        "retry": record.retry,
        "method": exchange.method,
        "path": exchange.path,
        "operation": note.operation,
        "scenario": note.scenario,
        "turn": note.turn,
        "code": note.code,
        "status": outcome.status,
        "seconds": outcome.seconds,
        "ended": None if is_live else outcome.ended,
        "trouble": "" if is_live else describe_trouble(record),
        "events": outcome.frames,
        "of": size_of(exchange.captured.actions) if is_live else outcome.of,
        "bytes": outcome.bytes,
        "stream": is_stream(exchange.captured.actions),
        "said": describe_request(record),
        "gave": describe_answer(record),
        "faults": list(note.faults),
        "draws": list(note.draws),
        "credits": None if credits is None else {"before": credits.before, "after": credits.after},
    }


def whole(record: Record, *, is_live: bool = False) -> responses.ExchangeShape:
    """Return an exchange with its request and answer."""
    exchange = record.exchange
    outcome, note, usage = exchange.outcome, exchange.note, exchange.note.usage
    broken = not is_live and (outcome.ended != "complete" or outcome.frames < outcome.of)
    return responses.ExchangeShape.model_validate(
        {
            **_summary(record, is_live),
            "seed": note.seed,
            "request": _request(record),
            "answer": _answer(record),
            "waits": _waits(exchange.captured.actions),
            "holds": [{"before": frames + 1, "seconds": seconds} for frames, seconds in outcome.holds],
            "breaks": {"after": outcome.frames, "how": outcome.ended} if broken else None,
            "misses": list(note.misses),
            "idle_faults": list(note.idle_faults),
            "tips": list(note.warnings),
            "nearest": list(outcome.nearest),
            "usage": None if usage is None else msgspec.structs.asdict(usage),
        }
    )


def _request(record: Record) -> dict[str, object]:
    body, conversation = record.body, record.conversation
    return {
        "headers": dict(record.headers),
        "body": text_of(body, LONGEST_BODY),
        "body_bytes": len(body),
        "body_cut": len(body) > LONGEST_BODY,
        "conversation": None if conversation is None else _conversation(conversation),
    }


def _conversation(conversation: Conversation) -> dict[str, object]:
    messages = [
        {"role": message.role, "blocks": [_block(block) for block in message.blocks]}
        for message in conversation.messages
    ]
    return {
        "model": conversation.model,
        "system": conversation.system[:LONGEST_TEXT],
        "stream": conversation.stream,
        "tools": [tool.name for tool in conversation.tools],
        "messages": messages,
    }


def _block(block: Block) -> dict[str, object]:
    match block:
        case Text(text=text):
            return {"text": text[:LONGEST_TEXT]}
        case ToolUse(name=name, input=arguments, id=id):
            return {"tool_use": {"id": id, "name": name, "input": dict(arguments)}}
        case ToolResult(tool_use_id=id, text=text, is_error=is_error):
            return {"tool_result": {"id": id, "text": text[:LONGEST_TEXT], "is_error": is_error}}
        case Thinking(text=text, redacted=redacted):
            return {"thinking": {"text": text[:LONGEST_TEXT], "redacted": redacted}}
        case Media(kind=kind):
            return {"media": kind}


def _answer(record: Record) -> dict[str, object]:
    answer, events = record.answer, record.events
    return {
        "headers": dict(record.response_headers),
        "text": answer.text[:LONGEST_TEXT],
        "thinking": answer.thinking[:LONGEST_TEXT],
        "calls": [{"id": call.id, "name": call.name, "arguments": call.arguments} for call in answer.calls],
        "error": answer.error,
        "is_stream": answer.is_stream,
        "is_whole": answer.is_whole,
        "events": [_event(number, event) for number, event in enumerate(events[:MOST_EVENTS], start=1)],
        "events_cut": len(events) > MOST_EVENTS,
    }


def _event(number: int, event: ReceivedEvent) -> dict[str, JsonValue]:
    return {
        "n": number,
        "kind": event.kind,
        "data": text_of(event.payload, LONGEST_EVENT),
        "bytes": len(event.payload),
        "seconds": event.seconds,
    }


def _waits(actions: Actions) -> list[dict[str, object]]:
    """Return the planned pauses, each with the number of the event that it delays."""
    return [{"before": before, "seconds": seconds} for before, seconds in _pauses(actions) if seconds]


def _pauses(actions: Actions) -> Iterator[tuple[int, float]]:
    before, seconds = 1, 0.0
    for action in actions:
        if isinstance(action, Wait):
            seconds += action.seconds
        elif isinstance(action, Data):
            yield before, seconds
            before, seconds = before + 1, 0.0
    yield before, seconds


def uncut(exchange: Exchange) -> bytes:
    """Return every byte of the answer's body that was sent."""
    frames = [action.payload for action in exchange.captured.actions if isinstance(action, Data)]
    return b"".join(frames[: exchange.outcome.frames])
