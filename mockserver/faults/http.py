"""HTTP: statuses, headers and bodies that are not what the client asked for."""

from collections.abc import Mapping
from typing import ClassVar, Literal

import orjson
from pydantic import Field

from mockserver.core.actions import Actions, Head
from mockserver.faults.fault import (
    Context,
    Fault,
    NoEffectError,
    Nothing,
    Parameters,
    body_of,
    head_of,
    is_stream,
    need_stream,
    set_header,
    wire_of,
    with_body,
    with_head,
    with_whole_body,
)
from mockserver.faults.shapes import stream_of, whole_of
from mockserver.wires import wire_named
from mockserver.wires.envelopes import ENVELOPES, render
from mockserver.wires.errors import failure
from mockserver.wires.wire import Wire

JSON = "application/json"
SSE = "text/event-stream; charset=utf-8"
HTML = "text/html; charset=utf-8"
PAGE = b"<!DOCTYPE html>\n<html><head><title>%d</title></head><body><h1>%d</h1><p>nginx</p></body></html>\n"


# --- an error in the place of the answer ------------------------------------------------------------------------------

Body = Literal[
    "superset",
    "anthropic",
    "openai",
    "fastapi",
    "bare",
    "detail_list",
    "error_string",
    "array",
    "empty_json",
    "malformed",
    "sse",
    "text",
    "html",
    "empty",
]


class Error(Parameters):
    """An error answer."""

    main: ClassVar[str] = "status"
    status: int = Field(529, ge=400, le=599, description="The HTTP status.")
    body: Body = Field("superset", description="The shape of the body: an envelope, or no error object at all.")
    code: str | None = Field(None, description="The stable word for programs.")
    type: str | None = Field(None, description="The dialect's error type.")
    message: str | None = Field(None, description="The sentence for people.")


def error(actions: Actions, given: Error, context: Context) -> Actions:
    """The documented error of a status, in any of the bodies that clients meet."""
    wire = wire_named(wire_of(actions))
    trace = dict(head_of(actions).headers).get(wire.request_id_header, "")
    content_type, body = _error_body(given, wire, trace)
    answer = with_whole_body(actions, body, content_type)
    return with_head(answer, lambda head: Head(given.status, set_header(head, "cache-control", None).headers))


def _error_body(given: Error, wire: Wire, trace: str) -> tuple[str | None, bytes]:
    found = failure(given.status, code=given.code, message=given.message, type=given.type)
    text = found.message.encode()
    bodies: Mapping[str, tuple[str | None, bytes]] = {
        "detail_list": (JSON, orjson.dumps({"detail": [{"type": found.code, "loc": ["body"], "msg": found.message}]})),
        "error_string": (JSON, orjson.dumps({"error": found.message})),
        "array": (JSON, orjson.dumps([{"message": found.message}])),
        "empty_json": (JSON, b"{}"),
        "malformed": (JSON, b'{"error": {"message": '),
        "sse": (SSE, b"event: error\ndata: %b\n\n" % render(found, wire, trace, "anthropic")),
        "text": ("text/plain; charset=utf-8", text),
        "html": (HTML, PAGE % (given.status, given.status)),
        "empty": (None, b""),
    }
    if given.body in bodies:
        return bodies[given.body]
    envelope = next(name for name in ENVELOPES if name == given.body)
    return JSON, render(found, wire, trace, envelope)


# --- another body or status -------------------------------------------------------------------------------------------


class OtherBody(Parameters):
    """What comes instead."""

    main: ClassVar[str] = "kind"
    kind: Literal["html", "text", "empty", "null", "array", "error"] = Field(
        "html", description="error is an error object under the answer's own status, as some proxies send it."
    )


def body(actions: Actions, given: OtherBody, context: Context) -> Actions:
    """Another body under the same status."""
    status, wire = head_of(actions).status, wire_named(wire_of(actions))
    bodies: Mapping[str, tuple[str | None, bytes]] = {
        "html": (HTML, PAGE % (status, status)),
        "text": ("text/plain; charset=utf-8", b"upstream connect error"),
        "empty": (SSE if is_stream(actions) else JSON, b""),
        "null": (JSON, b"null"),
        "array": (JSON, b"[%b]" % (b"" if is_stream(actions) else body_of(actions))),
        "error": (JSON, render(failure(529), wire, "", wire.name)),
    }
    content_type, content = bodies[given.kind]
    return with_whole_body(actions, content, content_type)


class Status(Parameters):
    """A status."""

    main: ClassVar[str] = "status"
    status: int = Field(201, ge=200, le=599, description="The HTTP status; 204 and 304 have no body.")


