"""Probes of every field of every operation: what is just permitted is accepted, what is just not is refused."""

from collections.abc import Iterator
from typing import Any

from mockserver.contracts.boundaries import boundary_values, fields
from mockserver.contracts.client import Body, Client
from mockserver.contracts.document import OperationSpec
from mockserver.contracts.generated_requests import SEMANTIC
from mockserver.contracts.probe import probe

BEYOND_THE_SCHEMA = frozenset(
    (
        *SEMANTIC,
        *("model", "provider", "preferred_model"),  # a text of one letter is permitted, but names nothing
        *("logprobs", "top_logprobs", "reasoning_effort", "verbosity", "parallel_tool_calls"),  # not for every model
    )
)
"""Fields whose permitted values have rules that no schema says."""


def _varied(client: Client, operation: OperationSpec) -> Iterator[tuple[str, Any, Body, bool]]:
    """Yield the name of a field, its value, the request with it, and whether the contract permits it."""
    basic = client.body(operation)
    if operation.request is None or operation.request.problems(basic):
        return
    for name, schema in fields(client.document, operation).items():
        for value in boundary_values(client.document, schema):
            body = {**basic, name: value}
            yield name, value, body, not operation.request.problems(body)


@probe("boundary-accepted", "boundary-refused", profiles=["smoke", "full"])
def boundaries(client: Client) -> None:
    """Send the boundary values of every field, one at a time."""
    for operation in client.conversations("messages", "chat"):
        for name, value, body, valid in _varied(client, operation):
            if valid and (name in BEYOND_THE_SCHEMA or (name == "stream" and operation.variant == "byok")):
                continue  # D4 announces streaming for later
            exchange = client.post(operation, body)
            status, expected = exchange.response.status, 200 if valid else operation.invalid_status
            got = f"status {status or 'none'} for {name} = {str(value)[:40]!r}, expected {expected}"
            client.check("boundary-accepted" if valid else "boundary-refused", status == expected, got, exchange)


PROBES = (boundaries,)
