"""What an external operation answers by default, and what the `Prefer` and `Accept` headers choose."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from mockserver.accounts.session import Session
from mockserver.engine.request import Request
from mockserver.external.answers import ResponseBody
from mockserver.external.document import DocumentNode
from tests.support.engine import NOW, Answer
from tests.support.external import Client, answer, document, judge, serve

PET = {"name": "Tom", "kind": "cat", "status": "sold", "owner": None, "secret": "s"}
PETS, ONE, TREE = "/api/v2/pets", "/api/v2/pets/3", "/api/v2/tree"
NOTES, VERIFY = "/api/v1/notifications", "/api/v1/two-factor/verify"


# Document | method | path | status | media type | body (None: not compared)
ANSWERS = [
    ("petstore", "GET", PETS, 200, "application/json", None),
    ("petstore", "GET", ONE, 200, "application/json", None),
    ("petstore", "DELETE", ONE, 204, None, b""),
    ("petstore", "GET", "/api/v2/pets/3/photos/tom.png", 200, "image/png", None),
    ("areas", "GET", NOTES, 200, "application/json", None),
    ("areas", "GET", "/api/v1/preferences", 200, "application/json", None),
    ("areas", "DELETE", "/api/v1/auth/login", 202, None, b""),
    ("areas", "PATCH", "/api/v1/preferences", 200, "application/json", None),
]


@pytest.mark.parametrize(("name", "method", "path", "status", "media", "body"), ANSWERS)
def test_an_operation_has_a_default_answer(
    name: str, method: str, path: str, status: int, media: str | None, body: bytes | None
) -> None:
    answer = Client(name).ask(method, path)
    assert (answer.status, answer.headers.get("content-type")) == (status, media)
    assert body is None or answer.payload == body


def test_a_text_answer_is_the_example_as_it_is() -> None:
    answer = Client("petstore").ask("GET", "/api/v2/pets/mine", authorization="Basic dTpw")
    assert (answer.status, answer.payload) == (200, b"Tom, Rex")


def test_an_example_is_served_as_written_and_a_reference_to_one_is_followed() -> None:
    assert Client("petstore").ask("POST", PETS, PET).json["id"] == 7
    assert orjson.loads(Client("areas").ask("GET", NOTES).payload)[0]["id"] == "n-1"


# Document | method | path | Prefer | status | members of the body
PREFER: list[tuple[str, str, str, str, int, object]] = [
    ("petstore", "POST", PETS, "example=dog", 201, {"name": "Rex"}),
    ("petstore", "POST", PETS, 'code=201, example="cat"', 201, {"name": "Tom"}),
    ("petstore", "POST", PETS, "code=422", 422, {}),
    ("petstore", "POST", PETS, "code=503", 503, {}),
    ("petstore", "GET", ONE, "code=404", 404, {"code": 17, "message": "There is no such pet."}),
    ("petstore", "GET", PETS, "code=418", 418, {}),
    ("petstore", "GET", ONE, "code=500", 400, {"code": "undocumented_status"}),
    ("petstore", "GET", ONE, "code=4x4", 400, {"code": "invalid_preference"}),
    ("petstore", "GET", ONE, "respond-async, wait=10", 200, {}),
    ("areas", "GET", NOTES, "example=none-left", 200, []),
    ("areas", "GET", NOTES, "example=none", 400, {"message": "No example is called 'none'; did you mean 'none-left'?"}),
    ("areas", "POST", VERIFY, "code=422", 422, {"attempts_left": 2}),
]


@pytest.mark.parametrize(("name", "method", "path", "prefer", "status", "part"), PREFER)
def test_prefer_chooses_a_status_or_an_example(
    name: str, method: str, path: str, prefer: str, status: int, part: object
) -> None:
    body = {"POST": PET if name == "petstore" else {"code": "123456"}}.get(method, b"")
    answer = Client(name).ask(method, path, body, prefer=prefer)
    assert answer.status == status
    found = orjson.loads(answer.payload)
    assert found == part if not isinstance(part, dict) else part.items() <= found.items()


def test_dynamic_leaves_the_examples_out() -> None:
    answer = Client("petstore").ask("POST", PETS, PET, prefer="dynamic=true")
    assert answer.json["name"] not in ("Tom", "Rex")
    assert judge("petstore", "/components/schemas/Pet", answer.json) == []


ACCEPT = [
    ("", 200, "application/json"),
    ("*/*", 200, "application/json"),
    ("application/xml", 200, "application/xml"),
    ("application/json;q=0.5, application/xml", 200, "application/xml"),
    ("application/*", 200, "application/json"),
    ("application/json;q=0, */*", 200, "application/xml"),
    ("application/json;q=broken", 200, "application/json"),
    ("text/html", 406, "application/json"),
]


@pytest.mark.parametrize(("accept", "status", "media"), ACCEPT)
def test_accept_chooses_the_media_type(accept: str, status: int, media: str) -> None:
    answer = Client("petstore").ask("GET", PETS, accept=accept)
    assert (answer.status, answer.headers["content-type"]) == (status, media)


def test_a_range_becomes_the_media_type_in_it_that_the_client_names() -> None:
    answer = Client("petstore").ask("GET", "/api/v2/pets/3/photos/tom.png", accept="image/webp, */*")
    assert answer.headers["content-type"] == "image/webp"


def test_documented_headers_are_sent() -> None:
    answer = Client("petstore").ask("GET", PETS)
    assert answer.headers["x-next"] == "/pets?page=2"
    assert int(answer.headers["x-total"]) >= 0
    assert Client("petstore").ask("POST", PETS, PET).headers["location"] == "/pets/7"


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


def test_a_head_request_has_the_headers_and_no_body(tmp_path: Path) -> None:
    ok = {"responses": {"200": {"description": "ok", "content": {"text/plain": {"example": "x"}}}}}
    found = answer(serve(tmp_path, {"paths": {"/a": {"head": ok}}}), "HEAD", "/a")
    assert (found.status, found.headers["content-type"], found.payload) == (200, "text/plain", b"")


def test_the_same_seed_session_and_request_give_the_same_bytes() -> None:
    def run(**how: str) -> list[bytes]:
        client = Client("petstore", **how)
        return [client.ask("GET", PETS).payload for _ in range(5)]

    assert run() == run()
    assert len({tuple(run()), tuple(run(seed="1")), tuple(run(id="other"))}) == 3
    assert len(set(run())) > 1, "requests of one session differ"


def test_a_schema_that_refers_to_itself_ends() -> None:
    answer = Client("petstore").ask("GET", f"{TREE}?key=k")
    assert answer.json.keys() == {"label"}


UNSAMPLEABLE = {"type": "object", "oneOf": [{"properties": {"a": {"const": 1}}}, {"properties": {"b": {"const": 2}}}]}


def test_what_cannot_be_generated_is_left_out_or_named(tmp_path: Path) -> None:
    header = {"x-never": {"schema": False}, "x-id": {"schema": {"const": 7}}}
    body = {"application/json": {"schema": UNSAMPLEABLE}}
    ok = {"description": "ok", "headers": header}
    responses = {"200": {**ok, "content": body}}
    found = answer(serve(tmp_path, {"paths": {"/a": {"get": {"responses": responses}}}}), "GET", "/a")
    assert found.status == 501
    assert "Add an example to the document." in str(found.json["message"])
    found = answer(serve(tmp_path, {"paths": {"/a": {"get": {"responses": {"200": ok}}}}}), "GET", "/a")
    assert found.headers["x-id"] == "7"
    assert "x-never" not in found.headers


def test_an_error_that_cannot_be_generated_has_the_gateways_form(tmp_path: Path) -> None:
    item = {
        "parameters": [{"name": "n", "in": "query", "required": True, "schema": {}}],
        "responses": {
            "200": {"description": "ok"},
            "400": {"description": "no", "content": {"application/json": {"schema": False}}},
        },
    }
    found = answer(serve(tmp_path, {"paths": {"/a": {"get": item}}}), "GET", "/a")
    assert (found.status, found.json["code"]) == (400, "invalid_request")


def test_a_text_that_is_not_json_stays_the_example() -> None:
    node = DocumentNode(document({}, "3.1.0"), {"schema": {"type": "object"}, "example": "{broken"}, "main")
    assert ResponseBody("application/json", node).examples == {"": "{broken"}


def test_nothing_satisfies_a_schema_that_cannot_be_read() -> None:
    node = DocumentNode(document({}, "3.1.0"), {"schema": {"type": 7}}, "main")
    assert not ResponseBody("application/json", node).allows(1)


def test_a_name_may_look_like_an_extension(tmp_path: Path) -> None:
    examples = {"x-first": {"value": 1}, "second": {"value": 2}}
    ok = {"description": "ok", "content": {"application/json": {"examples": examples}}}
    item = {"responses": {"200": ok, "x-note": "ignored"}, "security": [{"x-key": []}]}
    schemes = {"x-key": {"type": "apiKey", "in": "query", "name": "k"}}
    paths = {"/a": {"get": item}, "x-note": {"$ref": "#/nowhere"}}
    engine = serve(tmp_path, {"paths": paths, "components": {"securitySchemes": schemes}})
    assert answer(engine, "GET", "/a").status == 401
    request = Request("GET", "/a", {}, query="k=1")
    assert Answer(engine.step(Session("test"), request, NOW)[1]).payload == b"1"
