"""Literal replies: texts without templates, rendered once, with holes for what differs from answer to answer.

Most turns say the same each time. What a wire makes of them differs only in the reply's id, the model, the time and the
tokens. So the wire renders such a reply once, with marks in these places, and an answer is that body with the marks
replaced. It is used where the client's limits do not touch the texts; every other reply is made as a whole (`reply`).
"""

import re
from collections.abc import Callable
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

import orjson

from mockserver.core.conversation import Conversation, Reply, Stop, Text, Usage, output_tokens, refusal_text
from mockserver.openapi.operation import Operation
from mockserver.wires import WIRES

LONGEST = 4_096
"""Characters of a reply that is kept; with the number of replies it bounds what they take."""
_MOST = 1_024

_ID, _MODEL = "\ue000id\ue000", "\ue000model\ue000"
_CREATED, _INPUT = 811_111_111_111_111, 822_222_222_222_222
"""Marks that no text or number of a reply has."""


class LiteralReply(NamedTuple):
    """A reply of texts alone on one wire. `form` is its body with a place for each value that `pick` picks."""

    blocks: tuple[Text, ...]
    output: int
    stop: Stop
    form: bytes
    pick: Callable[[tuple[bytes, bytes, int, int, int]], Any]  # Any: itemgetter's own type

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

    def whole(self, reply: Reply) -> bytes:
        """Return the body of a whole answer."""
        usage = reply.usage
        values = (reply.id.encode(), orjson.dumps(reply.model), reply.created, usage.input, usage.total)
        body: bytes = self.form % self.pick(values)
        return body


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
    marks = (_ID.encode(), orjson.dumps(_MODEL), b"%d" % _CREATED, b"%d" % _INPUT, b"%d" % usage.total)
    body = WIRES[wire_name].whole(marked)
    parts = re.split(b"(%b)" % b"|".join(marks), body)
    places = [marks.index(part) for part in parts[1::2]]
    literals = [part.replace(b"%", b"%%") for part in parts[::2]]
    holes = [b"%b" if place < 2 else b"%d" for place in places]
    form = b"".join([piece for pair in zip(literals, [*holes, b""], strict=True) for piece in pair])
    return LiteralReply(blocks, output, stop, form, itemgetter(*places))


def _stop(blocks: tuple[Text, ...]) -> Stop:
    return "refusal" if refusal_text(blocks) else "end_turn"
