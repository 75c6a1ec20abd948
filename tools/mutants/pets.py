"""A small store of pets with a document of its own, for the promises of any OpenAPI document; and its mutants.

Every request needs a key in the header `api-key`. A stream of one event says how many pets there are.
"""

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


KEY = "sk_pets_0123456789"
"""The key of the store."""


def _answers(schema: Any, status: str = "200", **more: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": schema}}
    return {status: {"description": "", "content": content, **more}, "4XX": FAILURE}


def _takes(schema: Any) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema, "example": {"name": "Rex", "age": 3}}}}


COUNT = {"type": "object", "required": ["data"], "properties": {"data": {"type": "string", "pattern": "^[0-9]+$"}}}
LINKS = {"read": {"operationId": "read", "parameters": {"id": "$response.body#/id"}}}

DOCUMENT = json.dumps(
    {
        "openapi": "3.2.0",
        "info": {"title": "Pets", "version": "1"},
        "security": [{"key": []}],
        "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "api-key"}}},
        "paths": {
            "/pets": {
                "get": {"responses": _answers({"type": "array", "items": STORED})},
                "post": {"requestBody": _takes(PET), "responses": _answers(STORED, "201", links=LINKS)},
            },
            "/pets/{id}": {
                "parameters": [ID],
                "get": {"operationId": "read", "responses": _answers(STORED)},
                "put": {"requestBody": _takes(PET), "responses": _answers(STORED)},
                "patch": {"requestBody": _takes(PET | {"required": []}), "responses": _answers(STORED)},
                "delete": {"responses": {"204": {"description": ""}, "4XX": FAILURE}},
            },
            "/count": {
                "get": {
                    "responses": {
                        "200": {"description": "", "content": {"text/event-stream": {"itemSchema": COUNT}}},
                        "4XX": FAILURE,
                    }
                }
            },
        },
    }
)

Fault = Callable[[SentRequest, int, Any], tuple[int, Any]]
"""Changes an answer of the store: its status and body."""


class PetStore:
    """The store: every answer is computed from what it has, then changed by a fault."""

    def __init__(self, fault: Fault) -> None:
        operations = ContractDocument(DOCUMENT).operations
        self._whole, self._part = operations["post /pets"].request, operations["patch /pets/{id}"].request
        self._fault = fault
        self._pets, self._numbers = dict[str, Any](), itertools.count(1)

    def __call__(self, request: SentRequest) -> Outgoing:
        """Return the answer to a request."""
        status, body = self._fault(request, *self._answer(request))
        if request.path == "/count" and status == 200:
            return Outgoing(200, [("content-type", "text/event-stream")], [f"data: {body}\n\n".encode()])
        raw = b"" if body is None else json.dumps(body).encode()
        length = [] if status == 204 else [("content-length", str(len(raw)))]
        return Outgoing(status, [("content-type", "application/json"), *length], [raw] if raw else [])

    def _answer(self, request: SentRequest) -> tuple[int, Any]:
        if request.headers.get("api-key") != KEY:
            return 401, {"detail": "the key is missing or wrong"}
        path = request.path.partition("?")[0]
        if path == "/count":
            return (200, len(self._pets)) if request.method == "GET" else (405, {"detail": "wrong method"})
        id = path.removeprefix("/pets").strip("/")
        return self._member(request, id) if id else self._collection(request)

    def _collection(self, request: SentRequest) -> tuple[int, Any]:
        if request.method == "GET":
            return 200, list(self._pets.values())
        if request.method != "POST":
            return 405, {"detail": "wrong method"}
        return self._store(request, f"p{next(self._numbers)}", 201)

    def _member(self, request: SentRequest, id: str) -> tuple[int, Any]:
        if request.method not in ("GET", "PUT", "PATCH", "DELETE"):
            return 405, {"detail": "wrong method"}
        if id not in self._pets:
            return 404, {"detail": "no such pet"}
        if request.method in ("PUT", "PATCH"):
            return self._store(request, id, 200)
        return (204, self._pets.pop(id) and None) if request.method == "DELETE" else (200, self._pets[id])

    def _store(self, request: SentRequest, id: str, status: int) -> tuple[int, Any]:
        """Keep a whole pet, or the part of it that a PATCH sends."""
        schema, sent = self._part if request.method == "PATCH" else self._whole, request.json
        if schema is None or schema.problems(sent) or not isinstance(sent, dict):
            return 422, {"detail": "invalid"}
        before = self._pets[id] if request.method == "PATCH" else {}
        self._pets[id] = {**before, **sent, "id": id}
        return status, self._pets[id]


