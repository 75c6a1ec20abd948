"""Raw responses: a status, headers and a body as the file says, for every operation there is."""

import orjson
import pytest

from mockserver.core.actions import Data, End, Head
from mockserver.engine.request import Request
from tests.support.engine import CHAT, HELLO, KEY, MESSAGES, NOW, Answer, Talk, contract, script

OPERATIONS = {operation.name: operation for operation in contract().operations}
NEEDED = {
    "messages": {"model": "m", "max_tokens": 9, "messages": HELLO},
    "count_tokens": {"model": "m", "messages": HELLO},
    "login": {"email": "a@example.com", "password": "x"},
    "refresh": {"refresh_token": "x"},
}
"""The least that an operation's body needs, where it is not a conversation of the OpenAI wire."""


def ask(name: str, turn: str, session: str = "test") -> Answer:
    """Return an operation's answer to a valid request, where the scenario has this turn for it."""
    operation = OPERATIONS[name]
    path = operation.path.replace("{model_id}", "gpt-4o")
    body = NEEDED.get(name, {"model": "m", "messages": HELLO, "provider": "anthropic"})
    played = script(f"scenario: test\nturns: [{{when: {{operation: {name}}}, {turn}, times: always}}]")
    raw = orjson.dumps(body) if operation.method == "POST" else b""
    return Talk(played).send(Request(operation.method, path, {"authorization": "Bearer sk_test"}, raw))


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_operation_can_be_answered(name: str) -> None:
    answer = ask(name, "response: {status: 418, headers: {x-a: b}, body: {tea: true}}")
    assert (answer.status, answer.json, answer.headers["x-a"]) == (418, {"tea": True}, "b")
    assert answer.headers["x-mock-turn"] == "test/1"


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_operation_can_be_answered_by_an_error(name: str) -> None:
    answer = ask(name, "error: {status: 503, code: gone, message: Said., retry_after: 7}")
    assert (answer.status, answer.json["code"], answer.json["message"]) == (503, "gone", "Said.")
    assert answer.headers["retry-after"] == "7"


BODIES: list[tuple[str, bytes, str]] = [
    ("body: plain", b"plain", "text/plain; charset=utf-8"),
    ("body: ''", b"", "text/plain; charset=utf-8"),
    ("status: 200", b"", "text/plain; charset=utf-8"),
    ("body: '日本 🎉'", "日本 🎉".encode(), "text/plain; charset=utf-8"),
    ("body: {}", b"{}", "application/json"),
    ("body: []", b"[]", "application/json"),
    ("body: {a: [1, 2.5, null, true, x]}", b'{"a":[1,2.5,null,true,"x"]}', "application/json"),
    ("body: 3", b"3", "application/json"),
    ("body: true", b"true", "application/json"),
    ("body: null", b"null", "application/json"),
    ("headers: {Content-Type: text/html}, body: <p>", b"<p>", "text/html"),
    ("headers: {content-type: application/problem+json}, body: {a: 1}", b'{"a":1}', "application/problem+json"),
    ("headers: {content-type: application/json}, body: '{broken'", b"{broken", "application/json"),
    ("body: '{\"a\": 1}'", b'{"a": 1}', "text/plain; charset=utf-8"),
]


@pytest.mark.parametrize("path", [MESSAGES, CHAT])
@pytest.mark.parametrize(("response", "payload", "media_type"), BODIES)
def test_text_is_sent_as_it_is_and_anything_else_as_json(
    path: str, response: str, payload: bytes, media_type: str
) -> None:
    answer = Talk(script(f"scenario: test\nturns: [{{response: {{{response}}}}}]")).say(path)
    assert (answer.status, answer.payload, answer.headers["content-type"]) == (200, payload, media_type)
    assert answer.headers["content-length"] == str(len(payload))


FILLED: list[tuple[str, bytes]] = [
    ("'{{last_user_text}}!'", b"Hello!"),
    ("{a: '{{last_user_text}}', b: ['{{turn}}', {c: '{{hit}}'}]}", b'{"a":"Hello","b":["1",{"c":"1"}]}'),
    ("{now: '{{now}}', n: 1}", orjson.dumps({"now": str(int(NOW)), "n": 1})),
    ("'{{body/messages/0}}'", b'{"role":"user","content":"Hello"}'),
    ("{'{{turn}}': x}", b'{"{{turn}}":"x"}'),
    ('\'{"said": "{{request.model}}"}\'', b'{"said": "test-model"}'),
]


