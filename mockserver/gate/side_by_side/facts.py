"""What an answer says, as facts that two answers can be compared by, each under the promise that it belongs to.

Words of a model, ids and counts differ from answer to answer and are no facts. The fields of a body and their types are
collected over the whole run, because not every answer has every field.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from mockserver.contracts import sse
from mockserver.contracts.check import ExchangeView
from mockserver.contracts.exchange import Json, dig, items
from mockserver.contracts.reply import ObservedReply, read_reply

HEADERS = ("retry-after", "allow", "www-authenticate", "access-control-allow-origin", "location")
"""Headers that a client may act on. What matters is whether they are there."""

TOLD = frozenset({"type", "object", "role"})
"""Fields whose value belongs to the form."""

FREE = frozenset({"input", "arguments", "metadata"})
"""Fields whose content is the model's or the caller's."""


class Fact(NamedTuple):
    """One fact: the promise, the field that it is about, and what the answer has there."""

    promise: str
    field: str
    has: str


def facts(view: ExchangeView) -> Iterator[Fact]:
    """Yield the facts of one answer, beside its status and the fields of its body."""
    response, operation = view.exchange.response, view.operation
    yield Fact("known-media-type", "content-type", response.media or "none")
    for name in HEADERS:
        yield Fact("header-schema", name, "none" if response.header(name) is None else "there")
    reply = read_reply(operation.wire, response) if operation is not None and operation.is_conversation else None
    if reply is None or operation is None:
        return
    yield Fact("not-empty", "blocks", _kinds(reply))
    yield Fact("stop-matches-content", "stop reason", reply.stop or "none")
    yield Fact("tools-as-offered", "tools called", ", ".join(call.name for call in reply.calls) or "none")
    if response.is_stream:
        events = sse.parse(response.body).events
        promise = "messages-blocks" if operation.wire == "anthropic" else "chat-finish"
        yield Fact(promise, "order of events", " → ".join(_merged([_event(each) for each in events])))


def fields(view: ExchangeView) -> Iterator[Fact]:
    """Yield every field of a body, or of the events of a stream, with its type."""
    response = view.exchange.response
    if response.is_stream:
        anthropic = view.operation is not None and view.operation.wire == "anthropic"
        promise = "messages-event-schema" if anthropic else "chat-chunk-schema"
        for event in sse.parse(response.body).events:
            if isinstance(event.json, dict):
                kind = dig(event.json, "type") if anthropic else None
                yield from _fields(event.json, str(kind) if kind else "chunk", promise)
    elif response.json is not None:
        yield from _fields(response.json, "", "body-schema" if response.status < 400 else "error-envelope")


def _fields(value: Json, path: str, promise: str) -> Iterator[Fact]:
    name = path.rpartition(".")[2]
    if path:
        yield Fact(promise, path, repr(value) if name in TOLD and isinstance(value, str) else _type(value))
    if name in FREE:
        return
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _fields(item, f"{path}.{key}" if path else key, promise)
    for item in items(value):
        yield from _fields(item, f"{path}[]", promise)


def _type(value: Json) -> str:
    names = ((bool, "true or false"), (int | float, "a number"), (str, "text"), (list, "a list"), (dict, "an object"))
    return next((name for type, name in names if isinstance(value, type)), "null")


def _kinds(reply: ObservedReply) -> str:
    return ", ".join(_merged([block.kind for block in reply.blocks])) or "none"


def _event(event: sse.SseEvent) -> str:
    """Return what an event is, in the words of its wire."""
    if event.is_done:
        return "[DONE]"
    kind = dig(event.json, "type")
    if isinstance(kind, str):
        part = dig(event.json, "delta", "type") or dig(event.json, "content_block", "type")
        return f"{kind} ({part})" if isinstance(part, str) else kind
    choice = dig(event.json, "choices", 0)
    parts = [name for name in ("role", "content", "tool_calls") if dig(choice, "delta", name)]
    parts += ["finish_reason"] if dig(choice, "finish_reason") else []
    parts += ["usage"] if dig(event.json, "usage") else []
    return " and ".join(parts) or "empty"


def _merged(words: list[str]) -> list[str]:
    """Return words without repetitions in a row, and without pings, which may come at any time."""
    kept = [word for word in words if word != "ping"]
    return [word for place, word in enumerate(kept) if place == 0 or word != kept[place - 1]]
