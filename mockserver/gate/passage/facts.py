"""The facts of an answer and of a request: what can be kept, changed or lost on the way through a gateway.

Facts are neutral: they read the same on every wire, so that an answer that changes its wire on the way can be compared.
A fact is None where an answer does not have it. `same` compares two of them; a few have a rule of their own.
"""

from collections.abc import Callable, Mapping
from functools import cached_property

from mockserver.core.conversation import (
    IMAGES,
    Conversation,
    Json,
    Media,
    Text,
    Thinking,
    ToolResult,
    ToolUse,
    compact_json,
    joined_text,
)
from mockserver.core.json_text import json_or_none
from mockserver.gate.passage.cases import IMAGE, UNKNOWN_FIELD
from mockserver.recording.events import RecordedEvent, events_of
from mockserver.recording.exchange import RecordedExchange
from mockserver.wires.json_values import mapping, objects, string
from mockserver.wires.wire import ReadReply, Wire

AS_IT_COMES = 0.15
"""Seconds between the first and the last words of a slow stream, below which somebody collected it. It takes 0.35."""

BROKEN, WHOLE = "not whole", "whole"


class PassageAnswer:
    """An answer as a client of its wire reads it."""

    def __init__(self, exchange: RecordedExchange, wire: Wire) -> None:
        self.exchange = exchange
        self.wire = wire

    @cached_property
    def events(self) -> list[RecordedEvent]:
        """The events of a stream; nothing for a whole answer."""
        return events_of(self.exchange.frames) if self.exchange.is_stream else []

    @cached_property
    def said(self) -> list[Mapping[str, Json]]:
        """The JSON objects of the events."""
        return [event.json for event in self.events if isinstance(event.json, dict)]

    @cached_property
    def body(self) -> Json:
        """The JSON of a whole answer, or of the whole answer that a stream adds up to."""
        if not self.exchange.is_stream:
            return json_or_none(self.exchange.payload)
        try:
            return self.wire.reader.whole_of([data for data in self.said if not data.get("error")])
        except (LookupError, TypeError, AttributeError, ValueError):
            return None

    @cached_property
    def reply(self) -> ReadReply | None:
        """The reply in neutral words; None for an error or what cannot be read."""
        if self.exchange.status != 200 or not isinstance(self.body, dict):
            return None
        try:
            return self.wire.reader.reply_of(self.body)
        except (LookupError, TypeError, AttributeError, ValueError):
            return None

    @property
    def calls(self) -> list[ToolUse]:
        """The tool calls."""
        return [block for block in self.reply.blocks if isinstance(block, ToolUse)] if self.reply else []

    @property
    def thoughts(self) -> list[Thinking]:
        """The blocks of thinking."""
        return [block for block in self.reply.blocks if isinstance(block, Thinking)] if self.reply else []


def _text(answer: PassageAnswer) -> str | None:
    return (joined_text(answer.reply.blocks) or None) if answer.reply else None


def _order(answer: PassageAnswer) -> str | None:
    kinds = [type(block).__name__ for block in answer.reply.blocks] if answer.reply else []
    return ", ".join(kinds) or None


def _calls(answer: PassageAnswer) -> str | None:
    return "; ".join([f"{call.name}({_sorted(call.input)})" for call in answer.calls]) or None


def _call_ids(answer: PassageAnswer) -> str | None:
    ids = [call.id for call in answer.calls]
    if not ids:
        return None
    return "an id for each call" if all(ids) and len({*ids}) == len(ids) else "ids that are missing or the same"


def _stop(answer: PassageAnswer) -> str | None:
    return answer.reply.stop if answer.reply else None


def _usage(answer: PassageAnswer) -> str | None:
    usage = answer.reply.usage if answer.reply else None
    return f"{usage.input} in, {usage.output} out" if usage else None


def _cache(answer: PassageAnswer) -> str | None:
    usage = answer.reply.usage if answer.reply else None
    return f"{usage.cache_read} read, {usage.cache_write} written" if usage else None


def _thinking(answer: PassageAnswer) -> str | None:
    return "".join([block.text for block in answer.thoughts]) or None


def _signature(answer: PassageAnswer) -> str | None:
    return "".join([block.signature for block in answer.thoughts]) or None


def _status(answer: PassageAnswer) -> str | None:
    """Return the status, or what a stream that began with 200 reports instead of it."""
    return str(answer.exchange.status or "no answer")


def _message(answer: PassageAnswer) -> str | None:
    body = mapping(answer.body if answer.exchange.status >= 400 else None)
    error = body.get("error")
    words = string(mapping(error).get("message")) or string(error) or string(body.get("detail"))
    return words or string(body.get("message")) or None


def _retry_after(answer: PassageAnswer) -> str | None:
    return answer.exchange.response_headers.get("retry-after")


def _unknown(answer: PassageAnswer) -> str | None:
    return string(mapping(answer.body).get(UNKNOWN_FIELD)) or None


