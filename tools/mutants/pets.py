"""A small store of pets with a document of its own, for the promises of any OpenAPI document; and its mutants."""

import itertools
import json
from collections.abc import Callable
from typing import Any

from mockserver.contracts.document import ContractDocument
from mockserver.contracts.exchange import SentRequest
from mockserver.gate.relay import Outgoing, Respond

PET = {
    "type": "object",
    "required": ["name", "age"],
    "properties": {"name": {"type": "string", "minLength": 1}, "age": {"type": "integer", "minimum": 0}},
}
STORED = {"allOf": [PET, {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}]}
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
FAILURE = {"description": "A failure.", "content": {"application/json": {"schema": {"required": ["detail"]}}}}


def _answers(schema: Any, status: str = "200") -> dict[str, Any]:
    return {status: {"description": "", "content": {"application/json": {"schema": schema}}}, "4XX": FAILURE}


DOCUMENT = json.dumps(
    {
        "openapi": "3.1.0",
        "info": {"title": "Pets", "version": "1"},
        "paths": {
            "/pets": {
                "get": {"responses": _answers({"type": "array", "items": STORED})},
                "post": {
                    "requestBody": {
                        "content": {"application/json": {"schema": PET, "example": {"name": "Rex", "age": 3}}}
                    },
                    "responses": _answers(STORED, "201"),
                },
            },
            "/pets/{id}": {
                "parameters": [ID],
                "get": {"responses": _answers(STORED)},
                "delete": {"responses": {"204": {"description": ""}, "4XX": FAILURE}},
            },
        },
    }
)

Fault = Callable[[SentRequest, int, Any], tuple[int, Any]]
"""Changes an answer of the store: its status and body."""


def store(fault: Fault = lambda request, status, body: (status, body)) -> Respond:
    """Return what the store answers, with a fault."""
    request_schema = ContractDocument(DOCUMENT).operations["post /pets"].request
    assert request_schema is not None
    pets, numbers = dict[str, Any](), itertools.count(1)

    def answer(request: SentRequest) -> tuple[int, Any]:
        id = request.path.removeprefix("/pets").strip("/")
        if request.method == "POST" and not id:
            if request_schema.problems(request.json):
                return 422, {"detail": "invalid"}
            id = f"p{next(numbers)}"
            pets[id] = {**request.json, "id": id}  # type: ignore[dict-item]  # the schema says that it is an object
            return 201, pets[id]
        if request.path == "/pets":
            return 200, list(pets.values())
        if id not in pets:
            return 404, {"detail": "no such pet"}
        return (204, pets.pop(id) and None) if request.method == "DELETE" else (200, pets[id])

    def respond(request: SentRequest) -> Outgoing:
        status, body = fault(request, *answer(request))
        raw = b"" if body is None else json.dumps(body).encode()
        length = [] if status == 204 else [("content-length", str(len(raw)))]
        return Outgoing(status, [("content-type", "application/json"), *length], [raw] if raw else [])

    return respond


def _never_found(request: SentRequest, status: int, body: Any) -> tuple[int, Any]:
    return (404, {"detail": "no such pet"}) if request.path != "/pets" and request.method == "GET" else (status, body)


PETS: dict[str, tuple[str, str, Fault]] = {
    "created-is-not-found": ("status", "created-found", _never_found),
}
"""Name -> family, promises, fault."""
