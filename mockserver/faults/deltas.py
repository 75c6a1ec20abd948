"""The pieces of an answer's text, thinking and arguments of calls: found in a stream, and replaced by others."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple, TypeAlias

import orjson

from mockserver.core.actions import Action, Actions, Data
from mockserver.faults.answers import Object, document, documents
from mockserver.faults.compiled import NoEffectError
from mockserver.faults.editing import with_document, with_length
from mockserver.faults.fields import put
from mockserver.wires.wire import Wire

_MARK = "\u0000mark"
"""A placeholder in a document for bytes that orjson cannot write."""

_PLACES = (
    "delta.text",
    "delta.thinking",
    "delta.partial_json",
    "choices.0.delta.content",
    "choices.0.delta.reasoning_content",
    "choices.0.delta.tool_calls.0.function.arguments",
)
"""Where an event has its piece."""


class Piece(NamedTuple):
    """A piece: its place in the actions, the block or call that it belongs to, and its text."""

    place: int
    owner: int
    text: str


_FLAT = {
    "text": ("response.output_text.delta", "response.refusal.delta"),
    "thinking": ("response.reasoning_summary_text.delta",),
    "arguments": ("response.function_call_arguments.delta", "response.custom_tool_call_input.delta"),
}
"""The types of events whose `delta` is the piece itself, by what it is a piece of."""

Read: TypeAlias = Callable[[Object], tuple[int, str] | None]
"""Reads the owner and the piece of an event's JSON, if it has one."""


def text_of(body: Object) -> tuple[int, str] | None:
    """Return the text of a delta, with the block that it belongs to."""
    if _is_flat(body):
        return _flat(body, "text")
    delta = body.get("delta") or ((body.get("choices") or [{}])[0].get("delta") or {})
    text = delta.get("text", delta.get("content"))
    return (body.get("index", 0), text) if isinstance(text, str) and text else None


def thinking_of(body: Object) -> tuple[int, str] | None:
    """Return the thinking of a delta, with the block that it belongs to."""
    if _is_flat(body):
        return _flat(body, "thinking")
    delta = body.get("delta") or ((body.get("choices") or [{}])[0].get("delta") or {})
    thinking = delta.get("thinking", delta.get("reasoning_content"))
    return (body.get("index", 0), thinking) if isinstance(thinking, str) and thinking else None


def arguments_of(body: Object) -> tuple[int, str] | None:
    """Return the arguments of a delta, with the call that they belong to."""
    if _is_flat(body):
        return _flat(body, "arguments")
    delta = body.get("delta") or {}
    if "partial_json" in delta:
        return body["index"], delta["partial_json"]
    for choice in body.get("choices") or ():
        for call in (choice.get("delta") or {}).get("tool_calls") or ():
            if "id" not in call:
                return call.get("index", 0), call["function"]["arguments"]
    return None


def _is_flat(body: Object) -> bool:
    return isinstance(body.get("delta"), str)


def _flat(body: Object, what: str) -> tuple[int, str] | None:
    """Return the piece of an event whose `delta` is the piece itself, with the output item that it belongs to."""
    return (body.get("output_index", 0), body["delta"]) if body.get("type") in _FLAT[what] and body["delta"] else None


def pieces_of(actions: Actions, read: Read, otherwise: str) -> list[Piece]:
    """Return every piece that `read` finds in a stream. Raises `NoEffectError` with this reason if there is none."""
    pieces = [
        Piece(index, *piece)
        for index, action, body in documents(actions)
        if action.event and (piece := read(body)) is not None
    ]
    if not pieces:
        raise NoEffectError(otherwise)
    return pieces


def with_literal(action: Action, literal: bytes) -> Data:
    """Return the same delta with another piece, written as these bytes of JSON."""
    body = document(action)
    assert body is not None
    assert isinstance(action, Data)
    for path in ("delta",) if _is_flat(body) else _PLACES:
        put(body, path.split("."), _MARK, only=True)
    marked = with_document(action, body)
    return Data(marked.payload.replace(orjson.dumps(_MARK), literal), action.event)


def rewrite(actions: Actions, pieces: Sequence[Piece], change: Callable[[str], Sequence[bytes]]) -> Actions:
    """Return the stream with each owner's pieces replaced by new ones, which come where its first piece was.

    `change` gets an owner's whole text and returns the new pieces as JSON. An owner for whom it raises `NoEffectError`
    stays as it is; if it does so for every owner, the error is raised.
    """
    firsts = {piece.owner: piece.place for piece in reversed(pieces)}
    texts = {owner: "".join([piece.text for piece in pieces if piece.owner == owner]) for owner in firsts}
    literals: dict[int, Sequence[bytes]] = {}
    for owner, text in texts.items():
        with suppress(NoEffectError):
            literals[owner] = change(text)
    if not literals:
        change(next(iter(texts.values())))
    replaced = {piece.place for piece in pieces if piece.owner in literals}
    after: list[Action] = []
    for index, action in enumerate(actions):
        if index not in replaced:
            after.append(action)
        for owner, new in literals.items():
            if firsts[owner] == index:
                after += [with_literal(action, literal) for literal in new]
    return with_length(tuple(after))


def settled(actions: Actions, wire: Wire) -> Actions:
    """Return the stream with what repeats its deltas put right, on a wire where something does."""
    if wire.reader.settle is None:
        return actions
    found = list(documents(actions))
    wire.reader.settle([body for _, _, body in found])
    changed = {index: with_document(action, body) for index, action, body in found}
    return with_length(tuple([changed.get(index, action) for index, action in enumerate(actions)]))


def split_surrogates(text: str) -> list[bytes]:
    """Return the text as JSON in two pieces, cut between the halves of its first character beyond U+FFFF."""
    index = next((number for number, letter in enumerate(text) if ord(letter) > 0xFFFF), None)
    if index is None:
        raise NoEffectError("no character beyond U+FFFF is there to be cut, such as an emoji")
    code = ord(text[index]) - 0x10000
    high, low = b"\\u%04x" % (0xD800 + (code >> 10)), b"\\u%04x" % (0xDC00 + (code & 0x3FF))
    return [orjson.dumps(text[:index])[:-1] + high + b'"', b'"' + low + orjson.dumps(text[index + 1 :])[1:]]
