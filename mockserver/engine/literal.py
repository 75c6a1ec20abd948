"""Literal replies: texts and tool calls without templates, rendered once, with holes for what differs.

Most turns say the same each time. What a wire makes of them differs only in the ids, the model, the time and the
tokens. So the wire renders such a reply once, with marks in these places, and an answer is that body with the marks
replaced. It is used where the client's limits do not touch the texts; every other reply is made as a whole (`reply`).
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
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
"""Marks; a reply that has one in a text is no literal one."""
_LIKE_A_MARK = re.compile("\ue000|8111111111|8222222222")


Values: TypeAlias = tuple[bytes, bytes, int, int, int, *tuple[bytes, ...]]
"""The id, the model as JSON, the time, the input tokens and all tokens of an answer, then the ids of its calls."""


class Form(NamedTuple):
    """Bytes with a hole for each value that `pick` picks."""

    text: bytes
    pick: Callable[[Values], Any]  # Any: itemgetter's own type

    def fill(self, values: Values) -> bytes:
        """Return the bytes of an answer with these values."""
        filled: bytes = self.text % self.pick(values)
        return filled


class Chunks(NamedTuple):
    """Frames that all open alike: the form of what they open with, and what is before, between and behind."""

    opening: Form
    rest: tuple[bytes, ...]

    def fill(self, values: Values) -> bytes:
        """Return the bytes of an answer with these values, which are filled in once."""
        return self.opening.fill(values).join(self.rest)


class Tail(NamedTuple):
    """What follows the last hole of a frame: the frame's place in its stream, the bytes, and the frame's event."""

    place: int
    payload: bytes
    event: str


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

    def values(self, id: str, model: bytes, created: int, input: int, calls: Sequence[str] = ()) -> Values:
        """Return what fills the holes of a form: the model as JSON; `calls` are the ids of its calls."""
        total = input + self.output
        if not calls:
            return id.encode(), model, created, input, total
        return id.encode(), model, created, input, total, *[call.encode() for call in calls]

    def said(self, values: Values) -> tuple[ReplyBlock, ...]:
        """Return the blocks of an answer, its calls with their ids."""
        if not self.calls:
            return self.blocks
        blocks, ids = list(self.blocks), values[5:]
        for place, id in zip(self.calls, ids, strict=True):
            blocks[place] = msgspec.structs.replace(blocks[place], id=id.decode())
        return tuple(blocks)

    def body(self, values: Values) -> bytes:
        """Return the body of a whole answer."""
        return self.form.fill(values)

    def whole(self, reply: Reply) -> bytes:
        """Return the body of a whole answer that is this reply."""
        return self.form.fill(self.values(reply.id, orjson.dumps(reply.model), reply.created, reply.usage.input))

    def stream(self, chunk: Chunk) -> tuple[Form | Chunks, int]:
        """Return all frames of a stream without waits as one form, and how many they are."""
        return _joined(self.literals, self.wire_name, chunk)

    def frames(self, chunk: Chunk, values: Values, interval: float = 0.0) -> list[Action]:
        """Return the frames of a stream, without a usage chunk where that is a choice.

        `interval` is the wait before each delta but the first, if there is one.
        """
        shared, openings = _streamed(self.literals, self.wire_name, chunk, interval)
        frames = shared.copy()
        for form, tails in openings.values():
            opening = form.fill(values)
            for place, payload, event in tails:
                frames[place] = Data(opening + payload, event)
        return frames


def literal_reply(literals: LiteralBlocks | None, operation: Operation) -> LiteralReply | None:
    """Return the reply of a turn's literal blocks to an operation; None where it has to be made as a whole."""
    if literals is None or operation.variant != "plain" or not literals or WIRES[operation.wire].echoed is not None:
        return None
    return _rendered(literals, operation.wire)


@lru_cache(maxsize=_MOST)
def _rendered(literals: LiteralBlocks, wire_name: str) -> LiteralReply | None:
    text = "".join([part.text if isinstance(part, Text) else part.name + part.arguments for part in literals])
    if len(text) > LONGEST or _LIKE_A_MARK.search(text):
        return None
    marked, calls = _marked(literals)
    form = _form(WIRES[wire_name].whole(marked), _marks(marked, calls))
    return LiteralReply(wire_name, literals, marked.blocks, calls, marked.usage.output, marked.stop, form)


