"""No space after `data:`.

Why: the space is optional (WHATWG). A parser that looks for `data: ` finds nothing.

In a scenario:

    faults: [no_space]
"""

import re

from mockserver.core.actions import Actions
from mockserver.faults.editing import each_payload
from mockserver.faults.fault import Context, Fault, Nothing, Stage

_DATA_LINE = re.compile(rb"(?m)^data: ")


def no_space(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the stream without the space after `data:`."""
    return each_payload(actions, lambda payload: _DATA_LINE.sub(b"data:", payload), "no data line has a space")


FAULT = Fault(
    name="no_space",
    group="framing",
    doc=__doc__,
    source="WHATWG; measured: data_no_space",
    apply=no_space,
    stage=Stage.FORM,
)
