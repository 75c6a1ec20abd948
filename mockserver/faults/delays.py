"""Time: answers that come late, slowly, or stall. Pace says how fast a healthy answer is; these add to it."""

from collections.abc import Sequence
from itertools import pairwise
from typing import ClassVar

from pydantic import Field

from mockserver.core.actions import Action, Actions, Data, Hold, Wait
from mockserver.core.distribution import Fixed, Spread
from mockserver.core.units import Duration
from mockserver.faults.fault import At, Context, Fault, NoEffectError, Parameters, Stage, find, is_event, is_stream
from mockserver.wires import DELTAS

MOST_PIECES = 100_000
"""A trickle of more writes than this is a mistake, and would hold the loop for seconds."""


class Stall(At):
    """A pause."""

    main: ClassVar[str] = "for_"
    for_: Spread = Field(alias="for", description="How long nothing comes: a duration or a distribution.")


def stall(actions: Actions, given: Stall, context: Context) -> Actions:
    """Wait before the place."""
    place = find(actions, given.at)
    return (*actions[:place], Wait(given.for_.draw(context.dice)), *actions[place:])


class HoldAt(At):
    """A place, and for how long at the most."""

    for_: Duration = Field(600.0, alias="for", gt=0, description="At the latest then it goes on, in real time.")


def hold(actions: Actions, given: HoldAt, context: Context) -> Actions:
    """Stop before the place until somebody lets the answer go on."""
    place = find(actions, given.at)
    return (*actions[:place], Hold(given.for_), *actions[place:])


class Slow(Parameters):
    """A slow model."""

    main: ClassVar[str] = "interval"
    first: Spread = Field(Fixed(value=0.0), description="Time until the first token, headers included.")
    interval: Spread = Field(Fixed(value=0.05), description="Time between two deltas: 50ms is 20 tokens a second.")


def slow(actions: Actions, given: Slow, context: Context) -> Actions:
    """Wait before the head, and between deltas. A whole answer takes as long as its head and one interval."""
    place = find(actions, "headers")
    found: list[Action] = [*actions[:place], Wait(given.first.draw(context.dice))]
    started = False
    for action in actions[place:]:
        if isinstance(action, Data) and (action.event in DELTAS or not is_stream(actions)):
            if started or not action.event:
                found.append(Wait(given.interval.draw(context.dice)))
            started = True
        found.append(action)
    return tuple(found)


class Jitter(Parameters):
    """An uneven network."""

    main: ClassVar[str] = "up_to"
    up_to: Duration = Field(0.05, description="The longest wait; each is drawn from zero to this.")


def jitter(actions: Actions, given: Jitter, context: Context) -> Actions:
    """Wait before each event (or the body) for a time of its own."""
    found: list[Action] = []
    for action in actions:
        if is_event(action) or (isinstance(action, Data) and not is_stream(actions)):
            found.append(Wait(context.dice.between(0.0, given.up_to)))
        found.append(action)
    if len(found) == len(actions):
        raise NoEffectError("the answer has no body")
    return tuple(found)


class Trickle(Parameters):
    """A thin connection."""

    main: ClassVar[str] = "bytes"
    bytes: int = Field(16, ge=1, description="How many bytes come at a time.")
    every: Duration = Field(0.01, description="The time between two pieces.")


def trickle(actions: Actions, given: Trickle, context: Context) -> Actions:
    """Cut the body into small pieces with a wait between them."""
    return cut_up(actions, given.bytes, given.every)


def cut_up(actions: Actions, size: int, seconds: float) -> Actions:
    """The same bytes in pieces of this size, and a wait before each but the first."""
    if sum([len(action.payload) for action in actions if isinstance(action, Data)]) > size * MOST_PIECES:
        raise NoEffectError(f"the answer would have more than {MOST_PIECES} pieces")
    found: list[Action] = []
    started = False
    for action in actions:
        if not isinstance(action, Data):
            found.append(action)
            continue
        for piece in pieces(action, range(size, len(action.payload), size)):
            if started:
                found.append(Wait(seconds))
            found.append(piece)
            started = True
    if not started:
        raise NoEffectError("the answer has no body")
    return tuple(found)


def pieces(action: Data, cuts: Sequence[int]) -> list[Data]:
    """A frame cut at these bytes; the first piece keeps its name."""
    edges = [0, *cuts, len(action.payload)]
    return [
        Data(action.payload[start:end], action.event if start == 0 else "")
        for start, end in pairwise(edges)
        if end > start
    ]


FAULTS = (
    Fault("stall", "time", "Nothing comes for a while.", "measured: stall_mid", stall, Stall, {"at": 3, "for": "5s"}),
    Fault(
        "hold",
        "time",
        "The answer stops until somebody lets it go on: the page, or gateway.release() in a test.",
        "for looking at a client in the middle of a stream",
        hold,
        HoldAt,
        {"at": 3},
    ),
    Fault(
        "slow",
        "time",
        "A slow model: a late first token, and time between tokens.",
        "D1: 502/503 while a model loads",
        slow,
        Slow,
        {"first": {"lognormal": {"median": "300ms", "sigma": 0.5}}, "interval": "50ms"},
    ),
    Fault(
        "jitter", "time", "Each event comes a little late, by a time of its own.", "networks", jitter, Jitter, "50ms"
    ),
    Fault(
        "trickle",
        "connection",
        "The body comes a few bytes at a time.",
        "measured: one_byte_per_chunk",
        trickle,
        Trickle,
        {"bytes": 16, "every": "10ms"},
        Stage.PIECES,
    ),
)