def _each_choice(answer: PassageAnswer) -> list[Mapping[str, Json]]:
    """Return the choices of a whole answer, or the pieces of choices in a stream."""
    said = answer.said if answer.exchange.is_stream else [mapping(answer.body)]
    return [choice for data in said for choice in objects(data.get("choices"))]


def _choices(answer: PassageAnswer) -> str | None:
    texts = dict[str, str]()
    for choice in _each_choice(answer):
        number = str(choice.get("index"))
        said = mapping(choice.get("message")) or mapping(choice.get("delta"))
        texts[number] = texts.get(number, "") + string(said.get("content"))
    return "; ".join([f"{number}: {texts[number]}" for number in sorted(texts)]) or None


def _logprobs(answer: PassageAnswer) -> str | None:
    """Return the tokens with the number of their alternatives; the probabilities are numbers that nobody compares."""
    found = [objects(mapping(choice.get("logprobs")).get("content")) for choice in _each_choice(answer)]
    tokens = [token for piece in found for token in piece]
    return " ".join([f"{token.get('token')}({len(objects(token.get('top_logprobs')))})" for token in tokens]) or None


def _pace(answer: PassageAnswer) -> str | None:
    moments = [event.at for event in answer.events if isinstance(event.json, dict)]
    if not moments:
        return None
    return "word by word" if moments[-1] - moments[0] >= AS_IT_COMES else "all at once"


def _end(answer: PassageAnswer) -> str | None:
    """Return whether a client takes an answer for whole: no error, and the stop reason came."""
    errors = any(data.get("error") for data in answer.said)
    ended = answer.exchange.ended == "complete" and answer.exchange.status == 200
    return WHOLE if ended and not errors and answer.reply is not None and answer.reply.stop else BROKEN


ANSWER_FACTS: Mapping[str, Callable[[PassageAnswer], str | None]] = {
    "text": _text,
    "order": _order,
    "calls": _calls,
    "call ids": _call_ids,
    "stop": _stop,
    "usage": _usage,
    "cache": _cache,
    "thinking": _thinking,
    "signature": _signature,
    "status": _status,
    "error message": _message,
    "retry-after": _retry_after,
    "unknown field": _unknown,
    "choices": _choices,
    "logprobs": _logprobs,
    "pace": _pace,
    "end": _end,
}
"""Name of a fact -> what an answer says about it."""


def _history(asked: Conversation) -> str | None:
    return " | ".join([_said(block) for message in asked.messages for block in message.blocks]) or None


def _said(block: object) -> str:
    match block:
        case Text(text=text):
            return text
        case ToolUse(name=name, input=arguments):
            return f"{name}({_sorted(arguments)})"
        case ToolResult(text=text):
            return f"result: {text}"
        case _:
            return type(block).__name__


def _tools(asked: Conversation) -> str | None:
    return "; ".join([f"{tool.name}: {tool.description} {_sorted(tool.schema)}" for tool in asked.tools]) or None


def _image(asked: Conversation) -> str | None:
    """Return how many pictures a request has, and whether the data of the one that was sent is among them."""
    blocks = [block for message in asked.messages for block in message.blocks]
    count = sum(isinstance(block, Media) and block.kind in IMAGES for block in blocks)
    whole = "as it was sent" if IMAGE in compact_json(asked.body) else "other data"
    return f"{count}, {whole}" if count else None


def _field(name: str) -> Callable[[Conversation], str | None]:
    """Return a function that reads a field which every wire calls by the same name."""
    return lambda asked: None if asked.body.get(name) is None else str(asked.body[name])


REQUEST_FACTS: Mapping[str, Callable[[Conversation], str | None]] = {
    "system": lambda asked: asked.system or None,
    "history": _history,
    "image": _image,
    "tools": _tools,
    "tool choice": lambda asked: " ".join([asked.tool_choice.mode, asked.tool_choice.name]).strip(),
    "temperature": _field("temperature"),
    "top_p": _field("top_p"),
    "stop sequences": lambda asked: ", ".join(asked.stop_sequences) or None,
    "max_tokens": lambda asked: None if asked.max_tokens is None else str(asked.max_tokens),
    "unknown field": _field(UNKNOWN_FIELD),
}
"""Name of a fact -> what a request says about it."""


def same(fact: str, sent: str, arrived: str) -> bool:
    """Return whether a fact arrived as it was sent."""
    if fact in ("error message", "signature"):
        return sent in arrived  # a gateway may add its own words, and unwraps what it has wrapped
    if fact == "status" and (sent.startswith("5") or sent == "401"):
        # 502 for 500 says the same to a client: try again later. The key that a 401 refuses is not the client's.
        return arrived.startswith("5") or sent == arrived
    return sent == arrived


def _sorted(value: Mapping[str, Json]) -> str:
    """Return JSON whose names are in order: a gateway may sort them."""
    return compact_json(_in_order(value))


def _in_order(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _in_order(value[name]) for name in sorted(value)}
    return [_in_order(item) for item in value] if isinstance(value, list) else value
