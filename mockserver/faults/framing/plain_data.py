"""An event whose data is no JSON object.

Why: proxies put messages of their own into a stream, and `null` is JSON that no client expects. Every measured SDK
raises.

In a scenario:

    faults: [{plain_data: {at: 3, text: 'null'}}]
"""

from pydantic import Field

from mockserver.core.actions import Actions, Data
from mockserver.faults.answers import need_stream
from mockserver.faults.editing import insert
from mockserver.faults.fault import Context, Fault
from mockserver.faults.places import EventPlace, event_at
from mockserver.wires.sse import frame, split


class Plain(EventPlace):
    """Where, and what."""

    text: str = Field("hello", pattern=r"^[^\r\n]*$", description="The data of one more event, as it is.")


def plain_data(actions: Actions, parameters: Plain, context: Context) -> Actions:
    """Return the stream with one more event before the place, under the same name and with this data."""
    need_stream(actions)
    _, event = event_at(actions, parameters.at)
    name, _ = split(event.payload)
    return insert(actions, parameters.at, Data(frame(parameters.text.encode(), name), "error"))


FAULT = Fault(
    name="plain_data",
    group="framing",
    doc=__doc__,
    source="measured: plain_text_data_mid, json_null_data",
    apply=plain_data,
    parameters=Plain,
    example={"at": 3, "text": "null"},
)
