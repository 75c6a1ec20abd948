"""A byte in the text that is no UTF-8.

Why: gateways that cut bytes instead of characters send half of one. The measured Python SDKs raise; the Node SDKs show
a replacement character.

In a scenario:

    faults: [invalid_utf8]
"""

import orjson

from mockserver.core.actions import Actions
from mockserver.faults.answers import need_stream
from mockserver.faults.deltas import pieces_of, text_of, with_literal
from mockserver.faults.editing import with_action
from mockserver.faults.fault import Context, Fault, Nothing


def invalid_utf8(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the stream with a byte at the end of its first piece of text that no character begins with."""
    need_stream(actions)
    first = pieces_of(actions, text_of, "the answer has no text")[0]
    literal = orjson.dumps(first.text)[:-1] + b'\xff"'
    return with_action(actions, first.place, with_literal(actions[first.place], literal))


FAULT = Fault(
    name="invalid_utf8",
    group="content",
    doc=__doc__,
    source="measured: invalid_utf8_in_text",
    apply=invalid_utf8,
)
