"""Meaning: events that are missing, doubled, out of order, unknown, broken, or errors in the middle."""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Literal

import orjson
from pydantic import Field, field_validator

from mockserver.core.actions import Action, Actions, Close, Data, End
from mockserver.core.errors import did_you_mean
from mockserver.faults.extras import chunk
from mockserver.faults.fault import (
    KINDS,
    At,
    Context,
    EventPlace,
    Fault,
    NoEffectError,
    Nothing,
    Parameters,
    Place,
    document,
    find,
    is_event,
    is_stream,
    need_stream,
    wire_of,
    with_data,
    with_length,
)
from mockserver.faults.framing import insert
from mockserver.faults.shapes import event
from mockserver.wires import WIRES, wire_named
from mockserver.wires.errors import failure
from mockserver.wires.sse import DONE, frame, split

# --- kinds of events missing, doubled, out of order -------------------------------------------------------------------


class Kinds(Parameters):
    """Kinds of events."""

    main: ClassVar[str] = "events"
    events: list[str] = Field(min_length=1, description="Which kinds of events; a bare word is one.")

    @field_validator("events", mode="before")
    @classmethod
    def _as_list(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

    @field_validator("events")
    @classmethod
    def _known(cls, events: list[str]) -> list[str]:
        for name in events:
            if name not in KINDS:
                raise ValueError(f"no event is called '{name}'; {did_you_mean(name, KINDS)}")
        return events


def _kept(actions: Actions, keep: Callable[[str], bool], otherwise: str) -> Actions:
    """The answer with those events only."""
    need_stream(actions)
    found = [action for action in actions if not isinstance(action, Data) or keep(action.event)]
    if len(found) == len(actions):
        raise NoEffectError(otherwise)
    return with_length(tuple(found))


def drop(actions: Actions, given: Kinds, context: Context) -> Actions:
    """Leave these out."""
    words = " or ".join(given.events)
    return _kept(actions, lambda name: name not in given.events, f"the answer has no {words} to leave out")


def only(actions: Actions, given: Kinds, context: Context) -> Actions:
    """Leave all others out."""
    return _kept(actions, lambda name: name in given.events, "the answer has no other events")


def without(*events: str) -> Callable[[Actions, Nothing, Context], Actions]:
    """A fault that drops the frames of these kinds."""
    kinds = Kinds(events=list(events))

    def apply(actions: Actions, given: Nothing, context: Context) -> Actions:
        return drop(actions, kinds, context)

    return apply


class Repeat(EventPlace):
    """Which, and how often."""

    count: int = Field(1, ge=1, le=1000, description="How often more.")


def duplicate(actions: Actions, given: Repeat, context: Context) -> Actions:
    """An event once more, right after itself."""
    need_stream(actions)
    place = find(actions, given.at)
    return with_length((*actions[: place + 1], *[actions[place]] * given.count, *actions[place + 1 :]))


def swap(actions: Actions, given: EventPlace, context: Context) -> Actions:
    """An event and the next one in the wrong order."""
    need_stream(actions)
    place = find(actions, given.at)
    later = next((n for n in range(place + 1, len(actions)) if is_event(actions[n])), None)
    if later is None:
        raise NoEffectError("no event comes after that one")
    found = list(actions)
    found[place], found[later] = found[later], found[place]
    return tuple(found)


class Index(Parameters):
    """How blocks or choices are counted."""

    main: ClassVar[str] = "start"
    start: int = Field(1, ge=0, description="The first index.")
    step: int = Field(1, ge=0, description="From one to the next: 2 leaves gaps, 0 gives all the same.")


def block_index(actions: Actions, given: Index, context: Context) -> Actions:
    """Other indexes for content blocks (tool calls have tool_index)."""
    need_stream(actions)

    def change(body: dict[str, Any]) -> bool:
        if not isinstance(body.get("index"), int):
            return False
        body["index"] = given.start + given.step * body["index"]
        return True

    return _rewritten(actions, change, "only Anthropic streams have blocks with an index")


def _rewritten(actions: Actions, change: Callable[[dict[str, Any]], bool], otherwise: str) -> Actions:
    found: list[Action] = []
    hits = 0
    for action in actions:
        body = document(action)
        if body is not None and isinstance(action, Data) and change(body):
            hits += 1
            action = with_data(action, orjson.dumps(body))
        found.append(action)
    if not hits:
        raise NoEffectError(otherwise)
    return with_length(tuple(found))


# --- things no client knows -------------------------------------------------------------------------------------------


class Unknown(EventPlace):
    """What is unknown, and where."""

    what: Literal["event", "block", "delta"] = Field("event", description="An event, a kind of block, or of delta.")


def unknown(actions: Actions, given: Unknown, context: Context) -> Actions:
    """Something that no client knows."""
    need_stream(actions)
    if wire_of(actions) != "anthropic":
        if given.what != "event":
            raise NoEffectError(f"the OpenAI wire has no kinds of {given.what}")
        return insert(actions, given.at, Data(frame(b'{"type":"future_event","data":{}}'), "error"))
    if given.what == "event":
        return insert(actions, given.at, event({"type": "future_event", "data": {}}))
    if given.what == "delta":
        return insert(
            actions,
            "content_block_stop",
            event({"type": "content_block_delta", "index": 0, "delta": {"type": "future_delta"}}),
        )
    index = sum([isinstance(action, Data) and action.event == "content_block_start" for action in actions])
    block = event({"type": "content_block_start", "index": index, "content_block": {"type": "future_block"}})
    return insert(actions, "message_delta", block, event({"type": "content_block_stop", "index": index}))


class Reasoning(Parameters):
    """What is thought."""

    main: ClassVar[str] = "text"
    text: str = Field("Let me think.", min_length=1, description="The reasoning.")


def reasoning(actions: Actions, given: Reasoning, context: Context) -> Actions:
    """A thinking block, or reasoning_content, before the answer."""
    need_stream(actions)
    if wire_of(actions) == "openai":
        delta = chunk(actions, {"reasoning_content": given.text}, "text")
        return insert(actions, find_after_first(actions), delta)
    moved = block_index(actions, Index(start=1), context)
    blocks = [
        {
            "type": "content_block_start",
            "index": 0,
            "content_block": {"type": "thinking", "thinking": "", "signature": ""},
        },
        {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": given.text}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "mock"}},
        {"type": "content_block_stop", "index": 0},
    ]
    return insert(moved, "content_block_start", *[event(block) for block in blocks])


def find_after_first(actions: Actions) -> int:
    """The number of the event after the first, or the first if there is but one."""
    return min(2, sum([is_event(action) for action in actions]))


def second_choice(actions: Actions, given: Reasoning, context: Context) -> Actions:
    """A delta of a second choice, which nobody asked for."""
    need_stream(actions)
    if wire_of(actions) != "openai":
        raise NoEffectError("only the OpenAI wire has choices")
    return insert(actions, "finish", chunk(actions, {"content": given.text}, "text", index=1))


class Choices(EventPlace):
    """Where, and what they are."""

    as_: Literal["empty", "null", "missing"] = Field("empty", alias="as", description="empty ([]), null or missing.")


def no_choices(actions: Actions, given: Choices, context: Context) -> Actions:
    """One more chunk without choices; Azure opens its streams with one."""
    need_stream(actions)
    if wire_of(actions) != "openai":
        raise NoEffectError("only the OpenAI wire has choices")
    first = next((found for action in actions if (found := document(action)) is not None), {})
    body = {**first, "choices": [] if given.as_ == "empty" else None}
    if given.as_ == "missing":
        del body["choices"]
    return insert(actions, given.at, Data(frame(orjson.dumps(body)), "error"))


# --- broken JSON ------------------------------------------------------------------------------------------------------


class Broken(EventPlace):
    """Where it breaks."""

    at: int | str = Field(
        1, description="The number of the event, from 1, or its kind; a whole answer has but one body."
    )


def malformed_json(actions: Actions, given: Broken, context: Context) -> Actions:
    """JSON with a comma too many."""
    return _with_broken(actions, given.at, lambda data: data[:-1] + b",}")


def truncated_json(actions: Actions, given: Broken, context: Context) -> Actions:
    """JSON that stops half-way; the frame is whole."""
    return _with_broken(actions, given.at, lambda data: data[: len(data) // 2])


def _with_broken(actions: Actions, at: int | str, change: Callable[[bytes], bytes]) -> Actions:
    if not is_stream(actions):
        place = next((n for n, action in enumerate(actions) if document(action) is not None), None)
        if place is None:
            raise NoEffectError("the answer has no JSON")
        action = actions[place]
        assert isinstance(action, Data)
        return with_length((*actions[:place], Data(change(action.payload)), *actions[place + 1 :]))
    place = find(actions, at)
    action = actions[place]
    if document(action) is None or not isinstance(action, Data):
        raise NoEffectError(f"event {at} has no JSON")
    broken = with_data(action, change(split(action.payload)[1]))
    return with_length((*actions[:place], broken, *actions[place + 1 :]))


# --- errors in the middle ---------------------------------------------------------------------------------------------


class ErrorEvent(At):
    """An error in a stream."""

    at: Place = Field(3, description="Before event n, a kind of event (the first), or end; 1 makes it the first event.")
    status: int = Field(529, ge=400, le=599, description="The error that it tells, by its status.")
    type: str | None = Field(None, description="The dialect's error type, instead of the status's.")
    message: str | None = Field(None, description="The sentence for people.")
    shape: Literal["own", "other", "string"] = Field(
        "own", description="The wire's own, the other dialect's, or a string."
    )
    event_line: bool | None = Field(
        None, description="Whether `event: error` is there; as usual on the wire without it."
    )
    then: Literal["end", "done", "close", "go_on"] = Field(
        "end", description="What follows: a proper end, [DONE] and a proper end, FIN, or the rest of the stream."
    )


def error_event(actions: Actions, given: ErrorEvent, context: Context) -> Actions:
    """An error after the 200 and, mostly, after some of the answer."""
    need_stream(actions)
    place = find(actions, given.at)
    if given.at == "headers":
        raise NoEffectError("an error before the headers is no event; use error")
    shown = Data(_error_frame(actions, given), "error")
    follows: dict[str, Iterable[Action]] = {
        "end": (End(),),
        "done": (DONE, End()),
        "close": (Close(),),
        "go_on": actions[place:],
    }
    return with_length((*actions[:place], shown, *follows[given.then]))


def _error_frame(actions: Actions, given: ErrorEvent) -> bytes:
    own = wire_named(wire_of(actions))
    error = failure(given.status, message=given.message, type=given.type)
    if given.shape == "string":
        body: dict[str, object] = {**own.errors.marker, "error": error.message}
    else:
        dialect = own if given.shape == "own" else next(wire for wire in WIRES.values() if wire is not own)
        body = dialect.errors.stream_body(error)
    has_line = given.event_line if given.event_line is not None else bool(own.errors.event_name)
    return frame(orjson.dumps(body), "error" if has_line else "")


def _fault(name: str, about: str, source: str, apply: Callable[..., Actions], *rest: Any) -> Fault:
    return Fault(name, "meaning", about, source, apply, *rest)


FAULTS = (
    _fault(
        "short_sequence",
        "Only message_start, content_block_delta, message_delta and message_stop, as D1 lists them.",
        "D1",
        without("content_block_start", "content_block_stop", "ping"),
    ),
    _fault("drop", "Events of these kinds are missing.", "measured: missing_*", drop, Kinds, "content_block_stop"),
    _fault("only", "Events of all other kinds are missing.", "measured: only_done", only, Kinds, "done"),
    *[
        _fault(f"no_{name}", f"{name} is missing.", f"measured: {source}", without(name))
        for name, source in {
            "message_start": "missing_message_start",
            "content_block_start": "missing_content_block_start",
            "content_block_stop": "missing_content_block_stop",
            "message_delta": "missing_message_delta",
            "message_stop": "missing_message_stop",
            "ping": "ping is optional",
            "role": "drop.chunk~choices~0~delta~role",
            "finish": "finish_null",
            "done": "missing_done",
        }.items()
    ],
    _fault(
        "duplicate",
        "An event comes twice.",
        "measured: duplicate_message_start, duplicate_message_stop, message_delta_twice",
        duplicate,
        Repeat,
        "message_start",
    ),
    _fault("swap", "An event and the next one in the wrong order.", "protocol order", swap, EventPlace, 2),
    _fault(
        "block_index",
        "Indexes of content blocks that do not start at 0, have gaps, or are all the same.",
        "measured: index_starts_at_1, index_gap",
        block_index,
        Index,
        {"start": 0, "step": 2},
    ),
    _fault(
        "unknown",
        "An event, block or delta of a kind that no client knows.",
        "measured: unknown_event_type, unknown_content_block, unknown_delta_type",
        unknown,
        Unknown,
        {"what": "block"},
    ),
    _fault(
        "reasoning",
        "Reasoning before the answer.",
        "measured: thinking_block, reasoning_content_delta",
        reasoning,
        Reasoning,
    ),
    _fault("second_choice", "A delta of a second choice.", "measured: n2_choices", second_choice, Reasoning, "SECOND"),
    _fault(
        "no_choices",
        "A chunk without choices.",
        "measured: choices_empty_first_azure, choices_empty_mid, choices_null, choices_missing",
        no_choices,
        Choices,
        {"at": 1, "as": "empty"},
    ),
    _fault(
        "malformed_json",
        "JSON with a comma too many, in one event or the whole body.",
        "measured: malformed_json_mid, ns_malformed_200",
        malformed_json,
        Broken,
        3,
    ),
    _fault(
        "truncated_json",
        "JSON that stops half-way, in one event or the whole body.",
        "measured: truncated_json_then_clean_end, truncated_json_then_close",
        truncated_json,
        Broken,
        3,
    ),
    _fault(
        "error_event",
        "An error after the 200: in the middle of the stream, or first.",
        "D1; measured: error_event_mid, error_event_first, error_rate_limit_mid, error_then_more_events",
        error_event,
        ErrorEvent,
        {"at": 4, "status": 529},
    ),
)
