"""A slow model: a late first token, and time between tokens.

Why: large models under load answer like this (D1: 502 and 503 while a model loads). A whole answer takes as long as its
head and one interval.

In a scenario:

    faults: [{slow: {first: {lognormal: {median: 300ms, sigma: 0.5}}, interval: 50ms}}]
"""

from typing import ClassVar

from pydantic import Field

from mockserver.core.actions import Action, Actions, Data, Wait
from mockserver.core.distribution import Fixed, Spread
from mockserver.faults.answers import is_stream
from mockserver.faults.fault import Context, Fault, Parameters
from mockserver.faults.places import find
from mockserver.wires import DELTAS


class Slow(Parameters):
    """A slow model."""

    main: ClassVar[str] = "interval"
    first: Spread = Field(Fixed(value=0.0), description="Time until the first token, headers included.")
    interval: Spread = Field(Fixed(value=0.05), description="Time between two deltas: 50ms is 20 tokens a second.")


def slow(actions: Actions, parameters: Slow, context: Context) -> Actions:
    """Return the answer with a wait before the head, and between deltas."""
    index = find(actions, "headers")
    streams = is_stream(actions)
    after: list[Action] = [*actions[:index], Wait(parameters.first.draw(context.rng))]
    started = False
    for action in actions[index:]:
        if isinstance(action, Data) and (action.event in DELTAS or not streams):
            if started or not action.event:
                after.append(Wait(parameters.interval.draw(context.rng)))
            started = True
        after.append(action)
    return tuple(after)


FAULT = Fault(
    name="slow",
    group="time",
    doc=__doc__,
    source="D1: 502/503 while a model loads",
    apply=slow,
    parameters=Slow,
    example={"first": {"lognormal": {"median": "300ms", "sigma": 0.5}}, "interval": "50ms"},
)
