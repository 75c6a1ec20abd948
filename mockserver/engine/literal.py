"""Literal replies: texts and tool calls without templates, rendered once, with holes for what differs.

Most turns say the same each time. What a wire makes of them differs only in the ids, the model, the time and the
tokens. So the wire renders such a reply once, with marks in these places, and an answer is that body with the marks
replaced. It is used where the client's limits do not touch the texts; every other reply is made as a whole (`reply`).
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias

import msgspec
import orjson

from mockserver.core.actions import Action, Data
from mockserver.core.conversation import (
    Conversation,
    Reply,
    ReplyBlock,
    Stop,
    Text,
    ToolUse,
    Usage,
    output_tokens,
    refusal_text,
)
from mockserver.engine.pace import with_intervals
from mockserver.openapi.operation import Operation
from mockserver.scenarios.script import LiteralBlocks, LiteralCall
from mockserver.wires import WIRES
from mockserver.wires.chunks import Chunk

LONGEST = 4_096
"""Characters of a reply that is kept; with the number of replies it bounds what they take."""
_MOST = 1_024

_ID, _MODEL, _CALL = "\ue000id\ue000", "\ue000model\ue000", "\ue000call{}\ue000"
_CREATED, _INPUT = 811_111_111_111_111, 822_222_222_222_222
"""Marks that no text or number of a reply has."""


Values: TypeAlias = tuple[bytes | int, ...]
"""The id, the model as JSON, the time, the input tokens and all tokens of an answer, then the ids of its calls."""


class Form(NamedTuple):
    """Bytes with holes: `places` say which value fills each of them, and `pick` picks these values."""

    text: bytes
    places: tuple[int, ...]
    pick: Callable[[Values], Any]  # Any: itemgetter's own type

    def fill(self, values: Values) -> bytes:
        """Return the bytes of an answer with these values."""
        filled: bytes = self.text % self.pick(values)
        return filled


class LiteralReply(NamedTuple):
    """A literal reply on one wire. `form` is the form of its body, `calls` are the places of calls without an id."""

    wire_name: str
    literals: LiteralBlocks
    blocks: tuple[ReplyBlock, ...]
    calls: tuple[int, ...]
    output: int
    stop: Stop
    form: Form

    def fits(self, conversation: Conversation) -> bool:
        """Return whether the client wants one such reply of texts, and its limits leave them as they are."""
        if conversation.choices != 1 or conversation.logprobs is not None or self.stop == "tool_use":
            return False
        limit = conversation.max_tokens
        return not conversation.stop_sequences and (limit is None or self.output <= limit)

    def reply(self, id: str, model: str, now: float, input: int) -> Reply:
        """Return the reply of this id."""
        usage = Usage(input, self.output)
        return Reply(id=id, model=model, created=int(now), blocks=self.blocks, stop=self.stop, usage=usage)

    def said(self, ids: Sequence[str]) -> tuple[ReplyBlock, ...]:
        """Return the blocks; `ids` are those of its calls."""
        if not ids:
            return self.blocks
        blocks = list(self.blocks)
        for place, id in zip(self.calls, ids, strict=True):
            blocks[place] = msgspec.structs.replace(blocks[place], id=id)
        return tuple(blocks)

    def values(self, id: str, model: str, created: int, input: int, ids: Sequence[str] = ()) -> Values:
        """Return what fills the holes of a form."""
        fixed = id.encode(), orjson.dumps(model), created, input, input + self.output
        return (*fixed, *[call.encode() for call in ids]) if ids else fixed

    def body(self, values: Values) -> bytes:
        """Return the body of a whole answer."""
        return self.form.fill(values)

    def whole(self, reply: Reply) -> bytes:
        """Return the body of a whole answer that is this reply."""
        return self.form.fill(self.values(reply.id, reply.model, reply.created, reply.usage.input))

    def stream(self, chunk: Chunk) -> tuple[Form, int]:
        """Return all frames of a stream without waits as one form, and how many they are."""
        return _joined(self.literals, self.wire_name, chunk)

    def frames(self, chunk: Chunk, values: Values, interval: float = 0.0) -> list[Action]:
        """Return the frames of a stream, without a usage chunk where that is a choice.

        `interval` is the wait before each delta but the first, if there is one.
        """
        shared, holes = _streamed(self.literals, self.wire_name, chunk, interval)
        frames = shared.copy()
        for place, form, event in holes:
            frames[place] = Data(form.fill(values), event)
        return frames


def literal_reply(literals: LiteralBlocks | None, operation: Operation) -> LiteralReply | None:
    """Return the reply of a turn's literal blocks to an operation; None where it has to be made as a whole."""
    if literals is None or operation.variant != "plain" or not literals or WIRES[operation.wire].echoed is not None:
        return None
    return _rendered(literals, operation.wire)


