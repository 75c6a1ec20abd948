"""A comment line inside each event.

Why: the standard allows comments anywhere (WHATWG), and a proxy that adds keep-alives does not look where an event
ends.

In a scenario:

    faults: [comment_inside]
"""

import re

from mockserver.core.actions import Actions
from mockserver.faults.editing import each_payload
from mockserver.faults.fault import Context, Fault, Nothing, Stage

_DATA_LINE = re.compile(rb"(?m)^data:")


def comment_inside(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the stream with a comment before each data line."""

    def commented(payload: bytes) -> bytes:
        return _DATA_LINE.sub(b": inside\ndata:", payload)

    return each_payload(actions, commented, "no event has data")


FAULT = Fault(
    name="comment_inside",
    group="framing",
    doc=__doc__,
    source="WHATWG; measured: comment_inside_event",
    apply=comment_inside,
    stage=Stage.FORM,
)
