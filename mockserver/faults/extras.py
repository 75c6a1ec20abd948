"""Framing: frames that are more than the answer (comments, pings, data after the end) or less (no proper end)."""

from collections.abc import Callable
from typing import ClassVar, Literal

import orjson
from pydantic import Field

from mockserver.core.actions import Action, Actions, Data, Wait
from mockserver.core.distribution import Fixed, Spread
from mockserver.faults.fault import (
    At,
    Context,
    EventPlace,
    NoEffectError,
    Nothing,
    Parameters,
    Place,
    changed,
    document,
    find,
    need_stream,
    wire_of,
    with_data,
    with_length,
)
from mockserver.faults.framing import at_end, each_event, insert, row
from mockserver.faults.shapes import event
from mockserver.wires.sse import DONE, frame, split

MOST_FRAMES = 100_000
COMMENT = Data(b": keep-alive\n\n", "comment")


# --- comments, pings, blanks ------------------------------------------------------------------------------------------


class Comments(Parameters):
    """How many."""

    main: ClassVar[str] = "count"
    count: int = Field(1, ge=1, le=1000, description="How many before each event; 1000 is a flood.")


def comments(actions: Actions, given: Comments, context: Context) -> Actions:
    """SSE comments before each event."""
    if given.count * len(actions) > MOST_FRAMES:
        raise NoEffectError(f"the answer would have more than {MOST_FRAMES} frames")
    return each_event(actions, lambda data: [*[COMMENT] * given.count, data], "the answer has no events")


class Pings(At):
    """How many, how often, where."""

    main: ClassVar[str] = "count"
    at: Place = Field(2, description="Before event n, a kind of event (the first), or end.")
    count: int = Field(1, ge=1, le=10_000, description="How many; 1000 without a wait is a flood.")
    every: Spread = Field(Fixed(value=0.0), description="The time before each.")
    kind: Literal["usual", "comment", "no_data", "empty_object"] = Field(
        "usual",
        description="usual (an event on the Anthropic wire, a comment elsewhere), comment, no_data, empty_object.",
    )


def pings(actions: Actions, given: Pings, context: Context) -> Actions:
    """Pings at one place, at intervals: a stream that is alive and says nothing."""
    kinds = {
        "usual": event({"type": "ping"}) if wire_of(actions) == "anthropic" else Data(b": ping\n\n", "comment"),
        "comment": Data(b": ping\n\n", "comment"),
        "no_data": Data(b"event: ping\n\n", "ping"),
        "empty_object": Data(b"event: ping\ndata: {}\n\n", "ping"),
    }
    added: list[Action] = []
    for _ in range(given.count):
        wait = given.every.draw(context.dice)
        added += [Wait(wait), kinds[given.kind]] if wait else [kinds[given.kind]]
    return insert(actions, given.at, *added)


def _before_all(prefix: bytes) -> Callable[[Actions, Nothing, Context], Actions]:
    """A fault that puts bytes before the body."""

    def apply(actions: Actions, given: Nothing, context: Context) -> Actions:
        for number, action in enumerate(actions):
            if isinstance(action, Data):
                longer = Data(prefix + action.payload, action.event)
                return with_length((*actions[:number], longer, *actions[number + 1 :]))
        raise NoEffectError("the answer has no body")

    return apply


# --- ends -------------------------------------------------------------------------------------------------------------


class Newlines(Parameters):
    """What is left of the last event's end."""

    main: ClassVar[str] = "newlines"
    newlines: Literal[0, 1] = Field(0, description="0: not even its line ends; 1: the blank line is missing.")


def unterminated(actions: Actions, given: Newlines, context: Context) -> Actions:
    """The last event without its blank line."""
    need_stream(actions)
    last = max(number for number, action in enumerate(actions) if isinstance(action, Data))
    action = actions[last]
    assert isinstance(action, Data)
    shorter = Data(action.payload.rstrip(b"\r\n") + b"\n" * given.newlines, action.event)
    return with_length(changed(actions, (*actions[:last], shorter, *actions[last + 1 :]), "it is so anyway"))


class Done(Parameters):
    """How many, under which name."""

    main: ClassVar[str] = "count"
    count: int = Field(1, ge=1, le=1000, description="How many beside the usual one.")
    event: str = Field("", pattern=r"^[^\r\n]*$", description="A name for its `event:` line.")


def extra_done(actions: Actions, given: Done, context: Context) -> Actions:
    """`[DONE]` after the end: once more on the OpenAI wire, out of place on the Anthropic one."""
    done = Data(frame(b"[DONE]", given.event), "done") if given.event else DONE
    return at_end(actions, *[done] * given.count)


