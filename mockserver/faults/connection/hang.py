"""The connection stays open and silent until the client leaves. `at: end` leaves it open after the last event.

Why: a model that is stuck, or a proxy that lost its upstream, sends nothing and closes nothing. The measured Node SDKs
stop their timeout when the headers have come, so they wait for ever.

In a scenario:

    faults: [{hang: {at: 5, for: 1m}}]
"""

from pydantic import Field

from mockserver.core.actions import Actions, Close, Hang
from mockserver.core.unit_fields import Duration
from mockserver.faults.fault import Context, Fault
from mockserver.faults.places import Break, break_at


class HangFor(Break):
    """A place, and how long nothing comes."""

    for_: Duration = Field(600.0, alias="for", gt=0, description="The connection is closed at the latest after this.")


def hang(actions: Actions, parameters: HangFor, context: Context) -> Actions:
    """Return what comes before the place, and then silence until the client leaves."""
    return (*break_at(actions, parameters)[0], Hang(parameters.for_), Close())


FAULT = Fault(
    name="hang",
    group="connection",
    doc=__doc__,
    source="measured: stall_before_headers, stall_after_end_no_terminator",
    apply=hang,
    parameters=HangFor,
    example={"at": 5, "for": "1m"},
)
