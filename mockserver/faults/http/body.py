"""Another body under the same status: a page of a proxy, nothing, an error object under 200.

Why: proxies and captive portals answer 200 with a page of their own. Read as a stream, such a body has no events, and
most measured SDKs show an empty answer instead of an error.

In a scenario:

    faults: [{body: html}]
"""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from mockserver.core.actions import Actions
from mockserver.faults.answers import body_of, head_of, is_stream
from mockserver.faults.editing import HTML, JSON, SSE, TEXT, with_whole_body
from mockserver.faults.fault import Context, Fault, Parameters
from mockserver.wires.envelopes import render
from mockserver.wires.errors import failure

PAGE = b"<!DOCTYPE html>\n<html><head><title>%d</title></head><body><h1>%d</h1><p>nginx</p></body></html>\n"
"""The page of a proxy, with a status in two places."""


class OtherBody(Parameters):
    """The body that comes instead."""

    main: ClassVar[str] = "kind"
    kind: Literal["html", "text", "empty", "null", "array", "error"] = Field(
        "html", description="error is an error object under the answer's own status, as some proxies send it."
    )


def body(actions: Actions, parameters: OtherBody, context: Context) -> Actions:
    """Return another body under the same status."""
    status, wire = head_of(actions).status, context.wire
    bodies: Mapping[str, tuple[str | None, bytes]] = {
        "html": (HTML, PAGE % (status, status)),
        "text": (TEXT, b"upstream connect error"),
        "empty": (SSE if is_stream(actions) else JSON, b""),
        "null": (JSON, b"null"),
        "array": (JSON, b"[%b]" % (b"" if is_stream(actions) else body_of(actions))),
        "error": (JSON, render(failure(529), wire, "", wire.name)),
    }
    content_type, content = bodies[parameters.kind]
    return with_whole_body(actions, content, content_type)


FAULT = Fault(
    name="body",
    group="http",
    doc=__doc__,
    source="measured: html_200_for_stream, ns_html_200, empty_200_stream, json_error_200_for_stream",
    apply=body,
    parameters=OtherBody,
    example="html",
)
