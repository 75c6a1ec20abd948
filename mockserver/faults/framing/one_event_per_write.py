"""Every event in a write of its own.

Why: most gateways send like this, and a client that works only with it takes the end of a write for the end of an
event.

In a scenario:

    faults: [one_event_per_write]
"""

from mockserver.core.actions import Actions, Wait
from mockserver.faults.editing import each_event
from mockserver.faults.fault import Context, Fault, Nothing


def one_event_per_write(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the stream with the end of a write before every event."""
    return each_event(actions, lambda event: [Wait(0.0), event], "the answer has no events")


FAULT = Fault(
    name="one_event_per_write",
    group="framing",
    doc=__doc__,
    source="most gateways",
    apply=one_event_per_write,
)
