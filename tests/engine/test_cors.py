"""What a browser needs (CORS), what is absent, and the shapes of errors."""

import pytest

from mockserver.accounts.session import Session
from mockserver.core.actions import Head
from mockserver.engine import cors
from mockserver.engine.request import Request
from mockserver.engine.step import Engine, EngineSettings
from mockserver.openapi.operation import Operation
from mockserver.wires import WIRES
from mockserver.wires.envelopes import ENVELOPES, Envelope
from tests.support.bank import BALANCE, CHAT, LOGIN, MESSAGES, NOW, Bank
from tests.support.engine import contract, turns

HI = b'{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}'
ORIGIN = "https://app.example.com"
PATHS = sorted({operation.path for operation in contract().operations if "{" not in operation.path})


def preflight(path: str, **headers: str) -> tuple[int, dict[str, str]]:
    given = {"origin": ORIGIN, "access-control-request-method": "POST"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    engine, session = Engine(contract(), {}, EngineSettings()), Session("s")
    after, decision = engine.step(session, Request("OPTIONS", path, given), NOW)
    assert after is session
    head = decision.actions[0]
    assert isinstance(head, Head)
    return head.status, dict(head.headers)


@pytest.mark.parametrize("path", PATHS)
def test_a_preflight_needs_no_key_and_allows_what_it_is_asked_for(path: str) -> None:
    status, headers = preflight(path, access_control_request_headers="authorization,x-stainless-os")
    assert status == 204
    assert headers["access-control-allow-origin"] == ORIGIN
    assert headers["access-control-allow-credentials"] == "true"
    assert headers["access-control-allow-headers"] == "authorization,x-stainless-os"
    assert "POST" in headers["access-control-allow-methods"]
    assert headers["vary"] == "origin"


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
def test_a_preflight_allows_every_method_that_a_document_beside_the_gateway_can_have(method: str) -> None:
    allowed = preflight(CHAT, access_control_request_method=method)[1]["access-control-allow-methods"]
    assert method in allowed.split(", ")


def test_a_preflight_belongs_to_no_session() -> None:
    asked = {"origin": ORIGIN, "access-control-request-method": "POST"}
    engine = Engine(contract(), {}, EngineSettings())
    for path in (CHAT, MESSAGES, "/nowhere"):
        assert engine.arrive(Request("OPTIONS", path, asked)).session_id is None


def test_a_private_network_is_allowed_where_it_is_asked_for() -> None:
    assert "access-control-allow-private-network" not in preflight(CHAT)[1]
    asked = preflight(CHAT, access_control_request_private_network="true")[1]
    assert asked["access-control-allow-private-network"] == "true"


@pytest.mark.parametrize("stream", [False, True])
def test_a_page_can_read_answers_and_errors_with_the_headers_that_matter(stream: bool) -> None:
    played = turns("  - error: {status: 429, retry_after: 2}\n  - reply: hi")
    bank = Bank(scripts=[played])
    body = '{"model":"m","max_tokens":9,"stream":%s,"messages":[{"role":"user","content":"Hi"}]}'
    raw = (body % str(stream).lower()).encode()
    for status in (429, 200):
        answer = bank.send(Request("POST", MESSAGES, {"x-api-key": "sk_a", "origin": ORIGIN}, raw))
        assert answer.status == status
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        exposed = answer.headers["access-control-expose-headers"].split(", ")
        assert {"retry-after", "request-id", "x-mock-session", "x-mock-turn"} <= set(exposed)


def test_every_header_that_an_answer_has_is_exposed() -> None:
    turn = """
  - error: {status: 429}
    headers: {x-ratelimit-remaining: "0"}
    faults: [{retry_after_ms: "1500"}, {should_retry: "true"}]
"""
    answer = Bank(scripts=[turns(turn)]).send(Request("POST", MESSAGES, {"x-api-key": "sk_a", "origin": ORIGIN}, HI))
    exposed = answer.headers["access-control-expose-headers"].split(", ")
    assert {"retry-after-ms", "x-should-retry", "x-ratelimit-remaining"} <= set(exposed)
    assert sorted(exposed) == sorted(set(exposed))


def test_what_every_page_may_read_anyway_or_never_is_not_exposed() -> None:
    headers = (("content-type", "text/plain"), ("Set-Cookie", "a=b"), ("X-Mine", "1"))
    [head] = cors.shared((Head(200, headers),), {"origin": ORIGIN})
    assert isinstance(head, Head)
    exposed = dict(head.headers)["access-control-expose-headers"].split(", ")
    assert exposed == [*cors.EXPOSED, "x-mine"]


def test_an_answer_that_says_itself_who_may_read_it_keeps_its_word() -> None:
    turn = "  - {reply: hi, headers: {access-control-allow-origin: 'https://elsewhere.example'}}"
    answer = Bank(scripts=[turns(turn)]).send(Request("POST", MESSAGES, {"x-api-key": "sk_a", "origin": ORIGIN}, HI))
    told = {name: value for name, value in answer.headers.items() if name.startswith("access-control")}
    assert told == {"access-control-allow-origin": "https://elsewhere.example"}


@pytest.mark.parametrize("path", [MESSAGES, BALANCE, LOGIN, "/nowhere"])
def test_a_refusal_can_be_read_too(path: str) -> None:
    answer = Bank().send(Request("POST", path, {"origin": ORIGIN}))
    assert answer.status in (401, 404, 405, 422)
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "x-mock-error" in answer.headers["access-control-expose-headers"]


def test_without_an_origin_nothing_is_said() -> None:
    headers = Bank().say("sk_a").headers
    assert not [name for name in headers if name.startswith("access-control") or name == "vary"]
    assert Bank().send(Request("OPTIONS", CHAT, {})).status == 405


# --- Absent routes


@pytest.mark.parametrize("path", ["/api/oauth/roles", "/api/oauth/profile", "/api/v1/credits/balance"])
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "DELETE", "OPTIONS"])
def test_routes_that_do_not_exist_are_404_for_every_method(path: str, method: str) -> None:
    for headers in ({"x-api-key": "sk_a"}, {}):
        answer = Bank().send(Request(method, path, headers))
        assert (answer.status, "allow" in answer.headers) == (404, False)


