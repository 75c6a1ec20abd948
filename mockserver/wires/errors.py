"""Errors on every wire: the code and message of each status.

The table `STATUSES` gives every status its code and the message of the documents; each wire adds its own types
(`Wire.errors`), and `envelopes` gives the body its shape.
"""

from collections.abc import Mapping
from typing import NamedTuple

from mockserver.core.errors import Failure
from mockserver.wires.threads import ERRORS as THREAD_ERRORS
from mockserver.wires.wire import Object


class StatusKind(NamedTuple):
    """What a status is called: its code, and the documents' message."""

    code: str
    message: str


STATUSES: Mapping[int, StatusKind] = {
    400: StatusKind("invalid_request", "Invalid request"),
    401: StatusKind("invalid_api_key", "Invalid API key. Use a key with the sk_ prefix (not sk-ant-)."),
    402: StatusKind("insufficient_credits", "Insufficient credits. Top up or upgrade your plan."),
    403: StatusKind("permission_denied", "Your plan does not include what you asked for."),
    404: StatusKind("not_found", "Not found"),
    405: StatusKind("method_not_allowed", "Method not allowed"),
    408: StatusKind("request_timeout", "The request took too long"),
    409: StatusKind("conflict", "Conflict"),
    413: StatusKind("request_too_large", "The request body is too large"),
    415: StatusKind("unsupported_media_type", "The body must be application/json"),
    422: StatusKind("validation_error", "Validation error - Invalid tool parameters"),
    429: StatusKind("rate_limit_exceeded", "Rate limited. Check the retry-after header."),
    500: StatusKind("internal_error", "Internal server error"),
    501: StatusKind("not_implemented", "Not implemented"),
    502: StatusKind("model_loading", "Model loading. Retry in 5-10 seconds."),
    503: StatusKind("model_unavailable", "Model loading. Retry in 5-10 seconds."),
    504: StatusKind("gateway_timeout", "The model did not answer in time"),
    529: StatusKind("overloaded", "Overloaded"),
}

_CLIENT_FAULT = StatusKind("client_error", "The request was refused")
_SERVER_FAULT = StatusKind("server_error", "The server failed")


def kind_of(status: int) -> StatusKind:
    """Return what a status is called; one outside the table is an error of the client or of the server."""
    return STATUSES.get(status) or (_SERVER_FAULT if status >= 500 else _CLIENT_FAULT)


def failure(
    status: int,
    *,
    code: str | None = None,
    message: str | None = None,
    type: str | None = None,
    headers: tuple[tuple[str, str], ...] = (),
) -> Failure:
    """Return the documented failure of a status, each part of which can be overridden."""
    kind = kind_of(status)
    message = message or THREAD_ERRORS.get(code or "", (status, None))[1]
    return Failure(status=status, code=code or kind.code, message=message or kind.message, type=type, headers=headers)


def error_object(failure: Failure, type: str) -> Object:
    """Return D4's error object. It has `param` only when a field is at fault."""
    error: Object = {"message": failure.message, "type": type, "code": failure.code}
    if failure.param is not None:
        error["param"] = failure.param
    return {**error, **details_of(failure)}


def details_of(failure: Failure) -> Object:
    """Return the `details` of an error object, which repeat the codes of threads; nothing for any other code."""
    return {"details": {"error_code": failure.code}} if failure.code in THREAD_ERRORS else {}
