"""What a document says beside its operations: credentials, links, media types; and what a lenient parser takes."""

import json
from typing import Any

import pytest

from mockserver.contracts.document import ContractDocument, SchemaValidator
from mockserver.contracts.document_requests import is_shown, request_of
from mockserver.contracts.exchange import CheckedExchange, ReceivedResponse, SentRequest
from mockserver.contracts.leniency import is_nearly_valid
from mockserver.contracts.links import link_of, values
from mockserver.contracts.probes.resources import lost
from mockserver.contracts.security import alternatives, forms

OK = {"200": {"description": "ok"}}


def opened(paths: dict[str, Any], **more: Any) -> ContractDocument:
    """Return a document with these paths."""
    return ContractDocument(json.dumps({"openapi": "3.1.0", "info": {}, "paths": paths, **more}))


# Credentials


@pytest.mark.parametrize(
    ("scheme", "path", "headers"),
    [
        ({"type": "apiKey", "in": "header", "name": "API-Key"}, "/a?b=1", {"api-key": "k:1", "cookie": "a=b"}),
        ({"type": "apiKey", "in": "query", "name": "key"}, "/a?b=1&key=k%3A1", {"cookie": "a=b"}),
        ({"type": "apiKey", "in": "cookie", "name": "s"}, "/a?b=1", {"cookie": "a=b; s=k:1"}),
        ({"type": "http", "scheme": "Bearer"}, "/a?b=1", {"authorization": "Bearer k:1", "cookie": "a=b"}),
        ({"type": "http", "scheme": "basic"}, "/a?b=1", {"authorization": "Basic azox", "cookie": "a=b"}),
        ({"type": "oauth2"}, "/a?b=1", {"authorization": "Bearer k:1", "cookie": "a=b"}),
    ],
)
def test_a_credential_goes_where_its_scheme_says(scheme: dict[str, str], path: str, headers: dict[str, str]) -> None:
    [[place]] = alternatives([{"mine": []}], {"mine": scheme})
    put = place.put(SentRequest("GET", "/a?b=1", {"cookie": "a=b"}), "k:1")
    assert (put.path, put.headers) == (path, headers)


def test_an_alternative_that_no_text_satisfies_is_none() -> None:
    schemes = {"tls": {"type": "mutualTLS"}, "key": {"type": "apiKey", "in": "query", "name": "k"}}
    requirements: list[dict[str, list[str]]] = [{"tls": [], "key": []}, {}, {"unknown": []}, {"key": []}]
    assert [[place.name for place in places] for places in alternatives(requirements, schemes)] == [["k"]]


def test_every_form_of_a_credential_is_known_to_those_who_hide_it() -> None:
    assert forms("user:pass") == ("user:pass", "user%3Apass", "dXNlcjpwYXNz")
    assert forms("plain") == ("plain",)


# Requests


def test_a_request_has_every_required_parameter_that_the_document_shows() -> None:
    parameters = [
        {"name": "id", "in": "path", "required": True, "schema": {"example": "a/b"}},
        {"name": "tags", "in": "query", "required": True, "example": ["x", "y"]},
        {"name": "deep", "in": "query", "required": True, "examples": {"one": {"value": True}}},
        {"name": "X-Trace", "in": "header", "required": True, "schema": {"const": 7}},
        {"name": "c", "in": "cookie", "required": True, "schema": {"enum": ["z"]}},
        {"name": "rest", "in": "query", "schema": {"example": 1}},
    ]
    operation = opened({"/a/{id}": {"get": {"parameters": parameters, "responses": OK}}}).operations["get /a/{id}"]
    request = request_of(operation)
    assert is_shown(operation)
    assert request.path == "/a/a%2Fb?tags=x&tags=y&deep=true"
    assert request.headers == {"accept": "*/*", "x-trace": "7", "cookie": "c=z"}


def test_a_body_is_sent_as_the_json_that_the_document_lists() -> None:
    body = {"content": {"text/plain": {}, "application/merge-patch+json": {"schema": {"example": {"a": 1}}}}}
    operation = opened({"/a": {"patch": {"requestBody": body, "responses": OK}}}).operations["patch /a"]
    request = request_of(operation, operation.basic)
    assert (request.headers["content-type"], request.json) == ("application/merge-patch+json", {"a": 1})


