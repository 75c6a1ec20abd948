"""An event of a megabyte.

Why: tool arguments and images can be this large. Readers with a limit on a line or a buffer raise, or lose the rest.

In a scenario:

    faults: [{large_event: {at: 2}}]
"""

from pydantic import Field

from mockserver.core.actions import Actions
from mockserver.faults.answers import document, need_stream
from mockserver.faults.editing import with_action, with_document
from mockserver.faults.fault import Context, Fault, NoEffectError
from mockserver.faults.places import EventPlace, event_at


class Large(EventPlace):
    """Where, and how large."""

    bytes: int = Field(1_000_000, ge=1, le=20_000_000, description="How many bytes of padding, in an unknown field.")


def large_event(actions: Actions, parameters: Large, context: Context) -> Actions:
    """Return the stream with padding in one event, in a field that no client knows."""
    need_stream(actions)
    index, event = event_at(actions, parameters.at)
    body = document(event)
    if body is None:
        raise NoEffectError(f"event {parameters.at} has no JSON")
    return with_action(actions, index, with_document(event, {**body, "padding": "x" * parameters.bytes}))


FAULT = Fault(
    name="large_event",
    group="framing",
    doc=__doc__,
    source="measured: large_event_1mb",
    apply=large_event,
    parameters=Large,
    example={"at": 2},
)
