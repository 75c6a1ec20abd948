"""What a fault is, and the few ways in which faults look at an answer.

A fault is a function (actions, parameters, context) -> actions: a stage through which the answer passes. It rolls only
the dice of its context, and it raises `NoEffectError` when it finds nothing to act on.

Events are counted from 1, as they stand in the answer when the fault gets it; comments are none. A place (`at`) is the
number of an event, a kind of event (the first of it), `headers` or `end`; what happens there happens just *before*.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import IntEnum
from typing import Annotated, Any, ClassVar, NamedTuple, Self, TypeAlias

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, model_validator

from mockserver.core.actions import Action, Actions, Data, End, Head
from mockserver.core.errors import MockserverError, did_you_mean
from mockserver.core.rng import Rng
from mockserver.wires.errors import WireName
from mockserver.wires.sse import frame, split

ANTHROPIC_EVENTS = (
    *("message_start", "content_block_start", "content_block_delta", "content_block_stop"),
    *("message_delta", "message_stop", "ping"),
)
OPENAI_EVENTS = ("role", "text", "tool_call", "finish", "usage", "done")
KINDS = frozenset({*ANTHROPIC_EVENTS, *OPENAI_EVENTS, "error"})
"""Every name that `Data.event` can have for an event."""

JSON_FREE = frozenset({"done", "comment"})
"""Frames whose data is not JSON."""


class NoEffectError(MockserverError):
    """A fault found nothing to act on. The message says what it looked for."""


class Context(NamedTuple):
    """What a fault may know beside its answer: dice of its own, and the session's time."""

    dice: Rng
    now: float = 0.0


