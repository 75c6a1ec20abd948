"""Error answers: what each status is called in each dialect, and the envelopes that clients read.

The table `STATUSES` gives every status its code, its type on either wire and the words of the documents. An envelope is
the shape of the body. The ruling: by default a superset that every published client can read (`error` object as in
D4, plus `detail`, `message` and `code`; on the Anthropic wire also `type: error`); the others give exactly one
shape, for clients that must cope with it.
"""

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple, TypeAlias

import orjson

from mockserver.core.errors import Failure

WireName: TypeAlias = Literal["anthropic", "openai", "json"]
Envelope: TypeAlias = Literal["superset", "anthropic", "openai", "fastapi", "bare"]
Body: TypeAlias = dict[str, object]


class StatusKind(NamedTuple):
    """What a status is called: its code, its type on each wire, and the documents' words."""

    code: str
    anthropic: str
    openai: str
    message: str


STATUSES: Mapping[int, StatusKind] = {
    400: StatusKind("invalid_request", "invalid_request_error", "invalid_request_error", "Invalid request"),
    401: StatusKind(
        "invalid_api_key",
        "authentication_error",
        "authentication_error",
        "Invalid API key. Use a key with the sk_ prefix (not sk-ant-).",
    ),
    402: StatusKind(
        "insufficient_credits",
        "billing_error",
        "insufficient_credits",
        "Insufficient credits. Top up or upgrade your plan.",
    ),
    403: StatusKind(
        "permission_denied", "permission_error", "permission_error", "Your plan does not include what you asked for."
    ),
    404: StatusKind("not_found", "not_found_error", "not_found_error", "Not found"),
    405: StatusKind("method_not_allowed", "invalid_request_error", "invalid_request_error", "Method not allowed"),
    408: StatusKind("request_timeout", "timeout_error", "timeout_error", "The request took too long"),
    409: StatusKind("conflict", "invalid_request_error", "conflict_error", "Conflict"),
    413: StatusKind("request_too_large", "request_too_large", "invalid_request_error", "The request body is too large"),
    415: StatusKind(
        "unsupported_media_type", "invalid_request_error", "invalid_request_error", "The body must be application/json"
    ),
    422: StatusKind(
        "validation_error",
        "invalid_request_error",
        "invalid_request_error",
        "Validation error - Invalid tool parameters",
    ),
    429: StatusKind(
        "rate_limit_exceeded", "rate_limit_error", "rate_limit_error", "Rate limited. Check the retry-after header."
    ),
    500: StatusKind("internal_error", "api_error", "server_error", "Internal server error"),
    501: StatusKind("not_implemented", "api_error", "server_error", "Not implemented"),
    502: StatusKind("model_loading", "api_error", "server_error", "Model loading. Retry in 5-10 seconds."),
    503: StatusKind("model_unavailable", "overloaded_error", "server_error", "Model loading. Retry in 5-10 seconds."),
    504: StatusKind("gateway_timeout", "timeout_error", "server_error", "The model did not answer in time"),
    529: StatusKind("overloaded", "overloaded_error", "server_error", "Overloaded"),
}

_CLIENT_FAULT = StatusKind("client_error", "invalid_request_error", "invalid_request_error", "The request was refused")
_SERVER_FAULT = StatusKind("server_error", "api_error", "server_error", "The server failed")


def kind_of(status: int) -> StatusKind:
    """What `status` is called; a status outside the table is an error of the client or of the server."""
    return STATUSES.get(status) or (_SERVER_FAULT if status >= 500 else _CLIENT_FAULT)


def failure(
    status: int,
    *,
    code: str | None = None,
    message: str | None = None,
    type: str | None = None,
    headers: tuple[tuple[str, str], ...] = (),
) -> Failure:
    """The documented failure of a status, each part of which can be overridden."""
    kind = kind_of(status)
    return Failure(status=status, code=code or kind.code, message=message or kind.message, type=type, headers=headers)


def type_of(failure: Failure, wire: WireName) -> str:
    """The error type that this wire gives the failure."""
    kind = kind_of(failure.status)
    return failure.type or (kind.anthropic if wire == "anthropic" else kind.openai)


def error_object(failure: Failure, wire: WireName) -> Body:
    """D4's error object. `param` is there only when a field is at fault."""
    found: Body = {"message": failure.message, "type": type_of(failure, wire), "code": failure.code}
    if failure.param is not None:
        found["param"] = failure.param
    return found


def _anthropic(failure: Failure, wire: WireName, request_id: str) -> Body:
    error = {"type": type_of(failure, "anthropic"), "message": failure.message}
    return {"type": "error", "error": error, "request_id": request_id}


def _openai(failure: Failure, wire: WireName, request_id: str) -> Body:
    return {"error": {"param": None, **error_object(failure, "openai")}}


def _fastapi(failure: Failure, wire: WireName, request_id: str) -> Body:
    if failure.status != 422 or failure.param is None:
        return {"detail": failure.message}
    place = ["body", *(int(part) if part.isdecimal() else part for part in failure.param.split("."))]
    return {"detail": [{"type": failure.code, "loc": place, "msg": failure.message}]}


def _bare(failure: Failure, wire: WireName, request_id: str) -> Body:
    return {"message": failure.message, "code": failure.code}


def _superset(failure: Failure, wire: WireName, request_id: str) -> Body:
    body: Body = {"type": "error"} if wire == "anthropic" else {}
    return body | {
        "error": error_object(failure, wire),
        "detail": failure.message,
        "message": failure.message,
        "code": failure.code,
        "request_id": request_id,
    }


ENVELOPES: Mapping[Envelope, Callable[[Failure, WireName, str], Body]] = {
    "superset": _superset,
    "anthropic": _anthropic,
    "openai": _openai,
    "fastapi": _fastapi,
    "bare": _bare,
}


def render(failure: Failure, wire: WireName, request_id: str, envelope: Envelope = "superset") -> bytes:
    """The body of an error answer."""
    return orjson.dumps(ENVELOPES[envelope](failure, wire, request_id))
