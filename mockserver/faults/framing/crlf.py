"""Lines end with CR LF.

Why: the standard allows it (WHATWG), and many servers send it. A parser that splits at two LF waits for ever.

In a scenario:

    faults: [crlf]
"""

from mockserver.core.actions import Actions
from mockserver.faults.editing import each_payload
from mockserver.faults.fault import Context, Fault, Nothing, Stage


def crlf(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the stream with CR LF at the end of every line."""
    return each_payload(actions, with_crlf, "lines end so anyway")


def with_crlf(payload: bytes) -> bytes:
    """Return the bytes with CR LF instead of LF, and no CR twice."""
    return payload.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


FAULT = Fault(
    name="crlf",
    group="framing",
    doc=__doc__,
    source="WHATWG; measured: crlf",
    apply=crlf,
    stage=Stage.LINE_ENDS,
)
