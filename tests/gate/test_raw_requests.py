"""Requests as bytes: the ordinary one is what the document shows, with its credential where the document puts it."""

import json
from collections.abc import Sequence

from mockserver.contracts.client import Client, Target
from mockserver.contracts.document import ContractDocument
from mockserver.contracts.raw_answers import RawAnswers
from mockserver.contracts.raw_requests import RawRequests
from tests.gate.test_smuggling import no_sender

STATUS = {"name": "status", "in": "query", "required": True, "schema": {"type": "string", "enum": ["open", "closed"]}}
DOCUMENT = json.dumps(
    {
        "openapi": "3.1.0",
        "info": {"title": "Orders", "version": "1"},
        "paths": {"/orders": {"get": {"parameters": [STATUS], "security": [{"own": []}], "responses": {"200": {}}}}},
        "components": {"securitySchemes": {"own": {"type": "apiKey", "in": "query", "name": "key"}}},
    }
)


class Served:
    """A sender of bytes to a target at /api, which answers 200 to everything."""

    host, origin, root = "x:80", "http://x:80", "/api"

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def __call__(self, pieces: Sequence[bytes]) -> RawAnswers:
        """Keep what is sent."""
        self.sent += pieces
        return RawAnswers((200,), is_closed=True)


def test_the_ordinary_request_has_what_its_document_demands() -> None:
    raw, ignore = Served(), lambda *_: None
    target = Target("k", keys={"own": "secret"})
    client = Client(ContractDocument(DOCUMENT), target, no_sender, ignore, ignore, lambda: 0.0, ignore, raw)
    wire = RawRequests.prepared(client)
    assert wire.ordinary().startswith(b"GET /api/orders?status=open&key=secret HTTP/1.1\r\nHost: x:80\r\n")
    assert wire.ordinary(origin="http://y", hosts=("a", "b")).startswith(
        b"GET http://y/api/orders?status=open&key=secret HTTP/1.1\r\nHost: a\r\nHost: b\r\n"
    )
    assert (wire.status, len(raw.sent)) == (200, 2)
