"""Probes of every field of every conversation: what is just permitted is accepted, what is just not is refused.

An operation of somebody else's document is examined here if it speaks a wire, since one field varies at a time and the
model that answers is known. The others are in `explored`.
"""

from collections.abc import Container, Iterator
from typing import Any

from mockserver.contracts.boundaries import boundary_values, fields
from mockserver.contracts.client import Body, Client, NotExaminable
from mockserver.contracts.document import OperationSpec
from mockserver.contracts.generated_requests import SEMANTIC
from mockserver.contracts.leniency import is_nearly_valid
from mockserver.contracts.probe import probe

BEYOND_THE_SCHEMA = frozenset(
    (
        *SEMANTIC,
        *("model", "provider", "preferred_model"),  # a text of one letter is permitted, but names nothing
        *("logprobs", "top_logprobs", "reasoning_effort", "verbosity", "parallel_tool_calls"),  # not for every model
    )
)
"""Fields whose permitted values have rules that no schema says."""

ACCEPTED = (*range(200, 300), 401, 403, 404, 409, 429)
REFUSED = range(400, 500)
"""The statuses of valid and of invalid requests by a document that does not say more."""


def _operations(client: Client) -> list[OperationSpec]:
    if client.document.scope != "document":
        return client.conversations("messages", "chat")
    return [each for each in client.document.operations.values() if each.speaks]


def _plain(client: Client, operation: OperationSpec) -> Body | None:
    """Return a valid body with few fields, if there is one."""
    bodies = (client.body(operation), operation.basic)
    fitting = (body for body in bodies if operation.request is not None and not operation.request.problems(body))
    return next(fitting, None)


def _varied(client: Client, operation: OperationSpec, plain: Body) -> Iterator[tuple[str, Any, Body, bool]]:
    """Yield the name of a field, its value, the request with it, and whether the contract permits it."""
    assert operation.request is not None, "it has a valid body"
    for name, schema in fields(client.document, operation).items():
        for value in boundary_values(client.document, schema):
            body = {**plain, name: value}
            is_valid = not operation.request.problems(body)
            if is_valid or client.document.scope != "document" or not is_nearly_valid(operation.request, body):
                yield name, value, body, is_valid


def _expected(client: Client, operation: OperationSpec, valid: bool) -> tuple[Container[int], str]:
    """Return the right statuses, and how a report names them."""
    if client.document.scope == "document":
        return (ACCEPTED, "2xx") if valid else (REFUSED, "4xx")
    status = 200 if valid else operation.invalid_status
    return (status,), str(status)


@probe("boundary-accepted", "boundary-refused", profiles=["smoke", "full"])
def boundaries(client: Client) -> None:
    """Send the boundary values of every field, one at a time."""
    for operation in _operations(client):
        plain = _plain(client, operation)
        if plain is None:
            continue
        if client.document.scope == "document" and client.post(operation, plain).response.status != 200:
            raise NotExaminable(f"{operation.path} does not answer a plain request")
        for name, value, body, valid in _varied(client, operation, plain):
            if valid and (name in BEYOND_THE_SCHEMA or (name == "stream" and operation.variant == "byok")):
                continue  # D4 announces streaming for later
            exchange = client.post(operation, body)
            status = exchange.response.status
            statuses, words = _expected(client, operation, valid)
            got = f"status {status or 'none'} for {name} = {str(value)[:40]!r}, expected {words}"
            client.check("boundary-accepted" if valid else "boundary-refused", status in statuses, got, exchange)


PROBES = (boundaries,)
