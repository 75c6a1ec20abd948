"""No `event:` lines.

Why: a proxy that rewrites a stream line by line may drop them. The official Anthropic SDKs read the kind of an event
from this line; without it they lose everything, some of them silently.

In a scenario:

    faults: [no_event_line]
"""

import re

from mockserver.core.actions import Actions
from mockserver.faults.editing import each_payload
from mockserver.faults.fault import Context, Fault, Nothing, Stage

_EVENT_LINE = re.compile(rb"(?m)^event: [^\n]*\n")


def no_event_line(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the stream without its `event:` lines."""
    return each_payload(actions, lambda payload: _EVENT_LINE.sub(b"", payload), "no event has an `event:` line")


FAULT = Fault(
    name="no_event_line",
    group="framing",
    doc=__doc__,
    source="measured: no_event_line",
    apply=no_event_line,
    stage=Stage.FORM,
)
