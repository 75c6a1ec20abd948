"""Each event's JSON on several `data:` lines.

Why: the standard allows it (WHATWG): the client joins the lines. A parser that reads one line gets broken JSON.

In a scenario:

    faults: [multi_line_data]
"""

import re

from mockserver.core.actions import Actions
from mockserver.faults.editing import each_payload
from mockserver.faults.fault import Context, Fault, Nothing, Stage

_JSON_LINE = re.compile(rb"(?m)^(data: ?)\{(.+)\}$")


def multi_line_data(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the stream with each event's JSON on three data lines."""
    return each_payload(actions, lambda payload: _JSON_LINE.sub(rb"\1{\n\1\2\n\1}", payload), "no event has JSON")


FAULT = Fault(
    name="multi_line_data",
    group="framing",
    doc=__doc__,
    source="WHATWG; measured: multiline_data",
    apply=multi_line_data,
    stage=Stage.FORM,
)
