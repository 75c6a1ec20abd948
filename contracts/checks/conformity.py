"""Every answer against openapi.yaml: status, content type, headers, body; and that it came complete."""

import re
from collections.abc import Iterator

from mockserver.contracts.check import ExchangeView, check, is_answered, is_ok
from mockserver.contracts.document import ResponseSpec
from mockserver.contracts.exchange import DESCRIPTIONS

EVERYWHERE = frozenset({404, 405})
"""Statuses that HTTP itself gives, on any route: judged by scenes, not by the document's lists."""

OK_STREAM = "text/event-stream"


def _is_known(sight: ExchangeView) -> bool:
    return is_answered(sight) and sight.operation is not None


def _has_response(sight: ExchangeView) -> bool:
    return _is_known(sight) and _is_listed(sight) and sight.exchange.asked.method != "HEAD"


def _is_listed(sight: ExchangeView) -> bool:
    return sight.operation is not None and sight.exchange.answer.status in sight.operation.responses


def _response(sight: ExchangeView) -> ResponseSpec:
    """What the contract says of the status; asked for only where it says something."""
    assert sight.operation is not None
    return sight.operation.responses[sight.exchange.answer.status]


@check("known-status", _is_known)
def known_status(sight: ExchangeView) -> Iterator[str]:
    """The status is one of the operation's."""
    assert sight.operation is not None
    status = sight.exchange.answer.status
    if status not in sight.operation.responses and status not in EVERYWHERE:
        known = ", ".join(str(one) for one in sorted(sight.operation.responses))
        yield f"status {status}; the document lists {known}"


@check("known-media-type", _has_response)
def known_media_type(sight: ExchangeView) -> Iterator[str]:
    """The content type is one that the status has."""
    answer, response = sight.exchange.answer, _response(sight)
    if response.content and answer.media not in response.content:
        listed = ", ".join(response.content)
        yield f"content-type {answer.header('content-type')!r} with status {answer.status}; listed: {listed}"


def _has_whole_body(sight: ExchangeView) -> bool:
    answer = sight.exchange.answer
    return _has_response(sight) and not answer.is_stream and answer.ended == "complete"


@check("body-schema", _has_whole_body)
def body_schema(sight: ExchangeView) -> Iterator[str]:
    """The JSON matches the schema of the status."""
    answer, response = sight.exchange.answer, _response(sight)
    schema = response.content.get("application/json")
    if schema is None:
        return
    if answer.json is None:
        yield f"the body is not JSON: {answer.body[:60]!r}"
        return
    yield from schema.problems(answer.json)


@check("header-schema", _has_response)
def header_schema(sight: ExchangeView) -> Iterator[str]:
    """Described headers are there and well formed."""
    answer = sight.exchange.answer
    for rule in _response(sight).headers:
        value = answer.header(rule.name)
        if value is None:
            if rule.required:
                yield f"no {rule.name} header with status {answer.status}"
        elif rule.schema.get("type") == "integer":
            if not re.fullmatch(r"\d+", value.strip()) or int(value) < rule.schema.get("minimum", 0):
                yield f"{rule.name}: {value!r} is not a whole number of at least {rule.schema.get('minimum', 0)}"
        elif not value.strip():
            yield f"{rule.name} is empty"


@check("body-complete", lambda sight: True)
def body_complete(sight: ExchangeView) -> Iterator[str]:
    """There is an answer, and it has an end."""
    answer = sight.exchange.answer
    if answer.ended != "complete":
        yield f"{DESCRIPTIONS[answer.ended]}{f' ({answer.trouble})' if answer.trouble else ''}"


@check("stream-as-asked", is_ok)
def stream_as_asked(sight: ExchangeView) -> Iterator[str]:
    """Events exactly when asked for."""
    asked, answer = sight.exchange.asked, sight.exchange.answer
    if asked.wants_stream and not answer.is_stream:
        yield f"the request says stream: true, the answer is {answer.header('content-type')!r}"
    elif not asked.wants_stream and answer.is_stream:
        yield "the request does not ask to stream, the answer is text/event-stream"


@check("no-server-error", lambda sight: is_answered(sight) and not sight.exchange.broken_on_purpose)
def no_server_error(sight: ExchangeView) -> Iterator[str]:
    """5xx only on purpose."""
    if sight.exchange.answer.status >= 500:
        yield f"status {sight.exchange.answer.status}"


@check("request-id-unique", lambda sight: sight.exchange.answer.status == 200)
def request_id_unique(sight: ExchangeView) -> Iterator[str]:
    """Request ids never repeat."""
    for name in ("request-id", "x-request-id"):
        value = sight.exchange.answer.header(name)
        if value:
            first = sight.memory.first(f"{name}:{value}")
            if first != sight.memory.count:
                yield f"{name} {value} was given to exchange {first} of this run already"


@check("latency", lambda sight: is_answered(sight) and sight.latency is not None)
def latency(sight: ExchangeView) -> Iterator[str]:
    """The answer begins in time."""
    if sight.latency is not None and sight.exchange.answer.first > sight.latency:
        yield f"it began after {sight.exchange.answer.first:.2f} s; at most {sight.latency:.2f} s are allowed"


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
