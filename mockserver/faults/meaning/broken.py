"""Breaking the JSON of one event, or of a whole body."""

from collections.abc import Callable

from pydantic import Field

from mockserver.core.actions import Actions, Data
from mockserver.faults.answers import document, documents, is_stream
from mockserver.faults.editing import with_action, with_data
from mockserver.faults.fault import NoEffectError
from mockserver.faults.places import EventPlace, event_at
from mockserver.wires.sse import split


class Broken(EventPlace):
    """Where the JSON breaks."""

    at: int | str = Field(
        1, description="The number of the event, from 1, or its kind; a whole answer has but one body."
    )


def break_json(actions: Actions, at: int | str, change: Callable[[bytes], bytes]) -> Actions:
    """Return the answer with the JSON of one event, or of its whole body, changed as bytes."""
    if not is_stream(actions):
        for index, body, _ in documents(actions):
            return with_action(actions, index, Data(change(body.payload)))
        raise NoEffectError("the answer has no JSON")
    index, event = event_at(actions, at)
    if document(event) is None:
        raise NoEffectError(f"event {at} has no JSON")
    return with_action(actions, index, with_data(event, change(split(event.payload)[1])))
