"""Probes of any OpenAPI document with what schemathesis makes of it: boundary values, generated requests, sequences.

A document says what is valid; what is right beyond that, it does not say. So a valid request may get 401, 403, 404, 409
or 429, and an invalid one that common parsers turn into a valid one, such as "3" for 3, may be accepted.
"""

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from mockserver.contracts.client import Client, NotExaminable, NotOffered
from mockserver.contracts.document_requests import foreign
from mockserver.contracts.exploration import Amount, Explored, explore
from mockserver.contracts.leniency import is_nearly_valid
from mockserver.contracts.probe import probe

QUICK = Amount(coverage=True, fuzzing=0, sequences=2, seconds=30)
THOROUGH = Amount(coverage=True, fuzzing=0, sequences=8, seconds=120)
GENERATED = Amount(coverage=False, fuzzing=8, sequences=0, seconds=60)


def _accepted(each: Explored) -> str:
    """Return the promise about accepting a valid request."""
    return "generated-valid" if each.phase == "fuzzing" else "boundary-accepted"


def _refused(each: Explored) -> str:
    """Return the promise about refusing an invalid request."""
    return "generated-invalid" if each.phase == "fuzzing" else "boundary-refused"


PROMISES: Mapping[str, Callable[[Explored], str]] = {
    "positive_data_acceptance": _accepted,
    "negative_data_rejection": _refused,
    "missing_required_header": lambda each: "missing-field",
    "unsupported_method": lambda each: "wrong-method",
    "use_after_free": lambda each: "deleted-gone",
    "ensure_resource_availability": lambda each: "created-found",
    "response_schema_conformance": lambda each: "event-schema",
}
"""Check of schemathesis -> the promise that it is about."""


@probe(
    "boundary-accepted",
    "boundary-refused",
    "wrong-method",
    "created-found",
    "deleted-gone",
    "missing-field",
    profiles=["smoke", "full"],
)
def explored(client: Client) -> None:
    """Send the boundary values of everything, and sequences; without a thorough run only with GET and POST."""
    _explore(client, THOROUGH if client.target.thorough else QUICK)


@probe("generated-valid", "generated-invalid", profiles=["full"])
def invented(client: Client) -> None:
    """Send valid and invalid requests as they come."""
    _explore(client, GENERATED)


@probe("event-schema", profiles=["smoke", "full"])
def events(client: Client) -> None:
    """Leave the events of streams to the other probes, if the document has any."""
    responses = [one for each in foreign(client, *METHODS) for one in each.responses.values()]
    if client.document.scope == "document" and not any(one.has_events for one in responses):
        raise NotOffered("the document has no stream with an itemSchema")


METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def _explore(client: Client, amount: Amount) -> None:
    if client.document.scope != "document":
        return
    if find_spec("schemathesis") is None:
        raise NotExaminable("schemathesis is not installed: pip install 'ainative-mockserver[gate]'")
    for each in explore(client, amount):
        for promise, got in {**_kept(each), **_broken(client, each)}.items():
            client.check(promise, not got, got, each.exchange)


def _mode(each: Explored) -> str:
    """Return whether the request is valid or invalid, or an empty text if it is neither, as one of another method."""
    meta = each.case.meta
    if meta is None or getattr(meta.phase.data, "scenario", None) in ODD or each.exchange.operation == "":
        return ""
    return str(meta.generation.mode.value)


ODD = ("unspecified_http_method", "malformed_content_type", "unsupported_content_type", "unsupported_path_pattern")
"""Scenarios of schemathesis that are about HTTP, not about the document's schemas."""


def _kept(each: Explored) -> dict[str, str]:
    """Return the promises that the exchange keeps, if no check says otherwise, without a deviation."""
    status, mode = each.exchange.response.status, _mode(each)
    kept = []
    if mode == "positive" and 200 <= status < 300:
        kept.append(_accepted(each))
        kept += ["event-schema"] if each.exchange.response.is_stream else []
    if mode == "negative" and 400 <= status < 500:
        kept.append(_refused(each))
    if not each.exchange.operation and status in (404, 405, 501):
        kept.append("wrong-method")
    return dict.fromkeys(kept, "")


def _broken(client: Client, each: Explored) -> dict[str, str]:
    """Return the promises that the exchange breaks, with what was got."""
    broken = {}
    for check, failure in each.failures.items():
        promise = PROMISES[check](each)
        if not _is_excused(client, check, each):
            broken[promise] = _words(check, each, failure)
    return broken


def _is_excused(client: Client, check: str, each: Explored) -> bool:
    """Return whether what schemathesis complains of may be right, or is for another promise."""
    status = each.exchange.response.status
    operation = client.document.operations.get(each.exchange.operation)
    match check:
        case "positive_data_acceptance":
            return operation is None or not operation.may_succeed or _has_empty_value(each.exchange.request.path)
        case "negative_data_rejection":
            request = operation.request if operation is not None else None
            is_multipart = each.exchange.request.headers.get("content-type", "").startswith("multipart/")
            is_lenient = request is not None and is_nearly_valid(request, each.exchange.request.json)
            return status >= 500 or is_multipart or is_lenient
        case "unsupported_method":
            return not 200 <= status < 300
        case "missing_required_header":
            return 400 <= status < 500
        case "response_schema_conformance":
            return not each.exchange.response.is_stream
    return False


def _has_empty_value(path: str) -> bool:
    """Return whether a parameter of the query has no text. OpenAPI allows that only where `allowEmptyValue` says so."""
    return any(value == "" for _, value in parse_qsl(urlsplit(path).query, keep_blank_values=True))


def _words(check: str, each: Explored, failure: Any) -> str:
    """Return what was got, in words that are alike for deviations of one kind."""
    status, data = each.exchange.response.status, each.case.meta.phase.data if each.case.meta else None
    where = getattr(data, "parameter_location", None)
    name = getattr(data, "parameter", None)
    what = f"{name or 'a value'} in {where.name.lower()}" if where is not None else "a value"
    about = f"{what}: {getattr(data, 'description', None) or 'generated'}".replace("\n", " ")[:120]
    if check == "negative_data_rejection":
        return f"status {status}, expected one of 400 to 499 for an invalid request; {about}"
    if check == "positive_data_acceptance":
        return f"status {status} for a valid request; {about}"
    lines = str(failure.message or failure.title).split("\n\n")[0]
    return f"status {status}: {' '.join(lines.split())[:160]}"


PROBES = (
    events,
    explored,
    invented,
)
