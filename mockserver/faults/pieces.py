"""The pieces of an answer's text and of its tool calls' arguments: found in a stream, and said in other words."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import orjson

from mockserver.core.actions import Action, Actions, Data
from mockserver.faults.fault import (
    NoEffectError,
    document,
    with_document,
    with_length,
)
from mockserver.faults.fields import put

Body = dict[str, Any]
_MARK = "\u0000mark"
"""A string that stands in a document for bytes that orjson cannot write."""


class Piece(NamedTuple):
    """A piece of text or of arguments: where it is in the actions, whose it is, and what it says."""

    place: int
    owner: int
    text: str


def text_of(body: Body) -> tuple[int, str] | None:
    """The text of a delta, and the block it belongs to."""
    delta = body.get("delta") or ((body.get("choices") or [{}])[0].get("delta") or {})
    text = delta.get("text", delta.get("content"))
    return (body.get("index", 0), text) if isinstance(text, str) and text else None


def arguments_of(body: Body) -> tuple[int, str] | None:
    """The arguments of a delta, and the call that they belong to."""
    delta = body.get("delta") or {}
    if "partial_json" in delta:
        return body["index"], delta["partial_json"]
    for choice in body.get("choices") or ():
        for call in (choice.get("delta") or {}).get("tool_calls") or ():
            if "id" not in call:
                return call.get("index", 0), call["function"]["arguments"]
    return None


def pieces_of(actions: Actions, read: Callable[[Body], tuple[int, str] | None], otherwise: str) -> list[Piece]:
    """Every piece in a stream that `read` knows; `NoEffectError` if there is none."""
    found = []
    for place, action in enumerate(actions):
        body = document(action)
        if body is not None and isinstance(action, Data) and action.event and (told := read(body)) is not None:
            found.append(Piece(place, *told))
    if not found:
        raise NoEffectError(otherwise)
    return found


def said(action: Action, literal: bytes) -> Data:
    """The same delta with other text or arguments, given as JSON bytes."""
    body = document(action)
    assert body is not None
    assert isinstance(action, Data)
    paths = (
        "delta.text",
        "delta.partial_json",
        "choices.0.delta.content",
        "choices.0.delta.tool_calls.0.function.arguments",
    )
    for path in paths:
        put(body, path.split("."), _MARK, True)
    marked = with_document(action, body)
    return Data(marked.payload.replace(orjson.dumps(_MARK), literal), action.event)


def resaid(actions: Actions, pieces: Sequence[Piece], change: Callable[[str], Sequence[bytes]]) -> Actions:
    """Each owner's pieces replaced by new ones, which come where its first was.

    An owner on whom the change has no effect stays as it is; if that is so for all, there is no effect.
    """
    owners = {piece.owner: piece.place for piece in reversed(pieces)}
    texts = {owner: "".join([piece.text for piece in pieces if piece.owner == owner]) for owner in owners}
    literals: dict[int, Sequence[bytes]] = {}
    for owner, text in texts.items():
        with suppress(NoEffectError):
            literals[owner] = change(text)
    if not literals:
        change(next(iter(texts.values())))
    gone = {piece.place for piece in pieces if piece.owner in literals}
    found: list[Action] = []
    for place, action in enumerate(actions):
        if place not in gone:
            found.append(action)
        for owner, changed in literals.items():
            if owners[owner] == place:
                found += [said(action, literal) for literal in changed]
    return with_length(tuple(found))


def surrogates(text: str) -> list[bytes]:
    """The text as JSON in two pieces, cut between the halves of its first long character."""
    place = next((n for n, letter in enumerate(text) if ord(letter) > 0xFFFF), None)
    if place is None:
        raise NoEffectError("no character beyond U+FFFF is there to be cut, such as an emoji")
    code = ord(text[place]) - 0x10000
    high, low = b"\\u%04x" % (0xD800 + (code >> 10)), b"\\u%04x" % (0xDC00 + (code & 0x3FF))
    return [orjson.dumps(text[:place])[:-1] + high + b'"', b'"' + low + orjson.dumps(text[place + 1 :])[1:]]
