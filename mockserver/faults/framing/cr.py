"""Lines end with CR alone.

Why: the standard allows it (WHATWG), though nobody sends it. It shows whether a parser follows the standard.

In a scenario:

    faults: [cr]
"""

from mockserver.core.actions import Actions
from mockserver.faults.editing import each_payload
from mockserver.faults.fault import Context, Fault, Nothing, Stage


def cr(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the stream with CR at the end of every line."""

    def with_cr(payload: bytes) -> bytes:
        return payload.replace(b"\r\n", b"\r").replace(b"\n", b"\r")

    return each_payload(actions, with_cr, "lines end so anyway")


FAULT = Fault(
    name="cr",
    group="framing",
    doc=__doc__,
    source="WHATWG; measured: cr_only",
    apply=cr,
    stage=Stage.LINE_ENDS,
)
