"""Pings at one place, at intervals.

Why: a stream that is alive and says nothing keeps read timeouts from firing. A client needs a deadline of its own.

In a scenario:

    faults: [{pings: {count: 16, every: 500ms, at: 3}}]
"""

from typing import ClassVar, Literal

from pydantic import Field

from mockserver.core.actions import Action, Actions, Data, Wait
from mockserver.core.distribution import Fixed, Spread
from mockserver.faults.editing import insert
from mockserver.faults.fault import Context, Fault
from mockserver.faults.places import At, Place


class Pings(At):
    """How many pings, how often, and where."""

    main: ClassVar[str] = "count"
    at: Place = Field(2, description="Before event n, a kind of event (the first), or end.")
    count: int = Field(1, ge=1, le=10_000, description="How many; 1000 without a wait is a flood.")
    every: Spread = Field(Fixed(value=0.0), description="The time before each.")
    kind: Literal["usual", "comment", "no_data", "empty_object"] = Field(
        "usual",
        description="usual (an event on the Anthropic wire, a comment elsewhere), comment, no_data, empty_object.",
    )


def pings(actions: Actions, parameters: Pings, context: Context) -> Actions:
    """Return the stream with pings before the place."""
    kinds = {
        "usual": context.wire.keep_alive,
        "comment": Data(b": ping\n\n", "comment"),
        "no_data": Data(b"event: ping\n\n", "ping"),
        "empty_object": Data(b"event: ping\ndata: {}\n\n", "ping"),
    }
    ping = kinds[parameters.kind]
    added: list[Action] = []
    for _ in range(parameters.count):
        wait = parameters.every.draw(context.rng)
        added += [Wait(wait), ping] if wait else [ping]
    return insert(actions, parameters.at, *added)


FAULT = Fault(
    name="pings",
    group="framing",
    doc=__doc__,
    source="measured: pings_forever_8s, ping_no_data, ping_empty_obj",
    apply=pings,
    parameters=Pings,
    example={"count": 16, "every": "500ms", "at": 3},
)
