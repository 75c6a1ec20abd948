"""The connection: answers that break off, stay open, or are framed wrongly by a server or proxy on the way.

What plain ASGI cannot say (a reset, a malformed chunk, a wrong content-length) is done on the transport of a real
socket; elsewhere the player does what is nearest, and says so.
"""

from typing import ClassVar, Literal

from pydantic import Field

from mockserver.core.actions import Actions, Close, End, Hang, Head, Raw, Reset
from mockserver.core.units import Duration
from mockserver.faults.fault import (
    Break,
    Context,
    Fault,
    NoEffectError,
    Parameters,
    Place,
    body_of,
    head_of,
    parted,
    set_header,
    with_head,
)


def close(actions: Actions, given: Break, context: Context) -> Actions:
    """FIN, without a terminator."""
    return (*parted(actions, given)[0], Close())


def reset(actions: Actions, given: Break, context: Context) -> Actions:
    """RST."""
    return (*parted(actions, given)[0], Reset())


class HangFor(Break):
    """A place, and for how long."""

    for_: Duration = Field(600.0, alias="for", gt=0, description="At the latest then it is closed.")


def hang(actions: Actions, given: HangFor, context: Context) -> Actions:
    """Silence, until the client leaves."""
    return (*parted(actions, given)[0], Hang(given.for_), Close())


def cut(actions: Actions, given: Break, context: Context) -> Actions:
    """A proper end, too early."""
    before, after = parted(actions, given)
    if isinstance(after[0], End):
        raise NoEffectError("the answer ends there anyway")
    if isinstance(after[0], Head):
        raise NoEffectError("a proper end needs headers; use close for none")
    head = head_of(before)
    if any(name == "content-length" for name, _ in head.headers):
        size = str(len(body_of(before)))
        before = with_head(before, lambda head: set_header(head, "content-length", size))
    return (*before, End())


class Garbage(Break):
    """A place, and what comes there."""

    at: Place = Field("end", description="Before event n, a kind of event (the first), or end.")
    text: str = Field("ZZ\r\n", description="What comes past the HTTP framing.")


def malformed_chunk(actions: Actions, given: Garbage, context: Context) -> Actions:
    """Something that is no chunk, then FIN. A whole answer is sent chunked for it."""
    before, after = parted(actions, given)
    if isinstance(after[0], Head):
        raise NoEffectError("there are no chunks before the headers")
    chunked = with_head(before, lambda head: set_header(head, "content-length", None))
    return (*chunked, Raw(given.text.encode()), Close())


class Framing(Parameters):
    """How the body's end is told."""

    main: ClassVar[str] = "by"
    by: Literal["chunks", "length", "close", "http10"] = Field(
        "close", description="chunks; length (content-length); close (the end of the connection); http10 (HTTP/1.0)."
    )


def framing(actions: Actions, given: Framing, context: Context) -> Actions:
    """The same body, delimited in another way. Waits and breaks stay where they are."""
    size = str(len(body_of(actions)))
    if given.by == "chunks":
        return with_head(actions, lambda head: set_header(head, "content-length", None))
    if given.by == "length":
        return with_head(actions, lambda head: set_header(head, "content-length", size))
    version = "1.0" if given.by == "http10" else "1.1"

    def bare(head: Head) -> Head:
        told = set_header(set_header(head, "content-length", None), "connection", "close")
        return Head(told.status, told.headers, bare=True, version=version)

    return with_head(actions, bare)


class Length(Parameters):
    """A wrong content-length."""

    main: ClassVar[str] = "by"
    by: int = Field(-10, description="Bytes more (the body seems cut off) or fewer (it runs over) than the body has.")


def content_length(actions: Actions, given: Length, context: Context) -> Actions:
    """A content-length that is not the body's."""
    if given.by == 0:
        raise NoEffectError("by 0 is the right length")
    size = max(0, len(body_of(actions)) + given.by)

    def wrong(head: Head) -> Head:
        told = set_header(set_header(head, "content-length", str(size)), "connection", "close")
        return Head(told.status, told.headers, bare=True)

    return with_head(actions, wrong)


FAULTS = (
    Fault(
        "close",
        "connection",
        "The connection is closed (FIN) without a terminator. `at: end` loses only the last chunk.",
        "measured: close_mid_no_terminator",
        close,
        Break,
        {"at": 5},
    ),
    Fault("reset", "connection", "The connection is reset (RST).", "measured: rst_mid", reset, Break, {"at": 5}),
    Fault(
        "hang",
        "connection",
        "The connection stays open and silent until the client leaves. `at: end` leaves it open after the last event.",
        "measured: stall_before_headers, stall_after_end_no_terminator",
        hang,
        HangFor,
        {"at": 5, "for": "1m"},
    ),
    Fault(
        "cut",
        "connection",
        "The answer ends properly, but too early: most clients take it for the whole.",
        "measured: close_mid_with_terminator",
        cut,
        Break,
        {"at": 5},
    ),
    Fault(
        "malformed_chunk",
        "connection",
        "Something that is no HTTP chunk, and then the connection is closed.",
        "RFC 9112 section 7.1",
        malformed_chunk,
        Garbage,
        {"at": 5},
    ),
    Fault(
        "framing",
        "connection",
        "The body's end is told in another way: chunks, a length, or the end of the connection.",
        "measured: connection_close_framing_complete, content_length_framing, http10",
        framing,
        Framing,
        "close",
    ),
    Fault(
        "content_length",
        "connection",
        "A content-length that is not the body's.",
        "measured: close_mid_content_length_short, ns_truncated_cl",
        content_length,
        Length,
        10,
    ),
)
