"""An event whose data is empty.

Why: the standard allows it (WHATWG). Clients that parse the data of every event as JSON raise.

In a scenario:

    faults: [{empty_data: 3}]
"""

from pydantic import Field

from mockserver.core.actions import Actions, Data
from mockserver.faults.editing import insert
from mockserver.faults.fault import Context, Fault
from mockserver.faults.places import EventPlace


class Empty(EventPlace):
    """Where, and how empty."""

    colon: bool = Field(True, description="`data:`, or without its colon `data`.")


def empty_data(actions: Actions, parameters: Empty, context: Context) -> Actions:
    """Return the stream with an event without data before the place."""
    return insert(actions, parameters.at, Data(b"data:\n\n" if parameters.colon else b"data\n\n", "comment"))


FAULT = Fault(
    name="empty_data",
    group="framing",
    doc=__doc__,
    source="measured: empty_data, empty_data_nocolon",
    apply=empty_data,
    parameters=Empty,
    example=3,
)
