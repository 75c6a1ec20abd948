"""Drift: where two answers to one request differ in meaning, by the names of the gate's promises.

Two answers of a model never have the same words, and two gateways never the same headers. So an answer is read as a
few *facts*, each under the name of the promise that it belongs to; two answers differ where a fact does.

Rules:

- A fact that one of the two answers does not have (the pace of a scenario without one, the blocks of an error) is not
  compared.
- If the statuses differ, or one answer did not arrive whole, that is the difference: nothing else is compared.
- The form of bodies and streams is the gate's business: `broken` returns the promises that an answer breaks, and what
  only one of the two breaks is a difference.
- Times are compared by their class: what is twice as slow is the same, what is ten times as slow is not.
"""

from bisect import bisect
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

import msgspec

from mockserver.core.conversation import Json, Thinking, ToolUse, refusal_text
from mockserver.core.json_text import json_or_none
from mockserver.recording.events import events_of
from mockserver.recording.exchange import RecordedExchange
from mockserver.scenarios.call import Call
from mockserver.wires import wire_named
from mockserver.wires.json_values import mapping, string
from mockserver.wires.wire import ReadReply, Wire

Broken: TypeAlias = Callable[[RecordedExchange], Mapping[str, str]]
"""Returns the promises that an answer breaks, each with what it breaks it with."""

SLOWNESS = (0.5, 3.0, 15.0)
"""Seconds that divide the classes of latency. Classes beside each other count as the same: none is exact."""

CLASSES = ("under 0.5 s", "under 3 s", "under 15 s", "15 s or more")

TRANSIENT = frozenset({401, 402, 403, 407, 408, 425, 429})
"""Statuses below 500 that say something of the caller or of the moment, and nothing of the gateway's behaviour."""

MOST_WORDS = 160
"""Characters of what a difference shows of one side."""


class Drift(msgspec.Struct, frozen=True):
    """One difference: the promise that it belongs to, what the scenario says and what the gateway does."""

    promise: str
    expected: str
    got: str

    def __str__(self) -> str:
        return f"{self.promise}: the scenario says {self.expected}, the gateway {self.got}"


class _Answer:
    """One answer, read as far as it can be."""

    def __init__(self, exchange: RecordedExchange, call: Call) -> None:
        self.exchange = exchange
        self.call = call
        self.wire = wire_named(call.operation.wire)
        self.media = exchange.response_headers.get("content-type", "").partition(";")[0].strip().lower()
        self.is_stream = self.media == "text/event-stream"
        self.body: Json = None if self.is_stream else json_or_none(exchange.payload)
        self.reply = self._reply() if call.conversation is not None and exchange.status == 200 else None

    def _reply(self) -> ReadReply | None:
        body = _joined(self.exchange, self.wire) if self.is_stream else self.body
        return self.wire.reader.reply_of(body) if isinstance(body, dict) else None

    @property
    def calls(self) -> list[ToolUse]:
        """The tool calls of the reply."""
        return [block for block in self.reply.blocks if isinstance(block, ToolUse)] if self.reply is not None else []


def _joined(exchange: RecordedExchange, wire: Wire) -> Json:
    said = [event.json for event in events_of(exchange.frames)]
    try:
        return wire.reader.whole_of([data for data in said if isinstance(data, dict) and not data.get("error")])
    except (KeyError, IndexError, TypeError, AttributeError, ValueError):
        return None


def _status(answer: _Answer) -> str | None:
    return str(answer.exchange.status)


def _end(answer: _Answer) -> str | None:
    return {"complete": "a complete answer", "reset": "one cut off by a reset", "closed": "one cut off"}.get(
        answer.exchange.ended, "no answer"
    )


def _form(answer: _Answer) -> str | None:
    if answer.exchange.status != 200 or answer.call.conversation is None:
        return None
    return "a stream of events" if answer.is_stream else f"a whole answer ({answer.media or 'no content type'})"


def _media(answer: _Answer) -> str | None:
    return (answer.media or "no content type") if answer.call.conversation is None else None


def _shape(answer: _Answer) -> str | None:
    """Return the names and types of a JSON body that is no conversation's."""
    if answer.call.conversation is not None or answer.exchange.status >= 400 or answer.body is None:
        return None
    return ", ".join(sorted(set(_paths(answer.body, ""))))


