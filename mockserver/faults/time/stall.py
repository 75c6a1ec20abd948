"""Nothing comes for a while.

Why: a model pauses, or a proxy buffers. Before the headers most SDKs run into their timeout; in the middle of a stream
the measured Node SDKs have none.

In a scenario:

    faults: [{stall: {at: 3, for: 5s}}]
"""

from typing import ClassVar

from pydantic import Field

from mockserver.core.actions import Actions, Wait
from mockserver.core.distribution import Spread
from mockserver.faults.fault import Context, Fault
from mockserver.faults.places import At, find


class Stall(At):
    """A pause."""

    main: ClassVar[str] = "for_"
    for_: Spread = Field(alias="for", description="How long nothing comes: a duration or a distribution.")


def stall(actions: Actions, parameters: Stall, context: Context) -> Actions:
    """Return the answer with a wait before the place."""
    index = find(actions, parameters.at)
    return (*actions[:index], Wait(parameters.for_.draw(context.rng)), *actions[index:])


FAULT = Fault(
    name="stall",
    group="time",
    doc=__doc__,
    source="measured: stall_mid",
    apply=stall,
    parameters=Stall,
    example={"at": 3, "for": "5s"},
)