@lru_cache(maxsize=_MOST)
def _rendered(literals: LiteralBlocks, wire_name: str) -> LiteralReply | None:
    text = "".join([part.text if isinstance(part, Text) else part.name + part.arguments for part in literals])
    if len(text) > LONGEST or "\ue000" in text:
        return None
    blocks, calls = _marked(literals)
    marked = _marked_reply(blocks)
    form = _form(WIRES[wire_name].whole(marked), marked.usage, calls)
    output, stop = marked.usage.output, marked.stop
    return LiteralReply(wire_name, literals, blocks, calls, output, stop, form) if form is not None else None


@lru_cache(maxsize=_MOST)
def _streamed(
    literals: LiteralBlocks, wire_name: str, chunk: Chunk, interval: float
) -> tuple[list[Action], list[tuple[int, Form, str]]]:
    """Return the frames and waits of a stream, and the frames that have holes: their places, forms and events."""
    blocks, calls = _marked(literals)
    marked = _marked_reply(blocks)
    asked = Conversation(model=_MODEL, messages=(), body={}, stream=True)
    frames = list(WIRES[wire_name].frames(marked, chunk, asked))
    timed = list(with_intervals(frames, lambda: interval))
    holes = [
        (place, form, action.event)
        for place, action in enumerate(timed)
        if isinstance(action, Data) and (form := _form(action.payload, marked.usage, calls)) is not None
    ]
    return timed, holes


@lru_cache(maxsize=_MOST)
def _joined(literals: LiteralBlocks, wire_name: str, chunk: Chunk) -> tuple[Form, int]:
    """Return the frames of a stream as one form, and how many they are."""
    frames, holes = _streamed(literals, wire_name, chunk, 0.0)
    forms = {place: form for place, form, _ in holes}
    texts = [
        forms[place].text if place in forms else frame.payload.replace(b"%", b"%%")
        for place, frame in enumerate(frames)
        if isinstance(frame, Data)
    ]
    places = tuple([value for form in forms.values() for value in form.places])
    return Form(b"".join(texts), places, itemgetter(*places)), len(frames)


def _marked(literals: LiteralBlocks) -> tuple[tuple[ReplyBlock, ...], tuple[int, ...]]:
    """Return the blocks, with marks for the ids of calls that have none of their own, and the places of those."""
    blocks = [
        part
        if isinstance(part, Text)
        else ToolUse(part.name, orjson.loads(part.arguments), part.id or _CALL.format(place))
        for place, part in enumerate(literals)
    ]
    calls = [place for place, part in enumerate(literals) if isinstance(part, LiteralCall) and not part.id]
    return tuple(blocks), tuple(calls)


def _marked_reply(blocks: tuple[ReplyBlock, ...]) -> Reply:
    usage = Usage(_INPUT, output_tokens(blocks))
    return Reply(id=_ID, model=_MODEL, created=_CREATED, blocks=blocks, stop=_stop(blocks), usage=usage)


def _form(body: bytes, usage: Usage, calls: Sequence[int]) -> Form | None:
    """Return bytes that were made with marks as a form, or None if no mark is in them."""
    numbers = (b"%d" % _CREATED, b"%d" % usage.input, b"%d" % usage.total)
    marks = (_ID.encode(), orjson.dumps(_MODEL), *numbers, *[_CALL.format(place).encode() for place in calls])
    parts = re.split(b"(%b)" % b"|".join(marks), body)
    places = [marks.index(part) for part in parts[1::2]]
    if not places:
        return None
    literals = [part.replace(b"%", b"%%") for part in parts[::2]]
    holes = [b"%d" if marks[place] in numbers else b"%b" for place in places]
    text = b"".join([piece for pair in zip(literals, [*holes, b""], strict=True) for piece in pair])
    return Form(text, tuple(places), itemgetter(*places))


def _stop(blocks: Sequence[ReplyBlock]) -> Stop:
    if any(isinstance(block, ToolUse) for block in blocks):
        return "tool_use"
    return "refusal" if refusal_text(blocks) else "end_turn"
