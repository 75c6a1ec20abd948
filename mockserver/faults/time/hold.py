"""The answer stops until you let it go on, with the page or with gateway.release() in a test.

Why: it lets you look at a client in the middle of a stream for as long as you like, without a race against a timer.

In a scenario:

    faults: [{hold: {at: 3}}]
"""

from pydantic import Field

from mockserver.core.actions import Actions, Hold
from mockserver.core.unit_fields import Duration
from mockserver.faults.fault import Context, Fault
from mockserver.faults.places import At, find


class HoldAt(At):
    """A place, and the longest pause there."""

    for_: Duration = Field(600.0, alias="for", gt=0, description="It goes on at the latest after this, in real time.")


def hold(actions: Actions, parameters: HoldAt, context: Context) -> Actions:
    """Return the answer with a hold before the place."""
    index = find(actions, parameters.at)
    return (*actions[:index], Hold(parameters.for_), *actions[index:])


FAULT = Fault(
    name="hold",
    group="time",
    doc=__doc__,
    source="for looking at a client in the middle of a stream",
    apply=hold,
    parameters=HoldAt,
    example={"at": 3},
)
