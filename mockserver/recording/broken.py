"""Streams that broke: the fault that breaks the replayed stream at the same place.

Rules:

- What came of the reply is the reply, and the fault stands at `stop`: right behind its last piece, on any wire.
- A tool call that broke inside its arguments is completed, so that it is JSON, and the fault stands before the first
  piece that did not come whole.
- Where not even one piece came, a placeholder stands for the reply, and the fault before it.
- An error event is a fault too, at the same places.
"""

from collections.abc import Mapping, Sequence

import msgspec

from mockserver.core.conversation import (
    Conversation,
    Json,
    Reply,
    ReplyBlock,
    Text,
    ToolUse,
    Usage,
    compact_json,
    spoken,
)
from mockserver.core.json_text import json_or_none
from mockserver.recording.exchange import Ended
from mockserver.wires.chunks import argument_pieces
from mockserver.wires.errors import STATUSES, failure, kind_of
from mockserver.wires.json_values import mapping, string
from mockserver.wires.wire import Wire

FAULTS: Mapping[Ended, str] = {"complete": "cut", "closed": "close", "reset": "reset", "no_answer": "close"}
"""How an answer ended before it was whole -> the fault that does the same."""

PLACEHOLDER = Text("…")
"""Stands for a reply of which nothing came."""

OVERLOADED = 529
"""The status that is likely for an error in mid-stream, of those with the same type."""

_LONGEST_REPAIR = 200
"""How many characters at the end of unfinished JSON may be left out to complete it."""


class BrokenReply(msgspec.Struct, frozen=True, gc=False):
    """What came of a reply, and the place behind it."""

    blocks: tuple[ReplyBlock, ...]
    place: int | str


def broken_reply(
    blocks: Sequence[ReplyBlock], unfinished: str | None, wire: Wire, conversation: Conversation
) -> BrokenReply:
    """Return what came of a reply. `unfinished` is the text of the last call's arguments if they are not JSON."""
    came = list(blocks)
    while came and spoken(came[-1]) == 0:
        came.pop()  # a block that was opened, and no more
    if not came:
        return BrokenReply((PLACEHOLDER,), "delta")
    last = came[-1]
    if unfinished is None or not isinstance(last, ToolUse):
        return BrokenReply(tuple(came), "stop")
    call = msgspec.structs.replace(last, input=completed(unfinished))
    whole = (*came[:-1], call)
    pieces = argument_pieces(compact_json(call.input), "word")
    arrived = min(len(unfinished) // len(pieces[0]), len(pieces) - 1)
    return BrokenReply(whole, f"delta {count_deltas(whole, wire, conversation) - len(pieces) + arrived + 1}")


def count_deltas(blocks: Sequence[ReplyBlock], wire: Wire, conversation: Conversation) -> int:
    """Return how many deltas the mock's own stream of a reply has."""
    reply = Reply(id="", model="", created=0, blocks=tuple(blocks), stop="end_turn", usage=Usage(0, 0))
    return sum([frame.event in wire.deltas for frame in wire.frames(reply, "word", conversation)])


def completed(text: str) -> Mapping[str, Json]:
    """Return the object that unfinished JSON begins: what is left open is closed, what makes no sense is left out."""
    for end in range(len(text), max(len(text) - _LONGEST_REPAIR, -1), -1):
        value = json_or_none(text[:end] + _closing(text[:end]))
        if isinstance(value, dict):
            return value
    return {}


def _closing(text: str) -> str:
    """Return the quote and brackets that close a JSON text."""
    closing, in_text, escaped = list[str](), False, False
    for character in text:
        if in_text:
            in_text = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character == '"':
            in_text = True
        elif character in "{[":
            closing.append("}" if character == "{" else "]")
        elif character in "}]" and closing:
            closing.pop()
    return ('"' if in_text else "") + "".join(reversed(closing))


def error_event_words(data: Mapping[str, Json], place: int | str, then: str, wire: Wire) -> dict[str, object]:
    """Return the fault that puts the error of this event into a stream. `then` says what followed it."""
    error = mapping(data.get("error"))
    message = string(error.get("message")) or string(data.get("error"))
    type = string(error.get("type"))
    status = _status_of(error, wire)
    words: dict[str, object] = {"at": place, "status": status}
    words |= {"type": type} if type and wire.errors.type_of(failure(status)) != type else {}
    words |= {"message": message} if message and message != kind_of(status).message else {}
    words |= {"shape": "string"} if isinstance(data.get("error"), str) else {}
    return {"error_event": words | ({"then": then} if then != "end" else {})}


def _status_of(error: Mapping[str, Json], wire: Wire) -> int:
    """Return the status that an error in a stream most likely has: several statuses may share a type."""
    alike = {
        status: kind for status, kind in STATUSES.items() if wire.errors.type_of(failure(status)) == error.get("type")
    }
    told = [status for status, kind in alike.items() if error.get("code") == kind.code]
    told += [status for status, kind in alike.items() if error.get("message") == kind.message]
    return next(iter([*told, *(status for status in alike if status == OVERLOADED), *alike]), 500)