@pytest.mark.parametrize(("body", "payload"), FILLED)
def test_values_are_filled_in_wherever_there_is_text(body: str, payload: bytes) -> None:
    assert Talk(script(f"scenario: test\nturns: [{{response: {{body: {body}}}}}]")).say().payload == payload


def test_values_of_a_request_without_a_conversation_are_empty_or_from_its_body() -> None:
    answer = ask("login", "response: {body: ['{{last_user_text}}', '{{request.model}}', '{{body/email}}']}")
    assert orjson.loads(answer.payload) == ["", "", "a@example.com"]


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_has_none(status: int) -> None:
    answer = Talk(script(f"scenario: test\nturns: [{{response: {{status: {status}, body: ignored}}}}]")).say()
    assert (answer.status, answer.payload) == (status, b"")
    assert {"content-type", "content-length"}.isdisjoint(answer.headers)
    assert [type(action) for action in answer.actions] == [Head, End]


@pytest.mark.parametrize("status", [200, 201, 202, 205, 301, 302, 307, 400, 418, 451, 500, 529, 599])
def test_any_other_status_has_its_body(status: int) -> None:
    turn = f"{{response: {{status: {status}, headers: {{location: /x}}, body: there}}}}"
    answer = Talk(script(f"scenario: test\nturns: [{turn}]")).say()
    assert (answer.status, answer.payload, answer.headers["location"]) == (status, b"there", "/x")
    assert [type(action) for action in answer.actions] == [Head, Data, End]


def test_a_response_answers_a_stream_with_its_own_body() -> None:
    answer = Talk(script("scenario: test\nturns: [{response: {body: x}}]")).say(stream=True)
    assert (answer.payload, answer.headers["content-type"]) == (b"x", "text/plain; charset=utf-8")


# Headers

OVERRIDES: list[tuple[str, str, str]] = [
    ("response: {headers: {X-A: one}}", "x-a", "one"),
    ("response: {headers: {X-A: one}}, headers: {x-a: two}", "x-a", "two"),
    ("response: {headers: {x-mock-session: mine}}", "x-mock-session", "mine"),
    ("reply: x, headers: {Content-Type: text/plain}", "content-type", "text/plain"),
    ("reply: x, headers: {Request-Id: fixed}", "request-id", "fixed"),
    ("reply: x, headers: {x-empty: ''}", "x-empty", ""),
    ("error: {status: 429}, headers: {Retry-After: Wed, X-B: c}", "retry-after", "Wed"),
    ("error: {status: 500}, headers: {x-b: c}", "x-b", "c"),
]


@pytest.mark.parametrize(("turn", "name", "value"), OVERRIDES)
def test_headers_are_added_or_replaced_whatever_their_case(turn: str, name: str, value: str) -> None:
    answer = Talk(script(f"scenario: test\nturns: [{{{turn}}}]")).say()
    head = next(action for action in answer.actions if isinstance(action, Head))
    assert [found for key, found in head.headers if key == name] == [value]


@pytest.mark.parametrize("stream", [False, True])
def test_the_headers_of_a_turn_are_on_a_stream_too(stream: bool) -> None:
    answer = Talk(script("scenario: test\nturns: [{reply: x, headers: {x-a: b}}]")).say(stream=stream)
    assert answer.headers["x-a"] == "b"


@pytest.mark.parametrize("path", [MESSAGES, CHAT])
def test_a_raw_response_can_be_found_again_by_its_headers(path: str) -> None:
    answer = Talk(script("scenario: test\nturns: [{response: {body: x}}]")).say(path)
    name = "request-id" if path == MESSAGES else "x-request-id"
    assert {name, "x-mock-session", "x-mock-turn"} <= set(answer.headers)


def test_an_operation_answers_by_itself_when_its_turns_are_used_up() -> None:
    text = "scenario: test\nturns: [{when: {operation: models}, response: {body: mine}}, {reply: x, times: always}]"
    talk = Talk(script(text))
    assert talk.get("/v1/models", KEY).payload == b"mine"
    assert talk.get("/v1/models", KEY).json["object"] == "list"
