"""Framing: streams that say the same in bytes that are unusual, and some that are wrong.

Source: WHATWG HTML, "Server-sent events". What the standard allows (comments, CRLF, several data lines) every client
should take; which ones do not is in docs/clients.md.
"""

import re
from collections.abc import Callable, Iterable
from typing import ClassVar

from pydantic import Field, JsonValue

from mockserver.core.actions import Action, Actions, Data, Wait
from mockserver.faults.delays import cut_up, pieces
from mockserver.faults.fault import (
    Context,
    Fault,
    NoEffectError,
    Nothing,
    Parameters,
    Stage,
    body_of,
    changed,
    find,
    is_event,
    longer_by,
    need_stream,
    with_data,
    with_length,
)
from mockserver.wires.sse import frame, split

_DATA_LINE = re.compile(rb"(?m)^data: ")
_EVENT_LINE = re.compile(rb"(?m)^event: [^\n]*\n")


def _each_payload(change: Callable[[bytes], bytes], otherwise: str) -> Callable[[Actions, Nothing, Context], Actions]:
    """A fault that rewrites the bytes of every frame."""

    def apply(actions: Actions, given: Nothing, context: Context) -> Actions:
        need_stream(actions)
        after = [
            Data(change(action.payload), action.event) if isinstance(action, Data) else action for action in actions
        ]
        return with_length(changed(actions, after, otherwise))

    return apply


def each_event(actions: Actions, change: Callable[[Data], Iterable[Action]], otherwise: str) -> Actions:
    """Every event replaced by what the change makes of it."""
    need_stream(actions)
    found: list[Action] = []
    for action in actions:
        if isinstance(action, Data) and is_event(action):
            found.extend(change(action))
        else:
            found.append(action)
    return with_length(changed(actions, found, otherwise))


def insert(actions: Actions, at: int | str, *added: Action) -> Actions:
    """Put these before the place."""
    need_stream(actions)
    place = find(actions, at)
    return with_length((*actions[:place], *added, *actions[place:]))


def at_end(actions: Actions, *added: Action) -> Actions:
    """Put these before the proper end."""
    return insert(actions, "end", *added)


# --- lines ------------------------------------------------------------------------------------------------------------


class Name(Parameters):
    """An event's name."""

    main: ClassVar[str] = "name"
    name: str = Field("message", pattern=r"^[^\r\n]+$", description="The name in the `event:` line of every event.")


def event_name(actions: Actions, given: Name, context: Context) -> Actions:
    """Every event under this name."""
    return each_event(
        actions,
        lambda data: [Data(frame(split(data.payload)[1], given.name), data.event)],
        "every event has that name",
    )


def _lines(data: bytes) -> bytes:
    if not (data.startswith(b"{") and data.endswith(b"}") and len(data) > 2):
        return data
    return b"{\ndata: " + data[1:-1] + b"\ndata: }"


def multi_line_data(actions: Actions, given: Nothing, context: Context) -> Actions:
    """Each event's JSON on three data lines."""
    return each_event(actions, lambda data: [with_data(data, _lines(split(data.payload)[1]))], "no event has JSON")


def ids(actions: Actions, given: Nothing, context: Context) -> Actions:
    """An id line on every event, and a retry line on the first."""
    count = 0

    def numbered(data: Data) -> list[Action]:
        nonlocal count
        count += 1
        retry = b"retry: 3000\n" if count == 1 else b""
        return [Data(b"id: %d\n%b%b" % (count, retry, data.payload), data.event)]

    return each_event(actions, numbered, "the answer has no events")


def crlf_split(actions: Actions, given: Nothing, context: Context) -> Actions:
    """CRLF, with a write that ends between the two."""
    need_stream(actions)
    need_plain(actions)
    found: list[Action] = []
    added = 0
    for action in actions:
        if isinstance(action, Data):
            longer = Data(_crlf(action.payload), action.event)
            added += len(longer.payload) - len(action.payload)
            for piece in pieces(longer, [place.end() - 1 for place in re.finditer(b"\r\n", longer.payload)]):
                found += [piece, Wait(0.0)]
        else:
            found.append(action)
    if not any(isinstance(action, Data) and action.payload.startswith(b"\n") for action in found):
        raise NoEffectError("no line ends with LF")
    return longer_by(tuple(found), added)


