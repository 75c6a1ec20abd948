"""Checks of errors: their form, their message, their headers. And that no answer repeats a credential."""

import re
from collections.abc import Iterator

from mockserver.contracts.check import ExchangeView, check, is_answered, is_failure
from mockserver.contracts.exchange import Json, dig, items

TYPES: dict[int, frozenset[str]] = {
    400: frozenset({"invalid_request_error"}),
    401: frozenset({"authentication_error", "invalid_request_error"}),
    402: frozenset({"billing_error", "insufficient_credits", "payment_required", "insufficient_quota"}),
    403: frozenset({"permission_error"}),
    404: frozenset({"not_found_error", "invalid_request_error"}),
    413: frozenset({"request_too_large", "invalid_request_error"}),
    422: frozenset({"invalid_request_error", "validation_error"}),
    429: frozenset({"rate_limit_error"}),
    500: frozenset({"api_error", "server_error", "internal_error"}),
    502: frozenset({"api_error", "server_error", "overloaded_error"}),
    503: frozenset({"api_error", "server_error", "overloaded_error", "service_unavailable"}),
    504: frozenset({"timeout_error", "api_error", "server_error"}),
    529: frozenset({"overloaded_error"}),
}
"""Status -> the error types that fit it (the SDKs' own lists, and D4's example)."""

INTERNALS = (
    re.compile(rb"Traceback \(most recent call last\)"),
    re.compile(rb'File "[^"]+", line \d+'),
    re.compile(rb"^\s+at .+\(.+:\d+:\d+\)", re.MULTILINE),
    re.compile(rb"(?i)<!doctype html|<html[\s>]"),
    re.compile(rb"(?:sqlalchemy|psycopg|asyncpg|starlette|uvicorn)\.[a-z_.]+(?:Error|Exception)"),
    re.compile(rb"goroutine \d+ \["),
)
"""What only the inside of a program, or the page of a proxy, looks like."""

PUBLIC_PREFIX = "sk-ant-"
SHORTEST_SECRET = 8
"""A shorter credential can occur in any text by chance."""


def message_of(body: Json) -> str:
    """Return the message for people, in any of the published forms."""
    for path in (("error", "message"), ("message",), ("detail",), ("error",)):
        message = dig(body, *path)
        if isinstance(message, str) and message:
            return message
    return "; ".join(str(dig(problem, "msg")) for problem in items(dig(body, "detail")))


def code_of(body: Json) -> str | None:
    """Return the code for programs, or None."""
    code = dig(body, "error", "code") or dig(body, "code")
    return code if isinstance(code, str) else None


def _has_published_form(view: ExchangeView) -> bool:
    """Return whether a failure has a form. No SDK sends a wrong method, so the wires have none for its 405."""
    if view.document.scope == "wire" and view.exchange.response.status == 405:
        return False
    return is_failure(view) and view.document.has_schema("Error")


@check("error-envelope", _has_published_form)
def envelope(view: ExchangeView) -> Iterator[str]:
    """Check that the body has a published form and a message; on the Anthropic wire its form has an error object."""
    response = view.exchange.response
    if response.media != "application/json":
        yield f"the content type of a failure is {response.header('content-type')!r}"
    if not isinstance(response.json, dict):
        yield f"the body is no JSON object: {response.body[:60]!r}"
        return
    yield from view.document.validator("Error").problems(response.json)
    anthropic = view.operation is not None and view.operation.wire == "anthropic"
    if anthropic and not isinstance(dig(response.json, "error"), dict):
        yield "there is no error object, and the Anthropic SDKs read no other form"
    if not message_of(response.json).strip():
        yield "there is no message for people"


def _has_type(view: ExchangeView) -> bool:
    """Return whether the error's type has fixed names. OpenAI publishes none, so other gateways have their own."""
    free = view.operation is None or (view.operation.is_any_gateways and view.operation.wire != "anthropic")
    is_own = view.document.scope == "own"
    return is_failure(view) and (is_own or not free) and isinstance(dig(view.exchange.response.json, "error"), dict)