def _paths(value: Json, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _paths(item, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for item in value:
            yield from _paths(item, f"{path}[]")
    elif value is not None:
        yield f"{path} ({_type(value)})"


def _type(value: Json) -> str:
    names = ((bool, "true or false"), (int | float, "number"), (str, "text"), (list, "list"))
    return next((name for type, name in names if isinstance(value, type)), "object")


def _blocks(answer: _Answer) -> str | None:
    """Return the kinds of the blocks in order, thinking apart; kinds that follow each other are one."""
    if answer.reply is None:
        return None
    if refusal_text(answer.reply.blocks):
        return "a refusal"
    kinds = list[str]()
    for block in answer.reply.blocks:
        kind = "tool calls" if isinstance(block, ToolUse) else "text"
        if not isinstance(block, Thinking) and kinds[-1:] != [kind]:
            kinds.append(kind)
    return ", then ".join(kinds) or "nothing"


def _thinking(answer: _Answer) -> str | None:
    conversation = answer.call.conversation
    if answer.reply is None or conversation is None or conversation.thinking == "none":
        return None
    return "thinking" if any(isinstance(block, Thinking) for block in answer.reply.blocks) else "no thinking"


def _tools(answer: _Answer) -> str | None:
    return ", ".join(sorted({call.name for call in answer.calls})) or None


def _arguments(answer: _Answer) -> str | None:
    """Return the names and types of the arguments, by tool."""
    said = {f"{call.name}({', '.join(sorted(_paths(call.input, '')))})" for call in answer.calls}
    return ", ".join(sorted(said)) or None


def _stop(answer: _Answer) -> str | None:
    return (answer.reply.stop or "no stop reason") if answer.reply is not None else None


def _json_text(answer: _Answer) -> str | None:
    conversation = answer.call.conversation
    if answer.reply is None or conversation is None or conversation.response_format is None or answer.calls:
        return None
    text = "".join([block.text for block in answer.reply.blocks if not isinstance(block, Thinking | ToolUse)])
    return "JSON" if isinstance(json_or_none(text), dict | list) else "text that is not JSON"


def _error_type(answer: _Answer) -> str | None:
    if answer.exchange.status < 400 or not isinstance(answer.body, dict):
        return None
    return string(mapping(answer.body.get("error")).get("type")) or None


def _retry_after(answer: _Answer) -> str | None:
    if answer.exchange.status not in (429, 503):
        return None
    value = answer.exchange.response_headers.get("retry-after")
    if value is None:
        return "no retry-after"
    return "retry-after in whole seconds" if value.strip().isdecimal() else "retry-after in another form"


FACTS: Mapping[str, Callable[[_Answer], str | None]] = {
    "stream-as-asked": _form,
    "known-media-type": _media,
    "body-schema": _shape,
    "not-empty": _blocks,
    "thinking-accepted": _thinking,
    "tools-as-offered": _tools,
    "tool-arguments": _arguments,
    "stop-matches-content": _stop,
    "json-as-asked": _json_text,
    "error-type": _error_type,
    "retry-after": _retry_after,
}
"""Promise -> what an answer says about it, in words; None if nothing."""


def keeps_all(exchange: RecordedExchange) -> Mapping[str, str]:
    """Return no broken promise: for comparisons without the gate."""
    return {}


def drift(expected: RecordedExchange, got: RecordedExchange, call: Call, broken: Broken = keeps_all) -> list[Drift]:
    """Return where what a gateway answered differs in meaning from what a scenario says. `call` is their request."""
    first, second = _Answer(expected, call), _Answer(got, call)
    for promise, fact in (("known-status", _status), ("body-complete", _end)):
        if fact(first) != fact(second):
            return [Drift(promise, fact(first) or "", fact(second) or "")]
    found = [*_facts(first, second), *_forms(broken(expected), broken(got))]
    return [*found, *_latency(expected, got)]


def unusable(expected: RecordedExchange, got: RecordedExchange) -> str:
    """Return why an answer says nothing of the gateway's behaviour, or an empty string."""
    if got.ended != "complete":
        return f"its answer did not arrive whole ({got.ended.replace('_', ' ')})"
    if got.status != expected.status and (got.status in TRANSIENT or got.status >= 500):
        return f"it answered {got.status}"
    return ""


def _facts(first: _Answer, second: _Answer) -> Iterator[Drift]:
    for promise, fact in FACTS.items():
        one, other = fact(first), fact(second)
        if one is not None and other is not None and one != other:
            yield Drift(promise, _short(one), _short(other))


def _forms(expected: Mapping[str, str], got: Mapping[str, str]) -> Iterator[Drift]:
    """Yield the promises that only one of the two breaks, unless a fact has told of them."""
    for promise in sorted({*expected, *got} - set(FACTS)):
        if promise not in expected or promise not in got:
            yield Drift(promise, _short(expected.get(promise, "it is kept")), _short(got.get(promise, "it is kept")))


def _latency(expected: RecordedExchange, got: RecordedExchange) -> Iterator[Drift]:
    if expected.first:
        one, other = bisect(SLOWNESS, expected.first), bisect(SLOWNESS, got.first)
        if abs(one - other) > 1:
            yield Drift("latency", f"it begins in {CLASSES[one]}", f"in {CLASSES[other]}")


def _short(words: str) -> str:
    return words if len(words) <= MOST_WORDS else f"{words[:MOST_WORDS]}…"
