"""Every event under one name. On the OpenAI wire, which has no names, an `event:` line is added.

Why: the kind of an Anthropic event is in its line and in its JSON, and clients differ in which one they read. Other
gateways name every event `message` or `completion`.

In a scenario:

    faults: [{event_name: message}]
"""

from typing import ClassVar

from pydantic import Field

from mockserver.core.actions import Actions, Data
from mockserver.faults.editing import each_event
from mockserver.faults.fault import Context, Fault, Parameters
from mockserver.wires.sse import frame, split


class Name(Parameters):
    """An event's name."""

    main: ClassVar[str] = "name"
    name: str = Field("message", pattern=r"^[^\r\n]+$", description="The name in the `event:` line of every event.")


def event_name(actions: Actions, parameters: Name, context: Context) -> Actions:
    """Return the stream with every event under this name."""

    def renamed(event: Data) -> list[Data]:
        return [Data(frame(split(event.payload)[1], parameters.name), event.event)]

    return each_event(actions, renamed, "every event has that name")


FAULT = Fault(
    name="event_name",
    group="framing",
    doc=__doc__,
    source="measured: event_name_mismatch, completion_event_name, with_event_line",
    apply=event_name,
    parameters=Name,
    example="message",
)
