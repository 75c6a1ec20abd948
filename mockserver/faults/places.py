"""Places in an answer.

Events are counted from 1, as they stand in the answer when the fault gets it; comments are not counted. A place (`at`)
is the number of an event, a kind of event (the first of that kind), a kind and a number (`delta 3`: the third of that
kind), `headers` or `end`. The kind `delta` is a piece of thinking, text or arguments on any wire, and the signature
that ends thinking on the Anthropic wire. `stop` is the event behind the last delta, on any wire: what breaks there
sends the whole reply, but no stop reason. What has a place happens just *before* it.
"""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Self, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from mockserver.core.actions import Action, Actions, Data, End
from mockserver.core.errors import did_you_mean
from mockserver.faults.answers import head_of, is_event, need_stream
from mockserver.faults.fault import NoEffectError, Parameters
from mockserver.wires import DELTAS, EVENTS

DELTA = "delta"
"""The kind of events that carry a piece of a reply, whatever their wire calls them."""

STOP = "stop"
"""The event behind the last piece of a reply, whatever its wire calls it."""


def _check_place(value: int | str) -> int | str:
    if isinstance(value, int):
        if value < 1:
            raise ValueError("expected the number of an event, counted from 1")
        return value
    kind, number = kind_and_number(value)
    if kind not in (DELTA, *EVENTS) and value not in (STOP, "headers", "end"):
        known = (DELTA, STOP, *EVENTS, "headers", "end")
        raise ValueError(f"no event is called '{kind}'; {did_you_mean(kind, known)}")
    if number < 1:
        raise ValueError(f"expected the number of a {kind}, counted from 1")
    return value


def _refuse_bool(value: object) -> object:
    """Return the value; raise `ValueError` for a truth value, which pydantic would take for a number."""
    if isinstance(value, bool):
        raise ValueError("expected the number of an event, counted from 1")  # noqa: TRY004 - what pydantic reports
    return value


def kind_and_number(place: str) -> tuple[str, int]:
    """Return the kind of a place, and which event of that kind it is: `delta 3` is the third."""
    kind, space, number = place.rpartition(" ")
    return (kind, int(number)) if space and number.isdecimal() and len(number) < 6 else (place, 1)


def is_of_kind(event: Action, kind: str) -> bool:
    """Return whether an action is an event of a kind."""
    return isinstance(event, Data) and (event.event in DELTAS if kind == DELTA else event.event == kind)


Place: TypeAlias = Annotated[int | str, BeforeValidator(_refuse_bool), AfterValidator(_check_place)]


class At(Parameters):
    """A place in the answer."""

    main: ClassVar[str] = "at"
    at: Place = Field(
        "headers", description="Before event n, the first of a kind, the third (`delta 3`), stop, headers or end."
    )


class Break(At):
    """A place in the answer, or in its bytes."""

    after: int | None = Field(None, ge=0, description="After this many bytes of the body, instead of `at`.")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.after is not None and "at" in self.model_fields_set:
            raise ValueError("expected at or after, not both")
        return self


class EventPlace(Parameters):
    """One event."""

    main: ClassVar[str] = "at"
    at: int | str = Field(2, description="The number of the event, from 1, or its kind (the first), or `delta 3`.")

    @model_validator(mode="after")
    def _is_event(self) -> Self:
        _check_place(self.at)
        if self.at in ("headers", "end"):
            raise ValueError("expected the number or the kind of an event")
        return self


def find(actions: Actions, at: int | str) -> int:
    """Return the index of the action at the place. Raises `NoEffectError` if the answer has no such place."""
    if at == "headers":
        return actions.index(head_of(actions))
    if at == "end":
        for index, action in enumerate(actions):
            if isinstance(action, End):
                return index
        raise NoEffectError("the answer has no proper end")
    need_stream(actions)
    events = [index for index, action in enumerate(actions) if is_event(action)]
    if isinstance(at, int):
        if at > len(events):
            raise NoEffectError(f"the answer has {len(events)} events, so none is number {at}")
        return events[at - 1]
    if at == STOP:
        return _after_last_delta(actions, events)
    kind, number = kind_and_number(at)
    matching = [index for index in events if is_of_kind(actions[index], kind)]
    if number <= len(matching):
        return matching[number - 1]
    if number == 1:
        raise NoEffectError(f"the answer has no {kind}")
    raise NoEffectError(f"the answer has {len(matching)} events of the kind {kind}, so none is number {number}")


def _after_last_delta(actions: Actions, events: Sequence[int]) -> int:
    """Return the index of the first event behind the last delta."""
    deltas = [place for place, index in enumerate(events) if is_of_kind(actions[index], DELTA)]
    if not deltas or deltas[-1] + 1 == len(events):
        raise NoEffectError("the answer has no event behind its last delta")
    return events[deltas[-1] + 1]


def event_at(actions: Actions, at: int | str) -> tuple[int, Data]:
    """Return the event at the place, with its index. Raises `NoEffectError` if the answer has no such event."""
    index = find(actions, at)
    action = actions[index]
    assert isinstance(action, Data), "the place of an event is an event"
    return index, action


def break_at(actions: Actions, place: Break) -> tuple[Actions, Actions]:
    """Return what comes before the place, and what comes after it."""
    if place.after is None:
        index = find(actions, place.at)
        return actions[:index], actions[index:]
    left = place.after
    for index, action in enumerate(actions):
        if isinstance(action, Data):
            if left < len(action.payload):
                first, rest = action.payload[:left], action.payload[left:]
                kept = (Data(first, action.event),) if first else ()
                return (*actions[:index], *kept), (Data(rest), *actions[index + 1 :])
            left -= len(action.payload)
    raise NoEffectError(f"the answer has no more than {place.after} bytes")