def status(actions: Actions, given: Status, context: Context) -> Actions:
    """The same answer under another status."""
    if head_of(actions).status == given.status:
        raise NoEffectError(f"the answer has the status {given.status} anyway")
    if given.status in (204, 304):
        actions = with_body(actions, [], {"content-length": None, "content-type": None})
    return with_head(actions, lambda head: Head(given.status, head.headers, head.bare, head.version))


class Redirect(Parameters):
    """Where to."""

    main: ClassVar[str] = "status"
    status: Literal[301, 302, 303, 307, 308] = Field(307, description="307 and 308 keep the method; others make a GET.")
    location: str | None = Field(None, description="A path or URL; without it the usual route of the same wire.")


def redirect(actions: Actions, given: Redirect, context: Context) -> Actions:
    """A redirect. The client comes back with its next request, which the next turn answers."""
    usual = wire_named(wire_of(actions)).route
    empty = with_body(actions, [], {"content-length": "0", "content-type": None, "cache-control": None})
    location = given.location or usual
    return with_head(empty, lambda head: Head(given.status, set_header(head, "location", location).headers))


class AsJson(Parameters):
    """How it is labelled."""

    main: ClassVar[str] = "content_type"
    content_type: str = Field(JSON, description="The content-type that it is sent under.")


def json_for_stream(actions: Actions, given: AsJson, context: Context) -> Actions:
    """The whole answer as one JSON body, though a stream was asked for."""
    need_stream(actions)
    return with_whole_body(actions, orjson.dumps(whole_of(actions)), given.content_type)


def stream_for_json(actions: Actions, given: Nothing, context: Context) -> Actions:
    """A stream, though a whole answer was asked for."""
    if is_stream(actions):
        raise NoEffectError("the answer is a stream anyway")
    whole = whole_of(actions)
    if "choices" not in whole and "content" not in whole:
        raise NoEffectError("the answer is no message")
    return with_body(actions, stream_of(whole), {"content-type": SSE, "content-length": None})


class Minimal(Parameters):
    """What is left beside the content."""

    role: bool = Field(False, description="Keep role and finish or stop reason too.")


def minimal(actions: Actions, given: Minimal, context: Context) -> Actions:
    """A whole answer with its content and next to nothing else."""
    if is_stream(actions):
        raise NoEffectError("the answer is a stream; field_missing leaves fields out of its events")
    whole = whole_of(actions)
    if "choices" in whole:
        choice = whole["choices"][0]
        kept = ("role", "content", "tool_calls") if given.role else ("content", "tool_calls")
        message = {key: choice["message"][key] for key in kept if key in choice["message"]}
        small: object = {"choices": [{"message": message} | _kept(choice, "finish_reason", given.role)]}
    elif "content" in whole:
        small = {
            "content": whole["content"],
            **_kept(whole, "role", given.role),
            **_kept(whole, "stop_reason", given.role),
        }
    else:
        raise NoEffectError("the answer is no message")
    return with_whole_body(actions, orjson.dumps(small), JSON)


def _kept(source: Mapping[str, object], key: str, wanted: bool) -> dict[str, object]:
    return {key: source[key]} if wanted and key in source else {}


FAULTS = (
    Fault(
        "error",
        "http",
        "An error instead of the answer, in any body that clients meet. The turn counts as played; a turn's `error` "
        "is the usual way, this one is for chaos and for odd bodies.",
        "D1, D4; measured: err.400 to err.529",
        error,
        Error,
        {"status": 529, "body": "html"},
    ),
    Fault(
        "body",
        "http",
        "Another body under the same status: a page of a proxy, nothing, an error object under 200.",
        "measured: html_200_for_stream, ns_html_200, empty_200_stream, json_error_200_for_stream",
        body,
        OtherBody,
        "html",
    ),
    Fault(
        "status",
        "http",
        "Another status on the same answer.",
        "measured: status_201_stream, status_204",
        status,
        Status,
        201,
    ),
    Fault("redirect", "http", "A redirect.", "measured: redirect_302, redirect_307", redirect, Redirect, 307),
    Fault(
        "json_for_stream",
        "http",
        "One JSON body, though a stream was asked for.",
        "D1: some models do not stream; measured: json_200_for_stream, json_200_as_eventstream",
        json_for_stream,
        AsJson,
    ),
    Fault(
        "stream_for_json",
        "http",
        "A stream, though one JSON body was asked for.",
        "measured: ns_sse_for_nonstream",
        stream_for_json,
    ),
    Fault(
        "minimal",
        "http",
        "A whole answer with its content and next to nothing else.",
        "measured: ns_minimal, ns_minimal_role",
        minimal,
        Minimal,
    ),
)