class Extra(Parameters):
    """What comes."""

    main: ClassVar[str] = "text"
    text: str = Field("EXTRA", description="The text of one more delta.")


def text_delta(actions: Actions, text: str) -> Data:
    """A delta with this text, such as the answer's own."""
    if wire_of(actions) == "anthropic":
        return event({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}})
    return chunk(actions, {"content": text}, "text")


def chunk(actions: Actions, delta: object, kind: str, index: int = 0) -> Data:
    """A chunk of the OpenAI wire with the id and model of the answer's own."""
    first = next((found for action in actions if (found := document(action)) is not None), {})
    head = {key: value for key, value in first.items() if key not in ("choices", "usage")}
    choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": None}
    return Data(frame(orjson.dumps({**head, "choices": [choice]})), kind)


def data_after_end(actions: Actions, given: Extra, context: Context) -> Actions:
    """One more delta after message_stop or [DONE]."""
    need_stream(actions)
    return at_end(actions, text_delta(actions, given.text))


class Empty(EventPlace):
    """Where, and how empty."""

    colon: bool = Field(True, description="`data:`, or without its colon `data`.")


def empty_data(actions: Actions, given: Empty, context: Context) -> Actions:
    """An event whose data is empty."""
    return insert(actions, given.at, Data(b"data:\n\n" if given.colon else b"data\n\n", "comment"))


class Plain(EventPlace):
    """Where, and what."""

    text: str = Field("hello", pattern=r"^[^\r\n]*$", description="The data of one more event, as it is.")


def plain_data(actions: Actions, given: Plain, context: Context) -> Actions:
    """An event whose data is no object of the protocol."""
    need_stream(actions)
    place = actions[find(actions, given.at)]
    assert isinstance(place, Data)
    return insert(actions, given.at, Data(frame(given.text.encode(), split(place.payload)[0]), "error"))


class Large(EventPlace):
    """Where, and how large."""

    bytes: int = Field(1_000_000, ge=1, le=20_000_000, description="How many bytes of padding, in an unknown field.")


def large_event(actions: Actions, given: Large, context: Context) -> Actions:
    """One event of a megabyte, in a field that no client knows."""
    need_stream(actions)
    place = find(actions, given.at)
    action, found = actions[place], document(actions[place])
    if found is None or not isinstance(action, Data):
        raise NoEffectError(f"event {given.at} has no JSON")
    larger = with_data(action, orjson.dumps({**found, "padding": "x" * given.bytes}))
    return with_length((*actions[:place], larger, *actions[place + 1 :]))


FAULTS = (
    row(
        "unterminated",
        "The last event without its blank line.",
        "measured: last_event_no_blank_line, last_event_single_newline",
        unterminated,
        Newlines,
        1,
    ),
    row(
        "comments",
        "Comments before each event, as keep-alives.",
        "WHATWG; measured: comment_keepalives",
        comments,
        Comments,
        1,
    ),
    row(
        "pings",
        "Pings at one place, at intervals.",
        "measured: pings_forever_8s, ping_no_data, ping_empty_obj",
        pings,
        Pings,
        {"count": 16, "every": "500ms", "at": 3},
    ),
    row(
        "blank_lines",
        "Blank lines before everything; blanks before a whole answer's JSON.",
        "measured: leading_blank_lines, ns_leading_whitespace_keepalive",
        _before_all(b"\n\n"),
    ),
    row(
        "bom",
        "A byte order mark before everything.",
        "WHATWG; measured: bom, ns_bom_json",
        _before_all(b"\xef\xbb\xbf"),
    ),
    row(
        "extra_done",
        "`[DONE]` once more, or where it does not belong.",
        "measured: duplicate_done, done_after_message_stop_event, done_after_message_stop_noevent",
        extra_done,
        Done,
        1,
    ),
    row(
        "data_after_end",
        "One more delta after the end.",
        "measured: data_after_done, data_after_message_stop",
        data_after_end,
        Extra,
        "EXTRA",
    ),
    row(
        "empty_data", "An event whose data is empty.", "measured: empty_data, empty_data_nocolon", empty_data, Empty, 3
    ),
    row(
        "plain_data",
        "An event whose data is no JSON object.",
        "measured: plain_text_data_mid, json_null_data",
        plain_data,
        Plain,
        {"at": 3, "text": "null"},
    ),
    row("large_event", "An event of a megabyte.", "measured: large_event_1mb", large_event, Large, {"at": 2}),
)
