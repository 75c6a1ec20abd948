"""Each event comes a little late, by a time of its own.

Why: networks do this. It shows whether a page redraws for every event, and whether a test depends on timing.

In a scenario:

    faults: [{jitter: 50ms}]
"""

from typing import ClassVar

from pydantic import Field

from mockserver.core.actions import Action, Actions, Data, Wait
from mockserver.core.unit_fields import Duration
from mockserver.faults.answers import is_event, is_stream
from mockserver.faults.fault import Context, Fault, NoEffectError, Parameters


class Jitter(Parameters):
    """An uneven network."""

    main: ClassVar[str] = "up_to"
    up_to: Duration = Field(0.05, description="The longest wait; each is drawn from zero to this.")


def jitter(actions: Actions, parameters: Jitter, context: Context) -> Actions:
    """Return the answer with a wait before each event, or before the whole body."""
    streams = is_stream(actions)
    after: list[Action] = []
    for action in actions:
        if is_event(action) or (isinstance(action, Data) and not streams):
            after.append(Wait(context.rng.between(0.0, parameters.up_to)))
        after.append(action)
    if len(after) == len(actions):
        raise NoEffectError("the answer has no body")
    return tuple(after)


FAULT = Fault(
    name="jitter",
    group="time",
    doc=__doc__,
    source="networks",
    apply=jitter,
    parameters=Jitter,
    example="50ms",
)
