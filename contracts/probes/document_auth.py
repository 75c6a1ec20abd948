"""Probes of the security schemes of any OpenAPI document: without a credential, and with a wrong one, in each place.

A request that nobody knows to be valid may be refused for another reason, or before its credential is read. It shows
only that a credential is not checked: if it is answered as if it were right.
"""

from collections.abc import Iterator

from mockserver.contracts.client import Client, NotOffered
from mockserver.contracts.document import OperationSpec
from mockserver.contracts.document_requests import WRONG, foreign, is_shown, request_of
from mockserver.contracts.exchange import SentRequest
from mockserver.contracts.probe import probe
from mockserver.contracts.security import Alternative, CredentialPlace, preferred

REFUSED = (401, 403, 302, 303, 307)
"""Statuses that refuse a credential; a redirect leads to a login. OpenAPI does not say which is right."""

ABSENT = (404, 405, 410)
"""Statuses of what is not there, for anybody."""

NOBODY = 999_999_937
"""An id that hardly anything has. What a server does not guard must not be changed by asking."""

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def _guarded(client: Client) -> list[OperationSpec]:
    operations = [each for each in foreign(client, *METHODS, spoken=True) if each.security and not each.key_optional]
    if client.document.scope == "document" and not operations:
        raise NotOffered("the document has no operation that needs a credential")
    return operations


def _plain(operation: OperationSpec) -> tuple[SentRequest, bool]:
    """Return a request without a credential, and whether it is known to be valid otherwise."""
    body = operation.basic if operation.takes_body else None
    if operation.method in ("GET", "POST"):
        return request_of(operation, body), is_shown(operation)
    nobody = {str(each["name"]): NOBODY for each in operation.parameters if each["in"] == "path"}
    return request_of(operation, body, **nobody), False


def _with(
    client: Client, request: SentRequest, places: Alternative, but: CredentialPlace, other: str | None
) -> SentRequest:
    """Return a request with its credentials, one of which is another one, or is left out."""
    for place in places:
        value = other if place == but else client.target.key_of(place)
        request = request if value is None else place.put(request, value)
    return request


def _expect_refusal(client: Client, promise: str, operation: OperationSpec, request: SentRequest, valid: bool) -> None:
    exchange = client.send(request)
    status = exchange.response.status
    if (valid and status not in ABSENT) or status in REFUSED or status < 400:
        got = f"status {status or 'none'}, expected 401 or 403"
        client.check(promise, status in REFUSED, got, exchange)


def _cases(client: Client) -> Iterator[tuple[OperationSpec, SentRequest, bool]]:
    for operation in _guarded(client):
        yield operation, *_plain(operation)


@probe("auth-missing")
def without_credential(client: Client) -> None:
    """Leave out each credential that an operation needs, one at a time."""
    for operation, request, valid in _cases(client):
        places = preferred(operation.security, client.target.keys)
        for place in places:
            _expect_refusal(client, "auth-missing", operation, _with(client, request, places, place, None), valid)


@probe("auth-wrong")
def wrong_credential(client: Client) -> None:
    """Send a wrong credential in each place of each alternative, beside right ones elsewhere."""
    for operation, request, valid in _cases(client):
        for places in operation.security:
            for place in places:
                wrong = _with(client, request, places, place, WRONG)
                _expect_refusal(client, "auth-wrong", operation, wrong, valid)


PROBES = (
    without_credential,
    wrong_credential,
)
