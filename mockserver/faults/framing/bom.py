"""A byte order mark before everything.

Why: the standard says to skip it (WHATWG). The measured Anthropic SDK for Python loses the first event to it.

In a scenario:

    faults: [bom]
"""

from mockserver.core.actions import Actions
from mockserver.faults.editing import with_prefix
from mockserver.faults.fault import Context, Fault, Nothing, Stage


def bom(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the answer with a byte order mark before its body."""
    return with_prefix(actions, b"\xef\xbb\xbf")


FAULT = Fault(
    name="bom",
    group="framing",
    doc=__doc__,
    source="WHATWG; measured: bom, ns_bom_json",
    apply=bom,
    stage=Stage.LINE_ENDS,
)
