"""Errors on the OpenAI wire: the type of each status, the exact body, and the data of an error event (D4)."""

from collections.abc import Mapping

from mockserver.core.errors import Failure
from mockserver.wires.errors import error_object
from mockserver.wires.wire import ErrorStyle, Object

TYPES: Mapping[int, str] = {
    401: "authentication_error",
    402: "insufficient_credits",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    409: "conflict_error",
    429: "rate_limit_error",
}
"""Status -> error type, as far as it is neither `invalid_request_error` (4xx) nor `server_error` (5xx)."""


def body(failure: Failure, request_id: str) -> Object:
    """Return the body exactly as the OpenAI API has it."""
    return {"error": {"param": None, **error_object(failure, STYLE.type_of(failure))}}


def stream_body(failure: Failure) -> Object:
    """Return the data of an error event."""
    kind = STYLE.type_of(failure)
    return {"error": {"message": failure.message, "type": kind, "param": None, "code": failure.code}}


STYLE = ErrorStyle(
    types=TYPES,
    client_type="invalid_request_error",
    server_type="server_error",
    marker={},
    event_name="",
    body=body,
    stream_body=stream_body,
)