class Parameters(BaseModel):
    """The parameters of a fault. `main` names the one that `{fault: value}` sets."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    main: ClassVar[str] = ""


class Nothing(Parameters):
    """No parameters."""


class Stage(IntEnum):
    """When a fault acts, wherever it stands in a file.

    Faults of the stage `EVENTS` act in the order of the file, each on whole events. The later stages split what is left
    into several writes, from coarse to fine, so that no fault ever meets half an event.
    """

    EVENTS = 0
    LINES = 1
    CHARACTERS = 2
    PIECES = 3
    BYTES = 4

    @property
    def splits(self) -> bool:
        """Whether a fault of this stage splits an event over several writes."""
        return self is not Stage.EVENTS


class Fault(NamedTuple):
    """One row of the table."""

    name: str
    group: str
    about: str
    source: str
    apply: Callable[[Actions, Any, Context], Actions]
    parameters: type[Parameters] = Nothing
    example: JsonValue = None
    """What follows the name in a scenario file; None for a bare name."""
    stage: Stage = Stage.EVENTS


class CompiledFault(NamedTuple):
    """A fault with its parameters: a function from an answer to an answer."""

    fault: Fault
    parameters: Parameters

    def __call__(self, actions: Actions, context: Context) -> Actions:
        """Return the changed answer. Raises `NoEffectError` if the fault finds nothing to act on."""
        try:
            return self.fault.apply(actions, self.parameters, context)
        except _OUT_OF_SHAPE as error:
            reason = f"{self.fault.name} finds nothing of its usual shape ({type(error).__name__}: {error})"
            raise NoEffectError(reason) from error


_OUT_OF_SHAPE = (KeyError, IndexError, TypeError, AttributeError, StopIteration, orjson.JSONDecodeError)
"""What reading an answer raises that an earlier fault has broken. On a healthy answer the golden files forbid it."""


# --- looking at an answer ---------------------------------------------------------------------------------------------


def is_event(action: Action) -> bool:
    """Whether it is the first piece (mostly the whole) of an event of a stream."""
    return isinstance(action, Data) and action.event not in ("", "comment")


def is_stream(actions: Actions) -> bool:
    """Whether the answer is a stream."""
    return any(is_event(action) for action in actions)


def need_stream(actions: Actions) -> None:
    """Raise `NoEffectError` for an answer that is no stream."""
    if not is_stream(actions):
        raise NoEffectError("the answer is not a stream")


def head_of(actions: Actions) -> Head:
    """The head. A fault before may have taken it away."""
    for action in actions:
        if isinstance(action, Head):
            return action
    raise NoEffectError("the connection ends before the headers")


def wire_of(actions: Actions) -> WireName:
    """The dialect of an answer: only the Anthropic wire calls its trace header `request-id`."""
    return "anthropic" if any(name == "request-id" for name, _ in head_of(actions).headers) else "openai"


def body_of(actions: Actions) -> bytes:
    """All the bytes of the body."""
    return b"".join([action.payload for action in actions if isinstance(action, Data)])


def names(actions: Actions) -> list[str]:
    """The kinds of the events, in order."""
    return [action.event for action in actions if isinstance(action, Data) and is_event(action)]


# --- changing an answer -----------------------------------------------------------------------------------------------


def changed(before: Actions, after: Iterable[Action], otherwise: str) -> Actions:
    """The new actions; `NoEffectError` with the reason if they are the old ones."""
    found = tuple(after)
    if found == before:
        raise NoEffectError(otherwise)
    return found


def with_head(actions: Actions, change: Callable[[Head], Head]) -> Actions:
    """The same answer under another head."""
    head = head_of(actions)
    return tuple([change(action) if action is head else action for action in actions])


def set_header(head: Head, name: str, value: str | None) -> Head:
    """The head with this header set (in its place, or last), or without it."""
    kept = [(known, old) for known, old in head.headers if known != name]
    place = next((n for n, (known, _) in enumerate(head.headers) if known == name), len(kept))
    if value is not None:
        kept.insert(place, (name, value))
    return Head(head.status, tuple(kept), head.bare, head.version)


def with_body(actions: Actions, body: Iterable[Action], headers: Mapping[str, str | None]) -> Actions:
    """The head with these headers changed, then this body, then a proper end. What came before the head stays."""
    place = actions.index(head_of(actions))
    head = head_of(actions)
    for name, value in headers.items():
        head = set_header(head, name, value)
    return (*actions[:place], head, *body, End())


def with_whole_body(actions: Actions, body: bytes, content_type: str | None) -> Actions:
    """One body with its length."""
    return with_body(
        actions, [Data(body)] if body else [], {"content-type": content_type, "content-length": str(len(body))}
    )


def with_length(actions: Actions) -> Actions:
    """The same with its content-length put right, where it has one."""
    if not any(name == "content-length" for name, _ in head_of(actions).headers):
        return actions
    return with_head(actions, lambda head: set_header(head, "content-length", str(len(body_of(actions)))))


def longer_by(actions: Actions, size: int) -> Actions:
    """The same with so many bytes more in its content-length, where it has one. A wrong length stays wrong."""
    length = dict(head_of(actions).headers).get("content-length", "")
    if not length.isdecimal():
        return actions
    return with_head(actions, lambda head: set_header(head, "content-length", str(int(length) + size)))


def document(action: Action) -> dict[str, Any] | None:
    """The JSON object of a frame or of a whole body, if it has one."""
    if not isinstance(action, Data) or action.event in JSON_FREE:
        return None
    try:
        found = orjson.loads(split(action.payload)[1] if action.event else action.payload)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


def with_document(action: Data, value: object) -> Data:
    """The same frame or body with other JSON."""
    data = orjson.dumps(value)
    return with_data(action, data) if action.event else Data(data)


def with_data(action: Data, data: bytes) -> Data:
    """The same frame with other data."""
    return Data(frame(data, split(action.payload)[0]), action.event)


# --- places -----------------------------------------------------------------------------------------------------------


def _check_place(value: int | str) -> int | str:
    if isinstance(value, int):
        if isinstance(value, bool) or value < 1:
            raise ValueError("expected the number of an event, counted from 1")
    elif value not in KINDS and value not in ("headers", "end"):
        raise ValueError(f"no event is called '{value}'; {did_you_mean(value, (*KINDS, 'headers', 'end'))}")
    return value


Place: TypeAlias = Annotated[int | str, AfterValidator(_check_place)]


class At(Parameters):
    """A place in the answer."""

    main: ClassVar[str] = "at"
    at: Place = Field("headers", description="Before event n, a kind of event (the first), headers or end.")


class Break(At):
    """A place in the answer, or in its bytes."""

    after: int | None = Field(None, ge=0, description="After so many bytes of the body, instead of `at`.")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.after is not None and "at" in self.model_fields_set:
            raise ValueError("expected at or after, not both")
        return self


def find(actions: Actions, at: int | str) -> int:
    """Where in the actions the place is."""
    if at == "headers":
        return actions.index(head_of(actions))
    if at == "end":
        for number, action in enumerate(actions):
            if isinstance(action, End):
                return number
        raise NoEffectError("the answer has no proper end")
    need_stream(actions)
    events = [n for n, action in enumerate(actions) if is_event(action)]
    if isinstance(at, int):
        if at > len(events):
            raise NoEffectError(f"the answer has {len(events)} events, so none is number {at}")
        return events[at - 1]
    for number in events:
        action = actions[number]
        if isinstance(action, Data) and action.event == at:
            return number
    raise NoEffectError(f"the answer has no {at}")


def parted(actions: Actions, given: Break) -> tuple[Actions, Actions]:
    """What comes before the place, and what comes after."""
    if given.after is None:
        place = find(actions, given.at)
        return actions[:place], actions[place:]
    left = given.after
    for number, action in enumerate(actions):
        if isinstance(action, Data):
            if left < len(action.payload):
                first, rest = action.payload[:left], action.payload[left:]
                kept = (Data(first, action.event),) if first else ()
                return (*actions[:number], *kept), (Data(rest), *actions[number + 1 :])
            left -= len(action.payload)
    raise NoEffectError(f"the answer has no more than {given.after} bytes")


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