def _crlf(payload: bytes) -> bytes:
    return payload.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def need_plain(actions: Actions) -> None:
    """Raise `NoEffectError` for a compressed body, in which no line and no character can be found."""
    if body_of(actions).startswith(b"\x1f\x8b"):
        raise NoEffectError("the body is compressed")


# --- writes -----------------------------------------------------------------------------------------------------------


def utf8_split(actions: Actions, given: Nothing, context: Context) -> Actions:
    """A write that ends inside a character, in every frame that has a long one."""
    need_plain(actions)
    found: list[Action] = []
    for action in actions:
        place = re.search(rb"[\xc2-\xf4](?=[\x80-\xbf])", action.payload) if isinstance(action, Data) else None
        if isinstance(action, Data) and place is not None:
            first, rest = pieces(action, [place.end()])
            found += [first, Wait(0.0), rest]
        else:
            found.append(action)
    return changed(actions, found, "the answer has only ASCII characters")


def one_byte_per_write(actions: Actions, given: Nothing, context: Context) -> Actions:
    """Every byte a write of its own."""
    return cut_up(actions, 1, 0.0)


def one_event_per_write(actions: Actions, given: Nothing, context: Context) -> Actions:
    """Every event a write of its own."""
    return each_event(actions, lambda data: [Wait(0.0), data], "the answer has no events")


def one_write(actions: Actions, given: Nothing, context: Context) -> Actions:
    """Everything at once: no waits."""
    kept = [action for action in actions if not isinstance(action, Wait)]
    return changed(actions, kept, "the answer comes in one write anyway")


def row(
    name: str,
    about: str,
    source: str,
    apply: Callable[..., Actions],
    parameters: type[Parameters] = Nothing,
    example: JsonValue = None,
    stage: Stage = Stage.EVENTS,
) -> Fault:
    """A row of this group."""
    return Fault(name, "framing", about, source, apply, parameters, example, stage)


_NO_LINE = "no event has an `event:` line"

FAULTS = (
    row(
        "no_event_line",
        "No `event:` lines: official Anthropic SDKs then lose everything silently.",
        "measured: no_event_line",
        _each_payload(lambda payload: _EVENT_LINE.sub(b"", payload), _NO_LINE),
    ),
    row(
        "event_name",
        "Every event under one name; on the OpenAI wire, which has none, an `event:` line is added.",
        "measured: event_name_mismatch, completion_event_name, with_event_line",
        event_name,
        Name,
        "message",
    ),
    row(
        "no_space",
        "No space after `data:`.",
        "WHATWG; measured: data_no_space",
        _each_payload(lambda payload: _DATA_LINE.sub(b"data:", payload), "no data line has a space"),
    ),
    row(
        "crlf",
        "Lines end with CR LF.",
        "WHATWG; measured: crlf",
        _each_payload(_crlf, "lines end so anyway"),
    ),
    row(
        "cr",
        "Lines end with CR alone.",
        "WHATWG; measured: cr_only",
        _each_payload(lambda payload: payload.replace(b"\r\n", b"\r").replace(b"\n", b"\r"), "lines end so anyway"),
    ),
    row(
        "crlf_split",
        "Lines end with CR LF, and a write ends between the two.",
        "measured: crlf_split_between_cr_and_lf",
        crlf_split,
        stage=Stage.LINES,
    ),
    row(
        "multi_line_data",
        "Each event's JSON on several `data:` lines.",
        "WHATWG; measured: multiline_data",
        multi_line_data,
    ),
    row(
        "comment_inside",
        "A comment line inside each event.",
        "WHATWG; measured: comment_inside_event",
        _each_payload(lambda payload: _DATA_LINE.sub(b": inside\ndata: ", payload), "no event has data"),
    ),
    row("ids", "`id:` and `retry:` lines.", "WHATWG; measured: id_and_retry_fields", ids),
    row(
        "utf8_split",
        "A write that ends inside a character.",
        "measured: utf8_split",
        utf8_split,
        stage=Stage.CHARACTERS,
    ),
    row(
        "one_byte_per_write",
        "Every byte a write of its own.",
        "measured: one_byte_per_chunk",
        one_byte_per_write,
        stage=Stage.BYTES,
    ),
    row("one_event_per_write", "Every event a write of its own.", "most gateways", one_event_per_write),
    row("one_write", "Everything in one write, whatever the pace says.", "measured: all_in_one_tcp", one_write),
)
