"""Literal replies: texts without templates, rendered once, with holes for what differs from answer to answer.

Most turns say the same each time. What a wire makes of them differs only in the reply's id, the model, the time and the
tokens. So the wire renders such a reply once, with marks in these places, and an answer is that body with the marks
replaced. It is used where the client's limits do not touch the texts; every other reply is made as a whole (`reply`).
"""

import re
from collections.abc import Callable
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias

import orjson

from mockserver.core.actions import Data
from mockserver.core.conversation import Conversation, Reply, Stop, Text, Usage, output_tokens, refusal_text
from mockserver.openapi.operation import Operation
from mockserver.wires import WIRES
from mockserver.wires.chunks import Chunk

LONGEST = 4_096
"""Characters of a reply that is kept; with the number of replies it bounds what they take."""
_MOST = 1_024

_ID, _MODEL = "\ue000id\ue000", "\ue000model\ue000"
_CREATED, _INPUT = 811_111_111_111_111, 822_222_222_222_222
"""Marks that no text or number of a reply has."""


Values: TypeAlias = tuple[bytes, bytes, int, int, int]
"""The id, the model as JSON, the time, the input tokens and all tokens of an answer."""


class Form(NamedTuple):
    """Bytes with a hole for each value that `pick` picks."""

    text: bytes
    pick: Callable[[Values], Any]  # Any: itemgetter's own type

    def fill(self, values: Values) -> bytes:
        """Return the bytes of an answer with these values."""
        filled: bytes = self.text % self.pick(values)
        return filled


class LiteralReply(NamedTuple):
    """A reply of texts alone on one wire. `form` is the form of its body."""

    wire_name: str
    blocks: tuple[Text, ...]
    output: int
    stop: Stop
    form: Form

    def fits(self, conversation: Conversation) -> bool:
        """Return whether the client wants one such reply, and its limits leave the texts as they are."""
        if conversation.choices != 1 or conversation.logprobs is not None:
            return False
        limit = conversation.max_tokens
        return not conversation.stop_sequences and (limit is None or self.output <= limit)

    def reply(self, id: str, model: str, now: float, input: int) -> Reply:
        """Return the reply of this id."""
        usage = Usage(input, self.output)
        return Reply(id=id, model=model, created=int(now), blocks=self.blocks, stop=self.stop, usage=usage)

    @staticmethod
    def values(id: str, model: str, created: int, usage: Usage) -> Values:
        """Return what fills the holes of a form."""
        return id.encode(), orjson.dumps(model), created, usage.input, usage.total

    def body(self, values: Values) -> bytes:
        """Return the body of a whole answer."""
        return self.form.fill(values)

    def whole(self, reply: Reply) -> bytes:
        """Return the body of a whole answer that is this reply."""
        return self.form.fill(self.values(reply.id, reply.model, reply.created, reply.usage))

    def frames(self, chunk: Chunk, values: Values) -> list[Data]:
        """Return the frames of a stream, without a usage chunk where that is a choice."""
        shared, holes = _streamed(self.blocks, self.wire_name, chunk)
        frames = shared.copy()
        for place, form, event in holes:
            frames[place] = Data(form.fill(values), event)
        return frames


def literal_reply(blocks: tuple[Text, ...] | None, operation: Operation) -> LiteralReply | None:
    """Return the reply of a turn's literal blocks to an operation; None where it has to be made as a whole."""
    if blocks is None or operation.variant != "plain" or not blocks or WIRES[operation.wire].echoed is not None:
        return None
    return _rendered(blocks, operation.wire)


@lru_cache(maxsize=_MOST)
def _rendered(blocks: tuple[Text, ...], wire_name: str) -> LiteralReply | None:
    texts = "".join([block.text for block in blocks])
    if len(texts) > LONGEST or "\ue000" in texts:
        return None
    output, stop = output_tokens(blocks), _stop(blocks)
    usage = Usage(_INPUT, output)
    marked = Reply(id=_ID, model=_MODEL, created=_CREATED, blocks=blocks, stop=stop, usage=usage)
    form = _form(WIRES[wire_name].whole(marked), usage)
    return LiteralReply(wire_name, blocks, output, stop, form) if form is not None else None


@lru_cache(maxsize=_MOST)
def _streamed(blocks: tuple[Text, ...], wire_name: str, chunk: Chunk) -> tuple[list[Data], list[tuple[int, Form, str]]]:
    """Return the frames of a stream, and those of them that have holes: their places, forms and events."""
    usage = Usage(_INPUT, output_tokens(blocks))
    marked = Reply(id=_ID, model=_MODEL, created=_CREATED, blocks=blocks, stop=_stop(blocks), usage=usage)
    asked = Conversation(model=_MODEL, messages=(), body={}, stream=True)
    frames = list(WIRES[wire_name].frames(marked, chunk, asked))
    forms = [_form(frame.payload, usage) for frame in frames]
    holes = [(place, form, frames[place].event) for place, form in enumerate(forms) if form is not None]
    return frames, holes


def _form(body: bytes, usage: Usage) -> Form | None:
    """Return bytes that were made with marks as a form, or None if no mark is in them."""
    marks = (_ID.encode(), orjson.dumps(_MODEL), b"%d" % _CREATED, b"%d" % usage.input, b"%d" % usage.total)
    parts = re.split(b"(%b)" % b"|".join(marks), body)
    places = [marks.index(part) for part in parts[1::2]]
    if not places:
        return None
    literals = [part.replace(b"%", b"%%") for part in parts[::2]]
    holes = [b"%b" if place < 2 else b"%d" for place in places]
    text = b"".join([piece for pair in zip(literals, [*holes, b""], strict=True) for piece in pair])
    return Form(text, itemgetter(*places))


def _stop(blocks: tuple[Text, ...]) -> Stop:
    return "refusal" if refusal_text(blocks) else "end_turn"
