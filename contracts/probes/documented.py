"""Probes of a document that is not the gateway's: requests made of its own examples.

Only what the document gives an example for is sent as valid.
"""

from mockserver.contracts.client import Client, NotOffered
from mockserver.contracts.document import OperationSpec
from mockserver.contracts.document_requests import foreign, is_shown, request_of
from mockserver.contracts.exchange import CheckedExchange, Json, SentRequest
from mockserver.contracts.probe import probe

REFUSED = (400, 405, 415, 422, 501)
"""Statuses that a request as the document shows it must not get. A 404 may be right: nobody knows what exists."""

NO_HEAD = (404, 405, 501)
"""Statuses that say that a path has no HEAD."""

WRONG: tuple[Json, ...] = ({"a": []}, "text", 7)
"""Values of three types: no plain schema allows all of them."""

ORIGIN = {
    "origin": "https://app.example.com",
    "access-control-request-method": "GET",
}
"""What a browser asks before it asks."""


def shown(client: Client, operation: OperationSpec, body: object = None) -> CheckedExchange:
    """Send a request as the document shows it, or with another body."""
    body = operation.basic if body is None and operation.takes_body else body
    return client.send(client.authorized(operation, request_of(operation, body)))


@probe("examples-accepted")
def shown_requests(client: Client) -> None:
    """Send each request as the document shows it."""
    for operation in filter(is_shown, foreign(client, "GET", "POST")):
        exchange = shown(client, operation)
        status = exchange.response.status
        if operation.may_succeed:
            client.check("examples-accepted", status not in REFUSED, f"status {status}", exchange)


def _is_refused(client: Client, promise: str, operation: OperationSpec, body: object) -> None:
    exchange = shown(client, operation, body)
    status = exchange.response.status
    client.check(promise, 400 <= status < 500, f"status {status}, expected one of 400 to 499", exchange)


@probe("invalid-json", "missing-field", "wrong-type")
def invalid_bodies(client: Client) -> None:
    """Send broken JSON, and examples of the document that lack a required field or have one of a wrong type."""
    operations = [each for each in foreign(client, "POST", "PUT", "PATCH") if each.takes_body]
    if client.document.scope == "document" and not any(each.request for each in operations):
        raise NotOffered("the document has no request with a body of JSON")
    for operation in filter(is_shown, operations):
        if operation.request is None:
            continue
        _is_refused(client, "invalid-json", operation, b'{"a": ')
        for name in operation.basic:
            less = {key: value for key, value in operation.basic.items() if key != name}
            if operation.request.problems(less):
                _is_refused(client, "missing-field", operation, less)
            for value in WRONG:
                other = operation.basic | {name: value}
                if operation.request.problems(other):
                    _is_refused(client, "wrong-type", operation, other)
                    break


@probe("head-and-options")
def head_and_preflight(client: Client) -> None:
    """Send HEAD to whatever answers GET, and a browser's preflight."""
    for operation in filter(is_shown, foreign(client, "GET")):
        get = client.authorized(operation, request_of(operation))
        expected = client.send(get).response.status
        head = client.send(SentRequest("HEAD", get.path, get.headers))
        got = f"HEAD with status {head.response.status}, GET with status {expected}"
        client.check("head-and-options", head.response.status in (expected, 204, *NO_HEAD), got, head)
        size = len(head.response.body)
        client.check("head-and-options", size == 0, f"HEAD with a body of {size} bytes", head)
        preflight = client.send(SentRequest("OPTIONS", get.path.partition("?")[0], ORIGIN))
        status = preflight.response.status
        client.check("head-and-options", status < 500 or status == 501, f"OPTIONS with status {status}", preflight)


PROBES = (
    shown_requests,
    invalid_bodies,
    head_and_preflight,
)