@check("error-type", _has_type)
def error_type(view: ExchangeView) -> Iterator[str]:
    """Check that the error's type fits its status."""
    response = view.exchange.response
    kind, fitting = dig(response.json, "error", "type"), TYPES.get(response.status)
    if fitting is not None and kind not in fitting:
        yield f"status {response.status} with type {kind!r}; fitting are {', '.join(sorted(fitting))}"


@check("error-agrees", lambda view: is_failure(view) and isinstance(dig(view.exchange.response.json, "error"), dict))
def agrees(view: ExchangeView) -> Iterator[str]:
    """Check that all places of the message, and of the code, say the same."""
    body = view.exchange.response.json
    messages = {str(text) for text in (dig(body, "error", "message"), dig(body, "message")) if text is not None}
    if isinstance(dig(body, "detail"), str):
        messages.add(str(dig(body, "detail")))
    if len(messages) > 1:
        yield f"different messages: {' / '.join(sorted(messages))[:160]}"
    codes = {str(code) for code in (dig(body, "error", "code"), dig(body, "code")) if code is not None}
    if len(codes) > 1:
        yield f"different codes: {' / '.join(sorted(codes))}"


def _has_anthropic_error(view: ExchangeView) -> bool:
    anthropic = view.operation is not None and view.operation.wire == "anthropic"
    return anthropic and is_failure(view) and isinstance(dig(view.exchange.response.json, "error"), dict)


@check("error-dialect", _has_anthropic_error)
def dialect(view: ExchangeView) -> Iterator[str]:
    """Check that `type: error` accompanies an error object on the Anthropic wire."""
    if dig(view.exchange.response.json, "type") != "error":
        yield f"type is {dig(view.exchange.response.json, 'type')!r} beside the error object"


def _may_show_internals(view: ExchangeView) -> bool:
    """Return whether a failure is of the API. What a server says to a method that no document has is its own page."""
    return is_failure(view) and (view.document.scope != "document" or view.operation is not None)


@check("error-no-internals", _may_show_internals)
def no_internals(view: ExchangeView) -> Iterator[str]:
    """Check that the body has no stack trace and is no HTML page."""
    for pattern in INTERNALS:
        match = pattern.search(view.exchange.response.body)
        if match:
            yield f"the body shows {match.group()[:60]!r}"


@check("retry-after", lambda view: view.exchange.response.status == 429, head=True)
def retry_after(view: ExchangeView) -> Iterator[str]:
    """Check that retry-after is in whole seconds, at least 1, and not absurdly long."""
    value = view.exchange.response.header("retry-after")
    if value is None:
        yield "429 without retry-after"
    elif not re.fullmatch(r"[1-9]\d*", value.strip()):
        yield f"retry-after is {value!r}"
    elif int(value) > 31 * 86_400:
        yield f"retry-after is {value}, longer than any window"


def _could_echo(view: ExchangeView) -> bool:
    """Return whether an echo of the credential would be wrong. A refresh may return the token that it was sent."""
    refreshes = view.operation is not None and view.operation.name.startswith("refresh")
    return is_answered(view) and bool(_credentials(view)) and not refreshes


def _credentials(view: ExchangeView) -> list[str]:
    """Return the credentials in the headers of the request, also in those that another document names."""
    request, security = view.exchange.request, view.operation.security if view.operation is not None else ()
    named = {place.name.lower() for places in security for place in places if place.where == "header"}
    own = [request.headers[name] for name in sorted(named - {"authorization", "x-api-key"}) if name in request.headers]
    return [*request.credentials, *own]


@check("auth-no-echo", _could_echo)
def no_echo(view: ExchangeView) -> Iterator[str]:
    """Check that neither body nor headers repeat a credential of the request."""
    response = view.exchange.response
    headers = "\n".join(f"{name}: {value}" for name, value in response.headers)
    for secret in _credentials(view):
        secret = secret.removeprefix(PUBLIC_PREFIX)
        if len(secret) < SHORTEST_SECRET:
            continue
        if secret.encode() in response.body:
            yield "the body repeats the credential of the request"
        if secret in headers:
            yield "a header repeats the credential of the request"


CHECKS = (
    envelope,
    error_type,
    agrees,
    dialect,
    no_internals,
    retry_after,
    no_echo,
)
