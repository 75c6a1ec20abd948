"""Probes with requests that schemathesis generates, valid and invalid, in numbers.

They find what nobody thought of, but say little about meaning; so every answer passes the checks too. They run only in
the profiles `full` and `soak`.
"""

from importlib.util import find_spec

from mockserver.contracts.client import Client, NotExaminable
from mockserver.contracts.generated_requests import requests
from mockserver.contracts.probe import probe


@probe("generated-valid", "generated-invalid", profiles=["full"])
def generated(client: Client) -> None:
    """Send some valid and some invalid requests to every operation with a JSON body."""
    if find_spec("schemathesis") is None:
        raise NotExaminable("schemathesis is not installed: pip install 'ainative-mockserver[gate]'")
    for operation, body, valid in requests(client.document, client.target.seed):
        exchange = client.post(operation, client.with_model(body) if valid else body)
        status = exchange.response.status
        if valid:
            client.check("generated-valid", status == 200, f"status {status}", exchange)
        else:
            client.check("generated-invalid", 400 <= status < 500, f"status {status}", exchange)


PROBES = (generated,)
