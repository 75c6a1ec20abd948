"""Requests that are no operation of the contract: answered by the turn that names them, refused as ever without one."""

import pytest

from mockserver.engine.request import Request
from tests.support.engine import KEY, Answer, Talk, turns

PATH = "/api/v1/public/instant-db"
PLAYED = turns("""
  - when: {method: post, path: /api/v1/public/instant-db, body: {/name: notes}}
    response: {status: 201, body: {id: db_1, name: notes}}
  - when: {path: /v1/files/*}
    response: {body: file}
    times: always
  - when: {method: DELETE, path: /v1/models}
    response: {status: 204}
    times: always
  - reply: hi
    times: always
""")


def send(talk: Talk, method: str, path: str, body: bytes = b"") -> Answer:
    return talk.send(Request(method, path, KEY, body))


def test_a_turn_answers_a_path_of_its_own_and_sees_its_body() -> None:
    talk = Talk(PLAYED)
    answer = send(talk, "POST", PATH, b'{"name": "notes"}')
    assert (answer.status, answer.json) == (201, {"id": "db_1", "name": "notes"})
    assert answer.headers["x-mock-turn"] == "test/1"
    assert answer.note.operation == "no operation"


def test_an_error_answers_a_path_too() -> None:
    played = turns(f"  - {{when: {{path: {PATH}}}, error: {{status: 429, retry_after: 7}}}}\n")
    answer = send(Talk(played), "GET", PATH)
    assert (answer.status, answer.headers["retry-after"]) == (429, "7")


def test_a_turn_with_plays_used_up_leaves_the_refusal() -> None:
    talk = Talk(PLAYED)
    statuses = [send(talk, "POST", PATH, b'{"name": "notes"}').status for _ in range(2)]
    assert statuses == [201, 404]


REFUSED = [
    ("POST", PATH, b"{", 404, "unknown_route"),
    ("GET", PATH, b"", 404, "unknown_route"),
    ("GET", "/v1/nothing", b"", 404, "unknown_route"),
    ("PUT", "/v1/models", b"", 405, "method_not_allowed"),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "code"), REFUSED)
def test_what_no_turn_names_is_refused_as_ever(method: str, path: str, body: bytes, status: int, code: str) -> None:
    talk = Talk(PLAYED)
    answer = send(talk, method, path, body)
    assert (answer.status, answer.json["code"]) == (status, code)
    assert talk.session.requests == 0


def test_globs_and_methods_choose_the_request() -> None:
    talk = Talk(PLAYED)
    assert send(talk, "GET", "/v1/files/a/b").payload == b"file"
    assert send(talk, "DELETE", "/v1/models").status == 204
    assert send(talk, "GET", "/v1/models").status == 200


def test_a_key_of_another_vendor_is_refused_here_too() -> None:
    request = Request("GET", "/v1/files/a", {"x-api-key": "sk-ant-x"})
    assert Talk(PLAYED).send(request).status == 401


def test_without_a_scenario_an_unknown_path_is_404() -> None:
    assert send(Talk(), "GET", PATH).json["code"] == "unknown_route"
