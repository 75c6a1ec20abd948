"""Probes of a document that is not the gateway's: requests made of its own examples and schemas.

Only what the document gives an example for is sent as valid. Nothing is deleted but what the probe itself has created.
"""

from collections.abc import Iterator

from mockserver.contracts.client import Body, Client
from mockserver.contracts.document import OperationSpec
from mockserver.contracts.exchange import CheckedExchange, Json, SentRequest, dig
from mockserver.contracts.probe import probe

REFUSED = (400, 405, 415, 422, 501)
"""Statuses that a request as the document shows it must not get. A 404 may be right: nobody knows what exists."""

WRONG: tuple[Json, ...] = ({"a": []}, "text", 7)
"""Values of three types: no plain schema allows all of them."""


def _operations(client: Client, *methods: str) -> Iterator[OperationSpec]:
    """Yield the operations of a foreign document that can be called as it shows them."""
    for operation in client.document.operations.values():
        if client.document.scope == "document" and operation.method in methods and _is_callable(operation):
            yield operation


def _is_callable(operation: OperationSpec) -> bool:
    """Return whether the document says what to send: each part of the path, each required parameter, and the body."""
    needed = [each for each in operation.parameters if each["in"] == "path" or each.get("required")]
    known = all(each["in"] == "path" and _has_example(each) for each in needed)
    braces = operation.path.count("{") == len([each for each in needed if each["in"] == "path"])
    return known and braces and (operation.method == "GET" or bool(operation.basic))


def _has_example(parameter: Body) -> bool:
    schema = parameter.get("schema") or {}
    return "example" in parameter or "enum" in schema or bool({"example", "default"} & set(schema))


@probe("examples-accepted")
def shown_requests(client: Client) -> None:
    """Send each request as the document shows it."""
    for operation in _operations(client, "GET", "POST"):
        exchange = client.get(operation) if operation.method == "GET" else client.post(operation, operation.basic)
        status = exchange.response.status
        client.check("examples-accepted", status not in REFUSED, f"status {status}", exchange)


def _is_refused(client: Client, promise: str, operation: OperationSpec, body: object) -> None:
    exchange = client.post(operation, body)
    status = exchange.response.status
    client.check(promise, 400 <= status < 500, f"status {status}, expected one of 400 to 499", exchange)


@probe("invalid-json", "missing-field", "wrong-type")
def invalid_bodies(client: Client) -> None:
    """Send broken JSON, and examples of the document that lack a required field or have one of a wrong type."""
    for operation in _operations(client, "POST"):
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


@probe("created-found")
def created(client: Client) -> None:
    """Create what the document shows, read it by its id, then delete it and look for it again."""
    for operation in _operations(client, "POST"):
        reading = _of_one(client, operation, "GET")
        if reading is None:
            continue
        exchange = client.post(operation, operation.basic)
        id = dig(exchange.response.json, "id")
        if exchange.response.status not in (200, 201) or not isinstance(id, str | int):
            continue
        client.expect("created-found", _send(client, reading, id), 200)
        deleting = _of_one(client, operation, "DELETE")
        if deleting is not None and _send(client, deleting, id).response.status in (200, 202, 204):
            client.expect("created-found", _send(client, reading, id), 404, 410)


def _of_one(client: Client, operation: OperationSpec, method: str) -> OperationSpec | None:
    """Return the operation on one member of a collection, by its path."""
    for each in client.document.operations.values():
        rest = each.path.removeprefix(f"{operation.path}/")
        if each.method == method and rest != each.path and rest.startswith("{") and rest.count("/") == 0:
            return each
    return None


def _send(client: Client, operation: OperationSpec, id: str | int) -> CheckedExchange:
    path = f"{operation.path.rpartition('/')[0]}/{id}"
    return client.send(
        SentRequest(operation.method, path, {"accept": "application/json"} | client.auth_header(operation))
    )


PROBES = (
    shown_requests,
    invalid_bodies,
    created,
)
