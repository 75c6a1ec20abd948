"""Checks of every answer against openapi.yaml: status, content type, headers and body, and that it is complete."""

import re
from collections.abc import Iterator

from mockserver.contracts.check import ExchangeView, check, is_answered, is_ok
from mockserver.contracts.document import ResponseSpec, json_media
from mockserver.contracts.exchange import DESCRIPTIONS

EVERYWHERE = frozenset({404, 405})
"""Statuses that HTTP itself gives on any route. Probes check them, not the document's lists."""

OF_ODD_REQUESTS = frozenset({406, 413, 414, 415, 431})
"""Statuses that any server has for requests of another form than a document describes. Only generated ones are so."""

OK_STREAM = "text/event-stream"


def _is_known(view: ExchangeView) -> bool:
    return is_answered(view) and view.operation is not None


def _has_response(view: ExchangeView) -> bool:
    return _is_known(view) and _is_listed(view) and view.exchange.request.method != "HEAD"


def _is_listed(view: ExchangeView) -> bool:
    return view.operation is not None and view.operation.response(view.exchange.response.status) is not None


def _documented(view: ExchangeView) -> ResponseSpec:
    """Return what the contract says of the answer's status. Only for a status that it lists."""
    response = view.operation.response(view.exchange.response.status) if view.operation is not None else None
    assert response is not None
    return response


def _has_status_to_list(view: ExchangeView) -> bool:
    """Return whether the document must list the status. Hardly any lists the 5xx that no-server-error is about."""
    status, request = view.exchange.response.status, view.exchange.request
    kind = request.headers.get("content-type", "")
    is_unreadable = status == 400 and bool(request.body) and (request.json is None or json_media([kind]) is None)
    is_of_http = status >= 500 or status in OF_ODD_REQUESTS or is_unreadable
    return _is_known(view) and not (view.document.scope == "document" and is_of_http)


@check("known-status", _has_status_to_list, head=True)
def known_status(view: ExchangeView) -> Iterator[str]:
    """Check that the operation lists the status."""
    assert view.operation is not None
    status = view.exchange.response.status
    if view.operation.response(status) is None and status not in EVERYWHERE:
        known = ", ".join(sorted(view.operation.responses))
        yield f"status {status}; the document lists {known}"


@check("known-media-type", _has_response, head=True)
def known_media_type(view: ExchangeView) -> Iterator[str]:
    """Check that the status has this content type."""
    response, known = view.exchange.response, _documented(view)
    if known.content and known.schema(response.media) is None:
        listed = ", ".join(known.content)
        yield f"content-type {response.header('content-type')!r} with status {response.status}; listed: {listed}"


def _has_whole_body(view: ExchangeView) -> bool:
    response = view.exchange.response
    return _has_response(view) and not response.is_stream and response.ended == "complete"


@check("body-schema", _has_whole_body)
def body_schema(view: ExchangeView) -> Iterator[str]:
    """Check the JSON body against the schema of the status."""
    response, known = view.exchange.response, _documented(view)
    listed = known.schema(response.media)
    schema = listed or known.content.get("application/json")
    if schema is None or (listed is not None and json_media([response.media]) is None):
        return
    if response.json is None:
        yield f"the body is not JSON: {response.body[:60]!r}"
        return
    yield from schema.problems(response.json)


@check("header-schema", _has_response, head=True)
def header_schema(view: ExchangeView) -> Iterator[str]:
    """Check that described headers are present and well formed."""
    response = view.exchange.response
    for rule in _documented(view).headers:
        value = response.header(rule.name)
        if value is None:
            if rule.required:
                yield f"no {rule.name} header with status {response.status}"
        elif rule.schema.get("type") == "integer":
            if not re.fullmatch(r"\d+", value.strip()) or int(value) < rule.schema.get("minimum", 0):
                yield f"{rule.name}: {value!r} is not a whole number of at least {rule.schema.get('minimum', 0)}"
        elif not value.strip():
            yield f"{rule.name} is empty"


def _ends(view: ExchangeView) -> bool:
    """Return whether an answer is one that must come and end.

    A stream of another document's events may go on for ever. A server may hang up on a method that it does not know.
    """
    is_free = view.operation is None or view.exchange.response.is_open_stream
    return not (view.document.scope == "document" and is_free)


@check("body-complete", _ends)
def body_complete(view: ExchangeView) -> Iterator[str]:
    """Check that there is an answer, and that it ended properly."""
    response = view.exchange.response
    if response.ended != "complete":
        yield f"{DESCRIPTIONS[response.ended]}{f' ({response.trouble})' if response.trouble else ''}"


@check("stream-as-asked", is_ok, head=True)
def stream_as_asked(view: ExchangeView) -> Iterator[str]:
    """Check that events come if and only if the request asks for them."""
    request, response = view.exchange.request, view.exchange.response
    if request.wants_stream and not response.is_stream:
        yield f"the request says stream: true, the answer is {response.header('content-type')!r}"
    elif not request.wants_stream and response.is_stream:
        yield "the request does not ask to stream, the answer is text/event-stream"


def _must_not_fail(view: ExchangeView) -> bool:
    """Return whether a 5xx is wrong. A server may answer 501 to a method that another document does not have."""
    is_unknown = view.document.scope == "document" and view.operation is None and view.exchange.response.status == 501
    return is_answered(view) and not view.exchange.broken_on_purpose and not is_unknown


@check("no-server-error", _must_not_fail, head=True)
def no_server_error(view: ExchangeView) -> Iterator[str]:
    """Check that there is no 5xx, unless the request asks for a failure."""
    if view.exchange.response.status >= 500:
        yield f"status {view.exchange.response.status}"


@check("request-id-unique", lambda view: view.exchange.response.status == 200, head=True)
def request_id_unique(view: ExchangeView) -> Iterator[str]:
    """Check that request ids do not repeat."""
    for name in ("request-id", "x-request-id"):
        value = view.exchange.response.header(name)
        if value:
            first = view.memory.first(f"{name}:{value}")
            if first != view.memory.count:
                yield f"{name} {value} was given to exchange {first} of this run already"


@check("latency", lambda view: is_answered(view) and view.latency is not None, head=True)
def latency(view: ExchangeView) -> Iterator[str]:
    """Check that the answer begins in time."""
    if view.latency is not None and view.exchange.response.first > view.latency:
        yield f"it began after {view.exchange.response.first:.2f} s; at most {view.latency:.2f} s are allowed"


CHECKS = (
    known_status,
    known_media_type,
    body_schema,
    header_schema,
    body_complete,
    stream_as_asked,
    no_server_error,
    request_id_unique,
    latency,
)