def test_a_body_without_json_is_not_shown() -> None:
    body = {"content": {"text/csv": {"example": "a,b"}}}
    assert not is_shown(opened({"/a": {"post": {"requestBody": body, "responses": OK}}}).operations["post /a"])


# Links

EXCHANGE = CheckedExchange(
    SentRequest("POST", "/pets/7?page=2", {"x-one": "1"}, b'{"owner": {"id": 3}}'),
    ReceivedResponse(201, (("location", "/pets/9"),), b'{"id": 9, "toys": [{"a/b": "ball"}]}'),
)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$response.body#/id", 9),
        ("$response.body#/toys/0/a~1b", "ball"),
        ("$response.body#/none", None),
        ("$response.header.Location", "/pets/9"),
        ("$request.body#/owner/id", 3),
        ("$request.header.X-One", "1"),
        ("$request.query.page", "2"),
        ("$request.path.id", "7"),
        ("$statusCode", 201),
        ("$method", "POST"),
        ("$url", "/pets/7?page=2"),
        ("pet-{$response.body#/id}-{$request.query.page}", "pet-9-2"),
        ("pet-{$response.body#/none}", None),
        (5, 5),
        ("plain", "plain"),
    ],
)
def test_a_link_takes_its_values_from_the_exchange(expression: Any, value: Any) -> None:
    link = link_of("next", {"operationId": "one", "parameters": {"path.id": expression}})
    assert values(link, EXCHANGE, {"id": "7"}) == {"id": value}


def test_a_link_may_name_the_place_of_its_operation() -> None:
    document = opened({"/a/{id}": {"get": {"responses": OK}}}, servers=[{"url": "/v1"}])
    link = link_of("next", {"operationRef": "#/paths/~1a~1{id}/get"})
    assert document.named(link.target) is document.operations["get /a/{id}"]
    assert document.named("nothing") is None


# Leniency

PET = SchemaValidator(
    {
        "required": ["name"],
        "properties": {
            "name": {"type": "string"},
            "age": {"type": "integer", "minimum": 0},
            "good": {"type": "boolean"},
            "toys": {"type": "array", "items": {"type": "number"}},
        },
    },
    {},
)


@pytest.mark.parametrize(
    ("pet", "lenient"),
    [
        ({"name": 5}, True),
        ({"name": True}, True),
        ({"name": "Rex", "age": "3"}, True),
        ({"name": "Rex", "age": False}, True),
        ({"name": "Rex", "age": None}, True),
        ({"name": "Rex", "good": "yes", "toys": ["1.5"]}, True),
        ({"name": "Rex", "good": 1}, True),
        ({"name": None}, False),
        ({"name": "Rex", "age": "three"}, False),
        ({"name": "Rex", "age": "-3"}, False),
        ({"name": "Rex", "age": -1}, False),
        ({"name": "Rex", "age": [3]}, False),
        ({"name": "Rex", "good": 2}, False),
        ({}, False),
        ({"name": "Rex"}, False),
        ("Rex", False),
    ],
)
def test_what_a_lenient_parser_reads_as_valid_is_no_invalid_request(pet: Any, lenient: bool) -> None:
    assert is_nearly_valid(PET, pet) is lenient


@pytest.mark.parametrize(
    ("sent", "kept", "names"),
    [
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, ["b"]),
        ({"a": 1}, {"b": 3}, []),
        ({"on": "2026-01-01"}, {"on": "2026-01-01T00:00:00Z"}, []),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, ["a"]),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, []),
        ([1], {"a": 1}, []),
    ],
)
def test_a_field_is_lost_if_it_is_there_with_another_value(sent: Any, kept: Any, names: list[str]) -> None:
    assert lost(sent, kept) == names


# What an answer may have


@pytest.mark.parametrize(
    ("kinds", "media", "listed"),
    [
        (["application/json; charset=utf-8"], "application/json", True),
        (["application/*"], "application/xml", True),
        (["*/*"], "text/plain", True),
        (["text/*"], "application/json", False),
    ],
)
def test_a_media_type_may_be_listed_as_a_range(kinds: list[str], media: str, listed: bool) -> None:
    content = {kind: {"schema": {"type": "object"}} for kind in kinds}
    document = opened({"/a": {"get": {"responses": {"200": {"description": "", "content": content}}}}})
    spec = document.operations["get /a"].response(200)
    assert spec is not None
    assert (spec.schema(media) is not None) is listed
