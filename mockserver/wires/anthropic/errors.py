"""Errors on the Anthropic wire: the type of each status, the exact body, and the data of an error event (D1)."""

from collections.abc import Mapping

from mockserver.core.errors import Failure
from mockserver.wires.errors import details_of
from mockserver.wires.wire import ErrorStyle, Object

TYPES: Mapping[int, str] = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}
"""Status -> error type, as far as it is neither `invalid_request_error` (4xx) nor `api_error` (5xx)."""


def body(failure: Failure, request_id: str) -> Object:
    """Return the body exactly as the Anthropic API has it."""
    return {**stream_body(failure), "request_id": request_id}


def stream_body(failure: Failure) -> Object:
    """Return the data of an error event."""
    error: Object = {"type": STYLE.type_of(failure), "message": failure.message, **details_of(failure)}
    return {**STYLE.marker, "error": error}


STYLE = ErrorStyle(
    types=TYPES,
    client_type="invalid_request_error",
    server_type="api_error",
    marker={"type": "error"},
    event_name="error",
    body=body,
    stream_body=stream_body,
)