@lru_cache(maxsize=_MOST)
def _streamed(
    literals: LiteralBlocks, wire_name: str, chunk: Chunk, interval: float
) -> tuple[list[Action], dict[bytes, tuple[Form, list[Tail]]]]:
    """Return the frames and waits of a stream, and the openings of frames with holes, with what follows them where.

    All chunks of OpenAI open with the same id, time and model.
    """
    marked, calls = _marked(literals)
    asked = Conversation(model=_MODEL, messages=(), body={}, stream=True)
    frames = list(WIRES[wire_name].frames(marked, chunk, asked))
    timed = list(with_intervals(frames, lambda: interval))
    marks, openings = _marks(marked, calls), dict[bytes, tuple[Form, list[Tail]]]()
    for place, action in enumerate(timed):
        if isinstance(action, Data) and (end := _end_of_holes(action.payload, marks)):
            opening, payload = action.payload[:end], action.payload[end:]
            _, tails = openings.setdefault(opening, (_form(opening, marks), []))
            tails.append(Tail(place, payload, action.event))
    return timed, openings


@lru_cache(maxsize=_MOST)
def _joined(literals: LiteralBlocks, wire_name: str, chunk: Chunk) -> tuple[Form | Chunks, int]:
    """Return the frames of a stream as one form, and how many they are."""
    frames, openings = _streamed(literals, wire_name, chunk, 0.0)
    body = b"".join([frame.payload for frame in frames if isinstance(frame, Data)])
    if len(openings) > 1:
        return _form(body, _marks(*_marked(literals))), len(frames)
    ((opening, (form, _)),) = openings.items()
    return Chunks(form, tuple(body.split(opening))), len(frames)


def _marked(literals: LiteralBlocks) -> tuple[Reply, tuple[int, ...]]:
    """Return the reply with marks for what differs, and the places of its calls without an id of their own."""
    blocks = [
        part
        if isinstance(part, Text)
        else ToolUse(part.name, orjson.loads(part.arguments), part.id or _CALL.format(place))
        for place, part in enumerate(literals)
    ]
    calls = [place for place, part in enumerate(literals) if isinstance(part, LiteralCall) and not part.id]
    usage = Usage(_INPUT, output_tokens(blocks))
    marked = Reply(id=_ID, model=_MODEL, created=_CREATED, blocks=tuple(blocks), stop=_stop(blocks), usage=usage)
    return marked, tuple(calls)


def _marks(marked: Reply, calls: Sequence[int]) -> dict[bytes, bytes]:
    """Return the marks of a reply in the order of `Values`, each with the conversion that fills its hole."""
    texts = (_ID.encode(), orjson.dumps(_MODEL))
    numbers = [b"%d" % number for number in (_CREATED, marked.usage.input, marked.usage.total)]
    ids = [_CALL.format(place).encode() for place in calls]
    return dict.fromkeys(texts, b"%b") | dict.fromkeys(numbers, b"%d") | dict.fromkeys(ids, b"%b")


def _form(body: bytes, marks: Mapping[bytes, bytes]) -> Form:
    """Return bytes that were made with marks as a form; one of them is there."""
    parts = re.split(b"(%b)" % b"|".join(marks), body)
    literals, found, order = [part.replace(b"%", b"%%") for part in parts[::2]], parts[1::2], list(marks)
    holes = [*[marks[mark] for mark in found], b""]
    text = b"".join([piece for pair in zip(literals, holes, strict=True) for piece in pair])
    return Form(text, itemgetter(*[order.index(mark) for mark in found]))


def _end_of_holes(body: bytes, marks: Collection[bytes]) -> int:
    """Return where the last mark in these bytes ends; 0 if there is none."""
    return max([body.rfind(mark) + len(mark) for mark in marks if mark in body], default=0)


def _stop(blocks: Sequence[ReplyBlock]) -> Stop:
    if any(isinstance(block, ToolUse) for block in blocks):
        return "tool_use"
    return "refusal" if refusal_text(blocks) else "end_turn"
