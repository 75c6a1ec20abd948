"""Any OpenAPI document can be the contract: 3.0 to 3.2, with and without names, components and shared parameters."""

import json
from pathlib import Path
from typing import Any

import pytest

from mockserver.contracts.document import ContractDocument, UnusableDocument
from mockserver.contracts.exchange import ReceivedResponse, SentRequest
from mockserver.contracts.schema_words import modern, shown
from mockserver.gate.relay import Outgoing
from tests.gate.support import always, command

PET = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
OK = {"200": {"description": "ok", "content": {"application/json": {"schema": PET}}}}


def opened(paths: dict[str, Any], **more: Any) -> ContractDocument:
    """Return a document with these paths."""
    return ContractDocument(json.dumps({"openapi": "3.1.0", "info": {}, "paths": paths, **more}))


def test_an_operation_without_a_name_is_named_by_method_and_path() -> None:
    document = opened({"/pets": {"summary": "Pets", "parameters": [], "get": {"responses": OK}}})
    assert list(document.operations) == ["get /pets"]
    assert document.operations["get /pets"].wire == "json"


def test_parameters_of_a_path_belong_to_each_of_its_operations() -> None:
    id = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "example": "a/b"}}
    document = opened({"/pets/{id}": {"parameters": [id], "get": {"operationId": "pet", "responses": OK}}})
    assert [each["name"] for each in document.operations["pet"].parameters] == ["id"]


@pytest.mark.parametrize(
    ("status", "key"), [(200, "200"), (404, "4XX"), (500, "default"), (418, "4XX"), (204, "default")]
)
def test_a_status_is_listed_by_itself_by_its_range_or_by_default(status: int, key: str) -> None:
    responses = {"200": {"description": "a"}, "4XX": {"description": "b"}, "default": {"description": "c"}}
    operation = opened({"/x": {"get": {"responses": responses}}}).operations["get /x"]
    assert operation.response(status) is operation.responses[key]


def test_operations_are_under_the_path_of_the_first_server() -> None:
    servers = [{"url": "https://x.example/{version}/", "variables": {"version": {"default": "v2"}}}]
    document = opened({"/pets": {"get": {"responses": OK}}}, servers=servers)
    assert document.find("GET", "/v2/pets?limit=1") is document.operations["get /pets"]


def test_a_plain_path_comes_before_one_with_braces() -> None:
    document = opened({"/{id}": {"get": {"responses": OK}}, "/all": {"get": {"operationId": "all", "responses": OK}}})
    found = document.find("GET", "/all")
    assert found is not None
    assert found.name == "all"
    assert opened({"/{id}.json": {"get": {"responses": OK}}}).find("GET", "/a.json") is not None
    assert opened({"/{id}.json": {"get": {"responses": OK}}}).find("GET", "/a.xml") is None


def test_a_schema_may_refer_to_any_part_of_the_document() -> None:
    schema = {"$ref": "#/paths/~1pets/get/responses/200/content/application~1json/schema"}
    other = {"get": {"responses": {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}}}
    document = opened({"/pets": {"get": {"responses": OK}}, "/other": other})
    response = document.operations["get /other"].response(200)
    assert response is not None
    assert response.content["application/json"].problems({"id": "x"})


@pytest.mark.parametrize(
    ("scheme", "name"),
    [
        ({"type": "http", "scheme": "Bearer"}, "BearerAuth"),
        ({"type": "apiKey", "in": "header", "name": "X-API-Key"}, "ApiKeyAuth"),
        ({"type": "apiKey", "in": "query", "name": "k"}, "mine"),
    ],
)
def test_a_security_scheme_is_known_by_what_it_says(scheme: dict[str, str], name: str) -> None:
    document = opened(
        {"/x": {"get": {"responses": OK}}}, security=[{"mine": []}], components={"securitySchemes": {"mine": scheme}}
    )
    assert document.operations["get /x"].schemes == (name,)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"enum": ["a"], "nullable": True}, {"enum": ["a", None]}),
        ({"$ref": "#/x", "nullable": True}, {"anyOf": [{"$ref": "#/x"}, {"type": "null"}]}),
        ({"minimum": 1, "exclusiveMinimum": True}, {"exclusiveMinimum": 1}),
        ({"minimum": 1, "exclusiveMinimum": False}, {"minimum": 1}),
        ([{"nullable": False, "example": {"nullable": True}}], [{"example": {"nullable": True}}]),
    ],
)
def test_the_words_of_3_0_become_those_of_json_schema(old: Any, new: Any) -> None:
    assert modern(old) == new


