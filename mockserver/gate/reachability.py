"""Whether there is a gateway at the URL. A wrong target ends the run here, with one sentence that says what to do."""

from collections.abc import Mapping

from mockserver.contracts.client import Sender
from mockserver.contracts.document import ContractDocument
from mockserver.contracts.exchange import ReceivedResponse, SentRequest
from mockserver.core.errors import OperatorError

ROUTES = ("/v1/messages", "/api/v1/chat/completions")
ABSENT = (404, 405, 410)
REFUSALS = (400, 401, 403, 422)
"""What a gateway answers to an empty request without a credential, even if the body is an HTML page."""

OURS = "x-mock-error"
"""A header that the mock puts on its errors. Other gateways do not have it."""


def identify_target(send: Sender, url: str, key: str, document: ContractDocument) -> bool:
    """Return whether the target is the mock. Raises `OperatorError` if it is no gateway.

    The first requests have no credential. If the document has none of a gateway's routes, any answer will do.
    """
    if document.scope == "document" or not any(document.find("POST", route) for route in ROUTES):
        require_answer(send(SentRequest("GET", "/")), url, "/")
        return False
    responses = [_ask(send, url, route) for route in ROUTES]
    if all("html" in response.media and response.status not in REFUSALS for response in responses):
        status = responses[0].status
        raise OperatorError(f"{url} answers with HTML pages (status {status}): is it the URL of the API?")
    if all(response.status in range(300, 400) for response in responses):
        to = responses[0].header("location")
        raise OperatorError(f"{url} redirects to {to}; use that URL")
    if all(response.status in ABSENT for response in responses):
        responses = [_ask(send, url, route, {"authorization": f"Bearer {key}"}) for route in ROUTES]
    if all(response.status in ABSENT for response in responses):
        hint = "; leave out the path, because the routes begin with /v1 and /api/v1" if url.count("/") > 2 else ""
        raise OperatorError(f"{url} has neither {' nor '.join(ROUTES)}: is it the URL of the gateway{hint}?")
    return any(response.header(OURS) is not None for response in responses)


MOST_ASKED = 4
"""Operations that are asked for to find out where a document's paths begin."""


def is_without_base(send: Sender, document: ContractDocument) -> bool:
    """Return whether the target serves another document's operations without the path of the document's server."""
    plain = [each for each in document.operations.values() if each.method == "GET" and "{" not in each.path]
    paths = [each.path for each in plain[:MOST_ASKED]] if document.base else []
    at_base = [send(SentRequest("GET", path)).status for path in paths]
    if not paths or any(status != 404 for status in at_base):
        return False
    return any(send(SentRequest("GET", path.removeprefix(document.base))).status not in (0, 404) for path in paths)


def _ask(send: Sender, url: str, route: str, headers: Mapping[str, str] | None = None) -> ReceivedResponse:
    """Send a request that no gateway charges for: it has neither a model nor a message."""
    response = send(SentRequest("POST", route, {"content-type": "application/json", **(headers or {})}, b"{}"))
    return require_answer(response, url, route)


def require_answer(response: ReceivedResponse, url: str, route: str) -> ReceivedResponse:
    """Return an answer. Raises `OperatorError` if it never came, or does not end."""
    if response.status == 0:
        raise OperatorError(f"{url} cannot be examined: {response.trouble}")
    if response.ended in ("silent", "endless"):
        raise OperatorError(f"{url} cannot be examined: its answer to {route} does not end ({response.trouble})")
    return response
