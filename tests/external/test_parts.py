"""The parts of foreign contracts by tables: schemas, parameter styles, small documents of every version."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from mockserver.accounts.session import Session
from mockserver.core.errors import Refusal
from mockserver.engine.request import Request
from mockserver.engine.step import Engine, EngineSettings
from mockserver.external.document import DocumentFiles, DocumentNode
from mockserver.external.media import encode, negotiate
from mockserver.external.parameters import check_parameters, parameters
from mockserver.external.schemas import Reader, bundle, with_every_property
from mockserver.files.external_document import add_external, load_external
from mockserver.openapi.operation import HandlerRequest
from mockserver.server import uvicorn
from mockserver.server.asgi import Gateway
from tests.support.engine import NOW, Answer, contract


def whole(schemas: Mapping[str, Any], version: str) -> DocumentFiles:
    return DocumentFiles({"main": {"openapi": version, "components": {"schemas": schemas}}}, "main", version)


# Version | who reads | a schema of the document | what becomes of it
SCHEMAS: list[tuple[str, Reader, dict[str, Any], dict[str, Any]]] = [
    ("3.0.3", "answer", {"type": "string", "nullable": True}, {"type": ["string", "null"]}),
    ("3.0.3", "answer", {"type": "string", "nullable": False}, {"type": "string"}),
    ("3.1.0", "answer", {"type": "string", "nullable": True}, {"type": "string"}),
    ("3.0.3", "answer", {"minimum": 1, "exclusiveMinimum": True}, {"exclusiveMinimum": 1}),
    ("3.0.3", "answer", {"maximum": 1, "exclusiveMaximum": False}, {"maximum": 1}),
    ("3.1.0", "answer", {"exclusiveMinimum": 1}, {"exclusiveMinimum": 1}),
    ("3.1.0", "answer", {"exclusiveMinimum": True, "minimum": 0}, {"exclusiveMinimum": 0}),
    ("3.1.0", "answer", {"required": ["a", "b", "a"]}, {"required": ["a", "b"]}),
    ("3.1.0", "answer", {"$recursiveAnchor": True, "items": {"$recursiveRef": "#"}}, {"items": {}}),
    ("3.0.3", "answer", {"example": 1, "xml": {}, "x-a": 1}, {"examples": [1]}),
    (
        "3.0.3",
        "answer",
        {"allOf": [{"type": "object"}], "nullable": True},
        {"anyOf": [{"allOf": [{"type": "object"}]}, {"type": "null"}]},
    ),
    (
        "3.0.3",
        "answer",
        {"$ref": "#/components/schemas/B", "nullable": True},
        {"$ref": "#/$defs/B", "$defs": {"B": {"type": "integer"}}},
    ),
    (
        "3.1.0",
        "answer",
        {"$ref": "#/components/schemas/B", "minimum": 1},
        {"$ref": "#/$defs/B", "minimum": 1, "$defs": {"B": {"type": "integer"}}},
    ),
    (
        "3.1.0",
        "request",
        {"required": ["a", "b"], "properties": {"a": {"readOnly": True}, "b": {"writeOnly": True}}},
        {"required": ["b"], "properties": {"a": {"readOnly": True}, "b": {"writeOnly": True}}},
    ),
    (
        "3.1.0",
        "answer",
        {"required": ["a", "b"], "properties": {"a": {"readOnly": True}, "b": {"writeOnly": True}}},
        {"required": ["a"], "properties": {"a": {"readOnly": True}, "b": {"writeOnly": True}}},
    ),
    (
        "3.1.0",
        "answer",
        {"properties": {"example": {"enum": [{"$ref": "x"}]}}},
        {"properties": {"example": {"enum": [{"$ref": "x"}]}}},
    ),
]


@pytest.mark.parametrize(("version", "reader", "schema", "expected"), SCHEMAS)
def test_a_schema_becomes_one_of_its_own(
    version: str, reader: Reader, schema: dict[str, Any], expected: dict[str, Any]
) -> None:
    document = whole({"A": schema, "B": {"type": "integer"}}, version)
    assert bundle(DocumentNode(document, schema, "main"), reader) == expected


def test_schemas_of_the_same_name_in_two_places_stay_two() -> None:
    schemas = {"B": {"properties": {"B": {"type": "string"}}}, "C": {}}
    schema = {"allOf": [{"$ref": "#/components/schemas/B"}, {"$ref": "#/components/schemas/B/properties/B"}]}
    found = bundle(DocumentNode(whole(schemas, "3.1.0"), schema, "main"), "answer")
    assert found["allOf"] == [{"$ref": "#/$defs/B"}, {"$ref": "#/$defs/B_2"}]


def test_full_asks_for_every_property_that_does_not_lead_back() -> None:
    schema: dict[str, object] = {
        "properties": {"one": {"$ref": "#/$defs/A"}, "secret": {"writeOnly": True}},
        "$defs": {
            "A": {"required": ["x"], "properties": {"b": {"$ref": "#/$defs/B"}, "c": {}}},
            "B": {"properties": {"a": {"items": {"$ref": "#/$defs/A"}}, "d": {}}},
        },
    }
    found: Any = with_every_property(schema)
    assert found["required"] == ["one"]
    assert found["$defs"]["A"]["required"] == ["x", "c"]
    assert found["$defs"]["B"]["required"] == ["d"]


ARRAY = {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2}
OBJECT = {"type": "object", "required": ["a", "b"], "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}}

# in, style, explode | schema | where it is in the request | is it good
STYLES: list[tuple[str, str, bool, dict[str, Any], str, bool]] = [
    ("query", "form", True, ARRAY, "p=1&p=2", True),
    ("query", "form", False, ARRAY, "p=1,2", True),
    ("query", "form", False, ARRAY, "p=1%2C2", False),
    ("query", "spaceDelimited", False, ARRAY, "p=1%202", True),
    ("query", "spaceDelimited", False, ARRAY, "p=1+2", True),
    ("query", "pipeDelimited", False, ARRAY, "p=1|2", True),
    ("query", "pipeDelimited", False, ARRAY, "p=1%7C2", True),
    ("query", "form", True, ARRAY, "p=1&p=x", False),
    ("query", "form", True, OBJECT, "a=1&b=2", True),
    ("query", "form", True, OBJECT, "a=x&b=2", False),
    ("query", "form", False, OBJECT, "p=a,1,b,2", True),
    ("query", "form", False, OBJECT, "p=a,1,b", False),
    ("query", "deepObject", True, OBJECT, "p[a]=1&p[b]=2", True),
    ("query", "deepObject", True, OBJECT, "p%5Ba%5D=1&p%5Bb%5D=2", True),
    ("query", "deepObject", True, OBJECT, "p[a]=1", False),
    ("path", "simple", False, ARRAY, "1,2", True),
    ("path", "simple", False, ARRAY, "1,2,3", False),
    ("path", "simple", True, OBJECT, "a=1,b=2", True),
    ("path", "simple", False, OBJECT, "a,1,b,2", True),
    ("path", "label", False, ARRAY, ".1,2", True),
    ("path", "label", True, ARRAY, ".1.2", True),
    ("path", "label", True, ARRAY, "1.2", False),
    ("path", "matrix", False, ARRAY, ";p=1,2", True),
    ("path", "matrix", True, ARRAY, ";p=1;p=2", True),
    ("path", "matrix", True, OBJECT, ";a=1;b=2", True),
    ("path", "matrix", True, ARRAY, "p=1", False),
    ("header", "simple", False, ARRAY, "1, 2", True),
    ("header", "simple", True, OBJECT, "a=1,b=2", True),
    ("cookie", "form", False, ARRAY, "1%2C2", False),
    ("query", "form", True, {"type": "boolean"}, "p=true", True),
    ("query", "form", True, {"type": "boolean"}, "p=1", False),
    ("query", "form", True, {"type": "integer"}, "p=1.0", True),
    ("query", "form", True, {"type": "integer"}, "p=1.5", False),
    ("query", "form", True, {"type": "integer"}, "p=01", False),
    ("query", "form", True, {"type": "number"}, "p=1e3", True),
    ("query", "form", True, {"type": "number"}, "p=1e999", False),
    ("query", "form", True, {"type": "string"}, "p=1", True),
    ("query", "form", True, {"type": "string", "minLength": 3}, "p=100", True),
    ("query", "form", True, {"type": ["integer", "string"]}, "p=x", True),
    ("query", "form", True, {"anyOf": [{"type": "integer"}, {"type": "null"}]}, "p=", True),
    ("query", "form", True, {"enum": [1, "two"]}, "p=1", True),
    ("query", "form", True, {"enum": [1, "two"]}, "p=two", True),
    ("query", "form", True, {"enum": [1, "two"]}, "p=3", False),
]


@pytest.mark.parametrize(("place", "style", "explode", "schema", "sent", "good"), STYLES)
def test_a_parameter_is_read_by_its_style(
    place: str, style: str, explode: bool, schema: dict[str, Any], sent: str, good: bool
) -> None:
    described = {"name": "p", "in": place, "required": True, "style": style, "explode": explode, "schema": schema}
    document = whole({}, "3.1.0")
    wanted = parameters(DocumentNode(document, {}, "main"), DocumentNode(document, {"parameters": [described]}, "main"))
    asked = HandlerRequest(
        method="GET",
        headers={"p": sent} if place == "header" else {"cookie": f"p={sent}"} if place == "cookie" else {},
        parameters={"p": sent} if place == "path" else {},
        query=sent if place == "query" else "",
    )
    if good:
        check_parameters(wanted, asked, 400)
    else:
        with pytest.raises(Refusal):
            check_parameters(wanted, asked, 400)


# Media type | value | bytes
BYTES: list[tuple[str, object, bytes]] = [
    ("application/json", {"a": 1}, b'{"a":1}'),
    ("application/hal+json; charset=utf-8", "x", b'"x"'),
    ("text/plain", "x", b"x"),
    ("text/plain", 7, b"7"),
    ("text/plain", None, b""),
    ("text/csv", ["a", "b"], b"a,b"),
    ("application/x-www-form-urlencoded", {"a": "b c", "d": [1, 2]}, b"a=b+c&d=1%2C2"),
    (
        "application/xml",
        {"a": ["<", None]},
        b'<?xml version="1.0" encoding="UTF-8"?>\n<r><a><item>&lt;</item><item></item></a></r>',
    ),
    ("text/event-stream", {"a": 1}, b'data: {"a":1}\n\n'),
    ("application/x-ndjson", {"a": 1}, b'{"a":1}\n'),
    ("application/octet-stream", "x", b"x"),
]


@pytest.mark.parametrize(("media", "value", "expected"), BYTES)
def test_a_value_becomes_bytes(media: str, value: object, expected: bytes) -> None:
    assert encode(media, value, "r") == expected


def test_a_more_specific_range_outweighs() -> None:
    assert negotiate(["text/plain", "text/html"], "text/*;q=0.9, text/plain;q=0.1") == "text/html"
    assert negotiate([], "*/*") is None


def serve(folder: Path, document: Mapping[str, Any]) -> Engine:
    """An engine with a document of these operations beside the gateway."""
    file = folder / "api.json"
    file.write_bytes(orjson.dumps({"openapi": "3.2.0", "info": {"title": "T", "version": "1"}, **document}))
    return Engine(add_external(contract(), load_external(file))[0], {}, EngineSettings())


def answer(engine: Engine, method: str, path: str) -> Answer:
    return Answer(engine.step(Session("test"), Request(method, path, {}), NOW)[1])


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


def test_an_error_of_fastapi_has_our_sentence(tmp_path: Path) -> None:
    wrong = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/HTTPValidationError"}}}}
    item = {
        "parameters": [{"name": "n", "in": "query", "required": True, "schema": {"type": "integer"}}],
        "responses": {"200": {"description": "ok"}, "422": {"description": "wrong", **wrong}},
    }
    engine = serve(tmp_path, {"paths": {"/a": {"get": item}}, "components": {"schemas": FASTAPI}})
    found: Any = answer(engine, "GET", "/a")
    assert found.status == 422
    assert found.json["detail"][0]["msg"] == "query parameter 'n': Field required"


# responses | status | body
RESPONSES: list[tuple[dict[str, Any], int, bytes]] = [
    ({"200": {"description": "x"}}, 200, b""),
    ({"204": {"description": "x"}}, 204, b""),
    ({"404": {"description": "x"}, "201": {"description": "x"}}, 201, b""),
    ({"302": {"description": "x"}}, 302, b""),
    ({"3XX": {"description": "x"}}, 300, b""),
    ({"404": {"description": "x"}, "2XX": {"description": "x"}}, 200, b""),
    ({"404": {"description": "x"}, "default": {"description": "x"}}, 200, b""),
    ({"101": {"description": "x"}, "200": {"description": "x"}}, 200, b""),
    ({"200": {"description": "x", "content": {"text/plain": {}}}}, 200, b""),
    ({"200": {"description": "x", "content": {"application/json": {}}}}, 200, b"{}"),
    (
        {
            "200": {
                "description": "x",
                "content": {"application/json": {"example": '{"a": 1}', "schema": {"type": "object"}}},
            }
        },
        200,
        b'{"a":1}',
    ),
    (
        {
            "200": {
                "description": "x",
                "content": {"application/json": {"schema": {"type": "integer", "examples": [7]}}},
            }
        },
        200,
        b"7",
    ),
    ({"200": {"description": "x", "content": {"application/json": {"schema": False}}}}, 501, b""),
    (
        {"200": {"description": "x", "content": {"text/event-stream": {"itemSchema": {"const": 1}}}}},
        200,
        b"data: 1\n\n",
    ),
]


@pytest.mark.parametrize(("responses", "status", "body"), RESPONSES)
def test_responses_of_every_kind(tmp_path: Path, responses: dict[str, Any], status: int, body: bytes) -> None:
    found = answer(serve(tmp_path, {"paths": {"/a": {"get": {"responses": responses}}}}), "GET", "/a")
    assert found.status == status
    assert found.payload == body or status == 501


def test_methods_that_3_2_adds_are_served(tmp_path: Path) -> None:
    ok = {"responses": {"200": {"description": "ok"}}}
    engine = serve(tmp_path, {"paths": {"/a": {"query": ok, "additionalOperations": {"COPY": ok}}}})
    assert answer(engine, "QUERY", "/a").status == 200
    assert answer(engine, "COPY", "/a").status == 200
    assert answer(engine, "GET", "/a").headers["allow"] == "COPY, QUERY"


def test_a_head_request_has_the_headers_and_no_body(tmp_path: Path) -> None:
    ok = {"responses": {"200": {"description": "ok", "content": {"text/plain": {"example": "x"}}}}}
    found = answer(serve(tmp_path, {"paths": {"/a": {"head": ok}}}), "HEAD", "/a")
    assert (found.status, found.headers["content-type"], found.payload) == (200, "text/plain", b"")


def test_the_server_passes_the_query_on(tmp_path: Path) -> None:
    item = {
        "parameters": [{"name": "n", "in": "query", "schema": {"type": "integer"}}],
        "responses": {"204": {"description": "ok"}},
    }
    with uvicorn.running(
        Gateway(
            serve(
                tmp_path,
                {
                    "paths": {
                        "/a b/{x}": {
                            "parameters": [{"name": "x", "in": "path", "required": True, "schema": {"type": "string"}}],
                            "get": item,
                        }
                    }
                },
            )
        )
    ) as url:
        assert httpx.get(f"{url}/a%20b/ü?n=1").status_code == 204
        assert httpx.get(f"{url}/a%20b/ü?n=one").status_code == 400