@pytest.mark.parametrize(
    ("paths", "words"),
    [
        ({"/x": {"get": {"responses": {"200": {"$ref": "other.yaml#/x"}}}}}, "bundle the document into one file"),
        ({"/x": {"get": {"responses": {"200": {"$ref": "#/components/responses/No"}}}}}, "refers to nothing"),
        ({"/x": {"$ref": "#/paths/~1x"}}, "leads back to itself"),
        ({"/x": {"post": {"requestBody": {"content": {"application/json": {"schema": {"type": 7}}}}}}}, "POST /x: a"),
    ],
)
def test_a_document_that_cannot_be_used_is_told_in_words(paths: dict[str, Any], words: str) -> None:
    with pytest.raises(UnusableDocument, match=words):
        opened(paths)


@pytest.mark.parametrize("text", ["swagger: '2.0'", "[]", "openapi: 3.1.0"])
def test_what_is_no_openapi_document_is_told_in_words(text: str) -> None:
    with pytest.raises(UnusableDocument, match=r"no OpenAPI document|no paths|convert it"):
        ContractDocument(text)


def test_a_file_is_read_again_when_its_text_has_changed(tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    text = json.dumps({"openapi": "3.1.0", "info": {}, "paths": {"/pets": {"get": {"responses": OK}}}})
    file.write_text(text, encoding="utf-8")
    before = ContractDocument.open(file)
    assert ContractDocument.open(file) is before
    assert ContractDocument.open(file, documented_only=True).documented_only
    file.write_text(text.replace("/pets", "/cats"), encoding="utf-8")
    assert list(ContractDocument.open(file).operations) == ["get /cats"]


PLAIN = {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}, "b": {"default": 1}}}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"example": {"a": "x"}}, {"a": "x"}),
        ({"examples": [7]}, 7),
        ({"type": "object", "required": ["a"], "properties": {"a": {"enum": ["x", "y"]}}}, {"a": "x"}),
        (PLAIN, None),
        ({"$ref": "#"}, None),
        (True, None),
    ],
)
def test_a_schema_may_show_a_value_itself(schema: Any, value: Any) -> None:
    assert shown(schema, lambda node: {} if node == {"$ref": "#"} else node) == value


def test_a_run_that_examined_nothing_is_never_green(tmp_path: Path) -> None:
    file = tmp_path / "petstore.json"
    file.write_text(json.dumps({"openapi": "3.0.3", "info": {}, "paths": {"/pets": {"put": {"responses": OK}}}}))
    body = b'{"id": 1}'
    answer = Outgoing(200, [("content-type", "application/json"), ("content-length", str(len(body)))], [body])
    with always(answer) as url:
        done = command(url, "--profile", "smoke", "--contract", str(file), "--quiet")
    assert done.exit_code == 3, done.output
    assert "Nothing was examined" in done.output
    assert "Unfinished" in done.output


@pytest.mark.parametrize("text", ["{", "openapi: 3.1.0\npaths: {/x: 7}", "swagger: '2.0'\npaths: {}"])
def test_a_mistake_in_another_contract_is_one_line_of_words(text: str, tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(text)
    done = command("http://127.0.0.1:1", "--contract", str(file), "--quiet")
    assert done.exit_code == 2
    assert "cannot be used as the contract" in done.output
    assert "Error" not in done.output
    assert done.output.count("\n") == 1


def test_a_value_of_a_path_comes_from_the_document() -> None:
    from mockserver.contracts.client import Client, Target

    id = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "example": "a/b"}}
    document = opened({"/pets/{id}/{n}": {"get": {"operationId": "pet", "parameters": [id], "responses": OK}}})
    sent: list[str] = []

    def send(request: SentRequest, *, pieces: int = 1) -> ReceivedResponse:
        sent.append(request.path)
        return ReceivedResponse(200)

    ignore: Any = lambda *_: None  # noqa: E731 - nothing is recorded here
    Client(document, Target("k"), send, ignore, ignore, lambda: 0.0, ignore).get(document.operations["pet"])
    assert sent == ["/pets/a%2Fb/1"]
