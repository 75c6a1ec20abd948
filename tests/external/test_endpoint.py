"""A whole external operation: which requests are valid, and which turns and servers answer it."""

from pathlib import Path

import httpx
import pytest

from mockserver.server import uvicorn
from mockserver.server.asgi import Gateway
from tests.support.external import GOOD, Client, judge, serve

PET = {"name": "Tom", "kind": "cat", "status": "sold", "owner": None, "secret": "s"}
PETS = "/api/v2/pets"
NOTES, VERIFY = "/api/v1/notifications", "/api/v1/two-factor/verify"
JSON = {**GOOD, "content-type": "application/json"}


# Document | method | target | body | status | part of the message
REQUESTS: list[tuple[str, str, str, object, int, str]] = [
    ("petstore", "GET", f"{PETS}?limit=100", b"", 200, ""),
    (
        "petstore",
        "GET",
        f"{PETS}?limit=101",
        b"",
        400,
        "query parameter 'limit': Input should be less than or equal to 100",
    ),
    ("petstore", "GET", f"{PETS}?limit=ten", b"", 400, "query parameter 'limit': Input should be of type integer"),
    ("petstore", "GET", f"{PETS}?status=sold&status=pending", b"", 200, ""),
    ("petstore", "GET", f"{PETS}?status=sold&status=gone", b"", 400, "query parameter 'status'[1]: Input should be"),
    ("petstore", "GET", f"{PETS}?tags=a%7Cb|c", b"", 200, ""),
    ("petstore", "GET", f"{PETS}?filter[age]=3&filter[name]=4", b"", 200, ""),
    ("petstore", "GET", f"{PETS}?filter[age]=old", b"", 400, "query parameter 'filter'[age]: Input should be of type"),
    ("petstore", "GET", f"{PETS}?unknown=1", b"", 200, ""),
    ("petstore", "GET", "/api/v2/pets/tom", b"", 400, "path parameter 'petId': Input should be of type integer"),
    ("petstore", "GET", "/api/v2/pets/0", b"", 400, "path parameter 'petId'"),
    ("petstore", "GET", "/api/v2/pets/1/photos/TOM.png", b"", 400, "path parameter 'name': Input should match"),
    ("petstore", "GET", "/api/v2/pets/1/photos/tom.gif", b"", 400, "path parameter 'ext'"),
    ("petstore", "POST", PETS, b"", 422, "body: Field required"),
    ("petstore", "POST", PETS, b"{", 422, "not valid JSON"),
    ("petstore", "POST", PETS, b"[" * 5000, 422, "nested more than 100 levels deep"),
    ("petstore", "POST", PETS, {**PET, "age": None}, 201, ""),
    ("petstore", "POST", PETS, {**PET, "age": 40}, 422, "age: Input should be less than 40"),
    ("petstore", "POST", PETS, {**PET, "age": 0}, 201, ""),
    ("petstore", "POST", PETS, {**PET, "owner": {"since": None}}, 422, "owner"),
    ("petstore", "POST", PETS, {"name": "Tom"}, 422, "kind: Field required"),
    ("petstore", "PUT", PETS, b"", 405, "takes GET, POST"),
    ("petstore", "GET", "/api/v2/pest", b"", 404, "Did you mean /api/v2/pets?"),
    ("areas", "GET", f"{NOTES}?unread=true&since=2026-01-01T00:00:00Z", b"", 200, ""),
    ("areas", "GET", f"{NOTES}?unread=maybe", b"", 400, "query parameter 'unread': Input should be of type boolean"),
    ("areas", "GET", f"{NOTES}?since=yesterday", b"", 400, "query parameter 'since'"),
    ("areas", "POST", f"{NOTES}/n-4/read", b"", 200, ""),
    ("areas", "POST", f"{NOTES}/x/read", b"", 400, "path parameter 'id': Input should match the pattern ^n-[0-9]+$"),
    ("areas", "POST", VERIFY, {"code": "123456", "trust_device": None}, 200, ""),
    ("areas", "POST", VERIFY, {"code": "12"}, 422, "code: Input should match the pattern ^[0-9]{6}$"),
    ("areas", "POST", VERIFY, {"code": "123456", "pin": 1}, 422, "body: Input should have no other properties"),
]


@pytest.mark.parametrize(("name", "method", "target", "body", "status", "message"), REQUESTS)
def test_requests_are_validated(name: str, method: str, target: str, body: object, status: int, message: str) -> None:
    answer = Client(name).ask(method, target, body, JSON if body else GOOD)
    assert answer.status == status
    if message:
        assert message in answer.payload.decode()


def test_a_turn_that_names_the_operation_comes_first() -> None:
    turns = """\
  - when: {operation: verify_two_factor}
    error: {status: 422}
  - when: {operation: verify_two_factor}
    error: {status: 429, retry_after: 7, message: Wait a little.}
  - when: {operation: preferences}
    error: {status: 503}
"""
    client = Client("areas", turns)
    first = client.ask("POST", VERIFY, {"code": "123456"})
    assert (first.status, first.headers["x-mock-turn"]) == (422, "test/1")
    assert first.json["error"] == {"code": "wrong_code", "message": "That code is not right."}
    second = client.ask("POST", VERIFY, {"code": "123456"})
    assert (second.status, second.headers["retry-after"]) == (429, "7")
    assert judge("areas", "/components/schemas/Refused", second.json) == []
    assert isinstance(second.json["error"], dict)
    assert second.json["error"]["message"] == "Wait a little."
    assert client.ask("GET", "/api/v1/preferences").json["code"] == "model_unavailable"
    assert client.ask("POST", VERIFY, {"code": "123456"}).status == 200
    assert client.ask("POST", VERIFY, {"code": "1"}).status == 422, "an invalid request uses up no turn"


def test_a_turn_can_match_the_body_and_answer_anything() -> None:
    turns = """\
  - when: {operation: verify_two_factor, body: {/code: "000000"}}
    response: {status: 200, headers: {x-own: "1"}, body: {verified: true, method: sms, backup_codes: []}}
    times: always
"""
    client = Client("areas", turns)
    found = client.ask("POST", VERIFY, {"code": "000000"})
    assert (found.status, found.headers["x-own"], found.json["backup_codes"]) == (200, "1", [])
    assert client.ask("POST", VERIFY, {"code": "111111"}).json["backup_codes"] != []


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
