"""Places in an answer.

Events are counted from 1, as they stand in the answer when the fault gets it; comments are not counted. A place (`at`)
is the number of an event, a kind of event (the first of that kind), `headers` or `end`. What has a place happens just
*before* it.
"""

from typing import Annotated, ClassVar, Self, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from mockserver.core.actions import Actions, Data, End
from mockserver.core.errors import did_you_mean
from mockserver.faults.answers import head_of, is_event, need_stream
from mockserver.faults.fault import NoEffectError, Parameters
from mockserver.wires import EVENTS


def _check_place(value: int | str) -> int | str:
    if isinstance(value, int):
        if isinstance(value, bool) or value < 1:
            raise ValueError("expected the number of an event, counted from 1")
    elif value not in EVENTS and value not in ("headers", "end"):
        raise ValueError(f"no event is called '{value}'; {did_you_mean(value, (*EVENTS, 'headers', 'end'))}")
    return value


Place: TypeAlias = Annotated[int | str, AfterValidator(_check_place)]


class At(Parameters):
    """A place in the answer."""

    main: ClassVar[str] = "at"
    at: Place = Field("headers", description="Before event n, a kind of event (the first), headers or end.")


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
    at: int | str = Field(2, description="The number of the event, from 1, or its kind (the first of it).")

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
    for index in events:
        action = actions[index]
        if isinstance(action, Data) and action.event == at:
            return index
    raise NoEffectError(f"the answer has no {at}")


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
