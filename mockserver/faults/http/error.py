"""An error instead of the answer, in any body that clients meet.

Why: a turn's `error` is the usual way to fail; this fault is for chaos and for odd bodies, and the turn counts as
played. Proxies between a client and its model answer errors in their own shapes, or in none (D1, D4). SDKs read some
of them, and show the others as a bare status.

In a scenario:

    faults: [{error: {status: 529, body: html}}]
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

import orjson
from pydantic import Field

from mockserver.core.actions import Actions, Head
from mockserver.faults.answers import header_of
from mockserver.faults.editing import HTML, JSON, SSE, TEXT, set_header, with_head, with_whole_body
from mockserver.faults.fault import Context, Fault, Parameters
from mockserver.faults.http.body import PAGE
from mockserver.wires import WIRES
from mockserver.wires.envelopes import ENVELOPES, render
from mockserver.wires.errors import failure
from mockserver.wires.sse import frame
from mockserver.wires.wire import Wire

NO_ERROR_OBJECT = ("detail_list", "error_string", "array", "empty_json", "malformed", "sse", "text", "html", "empty")
"""Bodies that no envelope describes."""

if TYPE_CHECKING:
    Body: TypeAlias = str
else:
    Body = Literal[(*ENVELOPES, *NO_ERROR_OBJECT)]


class Error(Parameters):
    """An error answer."""

    main: ClassVar[str] = "status"
    status: int = Field(529, ge=400, le=599, description="The HTTP status.")
    body: Body = Field("superset", description="The shape of the body: an envelope, or no error object at all.")
    code: str | None = Field(None, description="The stable word for programs.")
    type: str | None = Field(None, description="The dialect's error type.")
    message: str | None = Field(None, description="The sentence for people.")


def error(actions: Actions, parameters: Error, context: Context) -> Actions:
    """Return the documented error of a status, in the chosen body."""
    trace = header_of(actions, context.wire.request_id_header) or ""
    content_type, body = _error_body(parameters, context.wire, trace)
    answer = with_whole_body(actions, body, content_type)
    return with_head(answer, lambda head: Head(parameters.status, set_header(head, "cache-control", None).headers))


def _error_body(parameters: Error, wire: Wire, trace: str) -> tuple[str | None, bytes]:
    """Return the content type and the bytes of an error's body."""
    error = failure(parameters.status, code=parameters.code, message=parameters.message, type=parameters.type)
    bodies: Mapping[str, tuple[str | None, bytes]] = {
        "detail_list": (JSON, orjson.dumps({"detail": [{"type": error.code, "loc": ["body"], "msg": error.message}]})),
        "error_string": (JSON, orjson.dumps({"error": error.message})),
        "array": (JSON, orjson.dumps([{"message": error.message}])),
        "empty_json": (JSON, b"{}"),
        "malformed": (JSON, b'{"error": {"message": '),
        "text": (TEXT, error.message.encode()),
        "html": (HTML, PAGE % (parameters.status, parameters.status)),
        "empty": (None, b""),
    }
    if parameters.body in bodies:
        return bodies[parameters.body]
    if parameters.body == "sse":
        # A stream of one error event, as a gateway sends it that has promised a stream before it failed.
        named = next(known for known in WIRES.values() if known.errors.event_name)
        return SSE, frame(render(error, wire, trace, named.name), named.errors.event_name)
    return JSON, render(error, wire, trace, parameters.body)


FAULT = Fault(
    name="error",
    group="http",
    doc=__doc__,
    source="D1, D4; measured: err.400 to err.529",
    apply=error,
    parameters=Error,
    example={"status": 529, "body": "html"},
)