def store(fault: Fault = lambda request, status, body: (status, body)) -> Respond:
    """Return what the store answers, with a fault."""
    return PetStore(fault)


def _never_found(request: SentRequest, status: int, body: Any) -> tuple[int, Any]:
    is_one = request.path.startswith("/pets/") and request.method == "GET"
    return (404, {"detail": "no such pet"}) if is_one else (status, body)


def _any_key(request: SentRequest, status: int, body: Any) -> tuple[int, Any]:
    return (200, []) if status == 401 and "api-key" in request.headers and request.path == "/pets" else (status, body)


def _words_for_numbers(request: SentRequest, status: int, body: Any) -> tuple[int, Any]:
    return (status, "many") if request.path == "/count" and status == 200 else (status, body)


def _without_id(request: SentRequest, status: int, body: Any) -> tuple[int, Any]:
    return (status, {**body, "id": "none"}) if status == 201 else (status, body)


def _never_gone(request: SentRequest, status: int, body: Any) -> tuple[int, Any]:
    is_gone = request.method == "GET" and status == 404
    return (200, {"id": "p1", "name": "Rex", "age": 3}) if is_gone else (status, body)


def _always_rex(request: SentRequest, status: int, body: Any) -> tuple[int, Any]:
    is_read = request.path.startswith("/pets/") and request.method == "GET" and status == 200
    return (status, {**body, "name": "Rex"}) if is_read else (status, body)


def _deletes_once(request: SentRequest, status: int, body: Any) -> tuple[int, Any]:
    return (409, body) if request.method == "DELETE" and status == 404 else (status, body)


def _patched_whole(request: SentRequest, status: int, body: Any) -> tuple[int, Any]:
    if request.method == "PATCH" and status == 200 and isinstance(request.json, dict) and "age" not in request.json:
        body["age"] += 1  # the pet of the store itself
    return status, body


def _newborn_refused(request: SentRequest, status: int, body: Any) -> tuple[int, Any]:
    is_newborn = isinstance(request.json, dict) and request.json.get("age") == 0
    return (422, {"detail": "too young"}) if is_newborn and status == 201 else (status, body)


def _no_name_taken(request: SentRequest, status: int, body: Any) -> tuple[int, Any]:
    sent = request.json if isinstance(request.json, dict) else {}
    is_unnamed = status == 422 and request.method == "POST" and sent.get("name") == "" and type(sent.get("age")) is int
    return (201, {**sent, "name": "Nobody", "id": "p0"}) if is_unnamed else (status, body)


PETS: dict[str, tuple[str, str, Fault]] = {
    "created-is-not-found": ("status", "created-found", _never_found),
    "any-key-will-do": ("auth", "auth-wrong", _any_key),
    "event-of-another-schema": ("schema", "event-schema", _words_for_numbers),
    "link-to-nowhere": ("state", "links-followed", _without_id),
    "deleted-is-still-there": ("state", "deleted-gone", _never_gone),
    "put-is-forgotten": ("state", "put-stored", _always_rex),
    "second-delete-conflicts": ("state", "idempotent-methods", _deletes_once),
    "smallest-age-refused": ("validation", "boundary-accepted", _newborn_refused),
    "empty-name-taken": ("validation", "boundary-refused", _no_name_taken),
    "patch-changes-more": ("state", "patch-keeps-rest", _patched_whole),
}
"""Name -> family, promises, fault."""