@pytest.mark.parametrize("operation", contract().operations, ids=lambda operation: operation.id)
def test_strict_answers_404_to_what_is_only_observed(operation: Operation) -> None:
    for strict in (False, True):
        bank = Bank(settings=EngineSettings(strict=strict))
        path = operation.path.replace("{model_id}", "qwen-7b")
        answer = bank.send(Request(operation.method, path, {"authorization": "Bearer sk_a"}))
        absent = operation.name.startswith("oauth")
        only_observed = strict and operation.sources == {"OBS"}
        assert (answer.status == 404) is (absent or only_observed), path


# --- Errors in every published shape

FAILURES = {
    401: lambda bank, path: bank.say("sk-ant-x", path),
    402: lambda bank, path: bank.say("sk_poor", path),
    403: lambda bank, path: bank.say("sk_free", path, model="claude-opus-4"),
    404: lambda bank, path: bank.say("sk_free", path, model="no-such-model"),
    429: lambda bank, path: bank.say("sk_slow", path),
    400: lambda bank, path: bank.say("sk_free", path, model="qwen-7b", temperature=9),
}
TYPES: dict[int, str | dict[str, str]] = {
    401: "authentication_error",
    402: {"anthropic": "billing_error", "openai": "insufficient_credits"},
    403: "permission_error",
    404: {"anthropic": "not_found_error", "openai": "not_found_error"},
    429: "rate_limit_error",
    400: "invalid_request_error",
}
ACCOUNTS = """
accounts:
  - {key: sk_poor, credits: 0}
  - {key: sk_free, plan: free}
  - {key: sk_slow, limits: {requests: 0}}
"""


def type_of(status: int, wire: str) -> str:
    found = TYPES[status]
    return found if isinstance(found, str) else found[wire]


@pytest.mark.parametrize("path", [MESSAGES, CHAT])
@pytest.mark.parametrize("status", sorted(FAILURES))
@pytest.mark.parametrize("envelope", sorted(ENVELOPES))
def test_every_published_error_shape_can_be_chosen(envelope: Envelope, status: int, path: str) -> None:
    bank = Bank(ACCOUNTS, settings=EngineSettings(envelope=envelope, strict_models=True))
    answer = FAILURES[status](bank, path)
    assert answer.status == status
    wire = "anthropic" if path == MESSAGES else "openai"
    body = answer.json
    message = {"superset": lambda: body["message"], "fastapi": lambda: body["detail"], "bare": lambda: body["message"]}
    said = message.get(envelope, lambda: body["error"]["message"])()
    assert isinstance(said, str)
    assert said
    keys = {
        "superset": {"error", "detail", "message", "code", "request_id"} | ({"type"} if wire == "anthropic" else set()),
        "anthropic": {"type", "error", "request_id"},
        "openai": {"error"},
        "openai_responses": {"error"},
        "fastapi": {"detail"},
        "bare": {"message", "code"},
    }
    assert set(body) == keys[envelope]
    if "error" in body:
        spoken = envelope.partition("_")[0] if envelope in WIRES else wire
        assert body["error"]["type"] == type_of(status, spoken)
    contract().response_validator(contract().find("POST", path)[0], status).validate(body)
