"""Errors in the form of the document, with the mock's message in them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mockserver.core.errors import Failure
from mockserver.external.error_bodies import with_message
from mockserver.wires.errors import kind_of
from tests.support.external import Client, answer, judge, serve

PETS = "/api/v2/pets"
NOTES, VERIFY = "/api/v1/notifications", "/api/v1/two-factor/verify"


def test_an_error_has_the_form_of_the_document_and_the_mocks_message() -> None:
    client = Client("areas")
    refused = client.ask("POST", VERIFY, {"code": "1"}).json
    assert refused == {
        "error": {"code": "wrong_code", "message": "code: Input should match the pattern ^[0-9]{6}$"},
        "attempts_left": 2,
    }
    problem = client.ask("GET", NOTES, headers={})
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json["title"] == "No credentials. Send authorization: Bearer <token>."
    assert judge("petstore", "/components/schemas/Problem", Client("petstore").ask("POST", PETS).json) == []


def test_an_error_that_is_not_documented_has_the_gateways_form() -> None:
    body = Client("areas").ask("GET", "/api/v1/preferences", headers={}).json
    assert body["code"] == "missing_credentials"
    assert isinstance(body["error"], dict)


def test_an_error_that_is_documented_as_a_picture_has_the_gateways_form(tmp_path: Path) -> None:
    item = {
        "parameters": [{"name": "n", "in": "query", "required": True, "schema": {"type": "integer"}}],
        "requestBody": {"content": {"text/plain": {}}},
        "responses": {"200": {"description": "ok"}, "422": {"description": "wrong", "content": {"image/png": {}}}},
    }
    found = answer(serve(tmp_path, {"paths": {"/a": {"get": item}}}), "GET", "/a")
    assert (found.status, found.headers["content-type"]) == (422, "application/json")


FASTAPI = {
    "HTTPValidationError": {
        "type": "object",
        "properties": {"detail": {"type": "array", "items": {"$ref": "#/components/schemas/ValidationError"}}},
    },
    "ValidationError": {
        "type": "object",
        "required": ["loc", "msg", "type"],
        "properties": {
            "loc": {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]}},
            "msg": {"type": "string"},
            "type": {"type": "string"},
        },
    },
}


def test_an_error_of_fastapi_has_the_mocks_message(tmp_path: Path) -> None:
    wrong = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/HTTPValidationError"}}}}
    item = {
        "parameters": [{"name": "n", "in": "query", "required": True, "schema": {"type": "integer"}}],
        "responses": {"200": {"description": "ok"}, "422": {"description": "wrong", **wrong}},
    }
    engine = serve(tmp_path, {"paths": {"/a": {"get": item}}, "components": {"schemas": FASTAPI}})
    found: Any = answer(engine, "GET", "/a")
    assert found.status == 422
    assert found.json["detail"][0]["msg"] == "query parameter 'n': Field required"


FAILURE = Failure(status=418, code="teapot", message="Short and stout.")

# Error | is it generated | allowed values | the error with the message
ERRORS: list[tuple[object, bool, Callable[[object], bool], object]] = [
    ("old", False, lambda value: True, "Short and stout."),
    ("old", False, lambda value: False, "old"),
    ([1], False, lambda value: True, [1]),
    ({"message": "old"}, False, lambda value: False, {"message": "old"}),
    ({"title": "old", "status": 1}, False, lambda value: True, {"title": "Short and stout.", "status": 1}),
    (
        {"error": {"message": "old", "code": "x"}, "status": 1},
        True,
        lambda value: True,
        {"error": {"message": "Short and stout.", "code": "teapot"}, "status": 418},
    ),
    ({"detail": [{"msg": "old"}, 2]}, False, lambda value: True, {"detail": [{"msg": "Short and stout."}, 2]}),
]


@pytest.mark.parametrize(("error", "generated", "allows", "expected"), ERRORS)
def test_the_message_goes_where_the_schema_allows_it(
    error: object, generated: bool, allows: Callable[[object], bool], expected: object
) -> None:
    assert with_message(error, FAILURE, allows, generated=generated) == expected


def test_the_usual_message_of_a_status_leaves_an_example_as_it_is() -> None:
    usual = Failure(status=404, code="x", message=kind_of(404).message)
    assert with_message("old", usual, lambda value: True, generated=False) == "old"
