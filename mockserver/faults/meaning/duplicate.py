"""An event comes twice.

Why: a gateway that connects again to its upstream may repeat an event. A client must not count usage or run a call
twice.

In a scenario:

    faults: [{duplicate: message_start}]
"""

from pydantic import Field

from mockserver.core.actions import Actions
from mockserver.faults.answers import need_stream
from mockserver.faults.editing import with_action
from mockserver.faults.fault import Context, Fault
from mockserver.faults.places import EventPlace, event_at


class Repeat(EventPlace):
    """Which event, and how often."""

    count: int = Field(1, ge=1, le=1000, description="How often more.")


def duplicate(actions: Actions, parameters: Repeat, context: Context) -> Actions:
    """Return the stream with an event repeated, right after itself."""
    need_stream(actions)
    index, event = event_at(actions, parameters.at)
    return with_action(actions, index, *[event] * (1 + parameters.count))


FAULT = Fault(
    name="duplicate",
    group="meaning",
    doc=__doc__,
    source="measured: duplicate_message_start, duplicate_message_stop, message_delta_twice",
    apply=duplicate,
    parameters=Repeat,
    example="message_start",
)
