"""HTTP: headers that are wrong, missing or hard to read, and compressed bodies."""

import zlib
from collections.abc import Callable
from email.utils import formatdate
from typing import ClassVar, Literal

import orjson
from pydantic import Field, JsonValue

from mockserver.core.actions import Action, Actions, Data, Head, Wait
from mockserver.core.units import Duration
from mockserver.faults.fault import (
    Context,
    Fault,
    NoEffectError,
    Parameters,
    body_of,
    head_of,
    set_header,
    with_head,
)


class Header(Parameters):
    """A header."""

    name: str = Field(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$", description="Its name.")
    value: str | None = Field(None, pattern=r"^[\t\x20-\x7e\x80-\xff]*$", description="Its value; null leaves it out.")


def header(actions: Actions, given: Header, context: Context) -> Actions:
    """A header set or left out."""
    return _with_header(actions, given.name.lower(), given.value)


def _with_header(actions: Actions, name: str, value: str | None) -> Actions:
    before = head_of(actions)
    after = set_header(before, name, value)
    if after == before:
        raise NoEffectError(f"the answer has no header {name}" if value is None else f"{name} is that anyway")
    return with_head(actions, lambda head: after)


class ContentType(Parameters):
    """A label."""

    main: ClassVar[str] = "value"
    value: str | None = Field("text/plain", description="What is said; null says nothing.")


def content_type(actions: Actions, given: ContentType, context: Context) -> Actions:
    """A wrong content-type, or none."""
    return _with_header(actions, "content-type", given.value)


class RetryAfter(Parameters):
    """When to come back."""

    main: ClassVar[str] = "value"
    value: str | int | float | None = Field(
        2, description="Seconds as they are written: 2, 1.5, 0, -1, inf, junk; null for no header."
    )
    date: Duration | None = Field(None, description="An HTTP date so far ahead of the session's clock, instead.")
    past: Duration | None = Field(None, description="An HTTP date so far in the past, instead.")


def retry_after(actions: Actions, given: RetryAfter, context: Context) -> Actions:
    """The retry-after header, in every form that clients meet."""
    if given.date is not None or given.past is not None:
        moment = context.now + (given.date if given.date is not None else -(given.past or 0.0))
        return _with_header(actions, "retry-after", formatdate(max(0.0, moment), usegmt=True))
    return _with_header(actions, "retry-after", None if given.value is None else _written(given.value))


def _written(value: JsonValue) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


class Value(Parameters):
    """A header's value."""

    main: ClassVar[str] = "value"
    value: JsonValue = Field(description="What is said, as it is written.")


def _header_named(name: str) -> Callable[[Actions, Value, Context], Actions]:
    def apply(actions: Actions, given: Value, context: Context) -> Actions:
        return _with_header(actions, name, _written(given.value))

    return apply


# --- gzip -------------------------------------------------------------------------------------------------------------


class Gzip(Parameters):
    """How it is compressed."""

    main: ClassVar[str] = "how"
    how: Literal["whole", "each", "header_only", "body_only", "truncated"] = Field(
        "whole",
        description="whole; each (flushed after every event); header_only (the body is plain); body_only (no header "
        "says so); truncated (cut off, then a proper end).",
    )


def gzip(actions: Actions, given: Gzip, context: Context) -> Actions:
    """content-encoding: gzip, done well or badly."""
    if not body_of(actions):
        raise NoEffectError("the answer has no body")
    if given.how == "header_only":
        return with_head(actions, lambda head: set_header(head, "content-encoding", "gzip"))
    squeezed = _squeezed(actions, flush=given.how == "each")
    if given.how == "truncated":
        squeezed = _halved(squeezed)
    length = str(len(body_of(squeezed)))

    def told(head: Head) -> Head:
        if any(name == "content-length" for name, _ in head.headers):
            head = set_header(head, "content-length", length)
        return head if given.how == "body_only" else set_header(head, "content-encoding", "gzip")

    return with_head(squeezed, told)


def _squeezed(actions: Actions, *, flush: bool) -> Actions:
    """The body compressed; what is flushed stays with its event, else everything comes with the last."""
    press = zlib.compressobj(wbits=31)
    last = max(number for number, action in enumerate(actions) if isinstance(action, Data))
    found: list[Action] = []
    for number, action in enumerate(actions):
        if not isinstance(action, Data):
            found.append(action)
            continue
        squeezed = press.compress(action.payload) + (press.flush(zlib.Z_SYNC_FLUSH) if flush else b"")
        if number == last:
            squeezed += press.flush()
        found.append(Data(squeezed, action.event))
    return tuple(found)


def _halved(actions: Actions) -> Actions:
    left = len(body_of(actions)) // 2
    found: list[Action] = []
    for action in actions:
        if isinstance(action, Data):
            found.append(Data(action.payload[:left], action.event))
            left = max(0, left - len(action.payload))
        elif not isinstance(action, Wait):
            found.append(action)
    return tuple(found)


FAULTS = (
    Fault(
        "header", "http", "A header set or left out.", "any", header, Header, {"name": "x-request-id", "value": None}
    ),
    Fault(
        "content_type",
        "http",
        "A wrong content-type, or none.",
        "measured: text_plain_stream, no_content_type_stream, ns_ctype_none",
        content_type,
        ContentType,
        "text/plain",
    ),
    Fault(
        "retry_after",
        "http",
        "The retry-after header in any form: seconds, fractions, a date, zero, negative, past, huge, junk, missing.",
        "D1; measured: ra_zero, ra_neg, ra_junk, ra_date2, ra_huge3600",
        retry_after,
        RetryAfter,
        {"date": "3s"},
    ),
    Fault(
        "retry_after_ms",
        "http",
        "The retry-after-ms header, which official SDKs prefer.",
        "measured: ra_ms200, ra_ms_junk_s1",
        _header_named("retry-after-ms"),
        Value,
        200,
    ),
    Fault(
        "should_retry",
        "http",
        "The x-should-retry header, which official SDKs obey.",
        "measured: xsr_true_400, xsr_false_429",
        _header_named("x-should-retry"),
        Value,
        False,
    ),
    Fault(
        "gzip",
        "http",
        "A compressed body: whole, flushed per event, mislabelled, or cut off.",
        "measured: gzip, gzip_flushed_per_event, gzip_header_but_plain, gzip_body_no_header, gzip_truncated",
        gzip,
        Gzip,
        "each",
    ),
)
