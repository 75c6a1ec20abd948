"""Where the documents contradict each other on errors, accounts and browsers: every ruling acted out in a few lines."""

import pytest

from mockserver.engine.request import Request
from mockserver.engine.step import Engine, EngineSettings
from mockserver.wires.envelopes import ENVELOPES
from tests.support.dialects import Json
from tests.support.engine import BYOK, CHAT, MESSAGES, Talk, contract
from tests.support.rulings import D0, D3, Rulings, play

FORM = {"content-type": "application/x-www-form-urlencoded"}
RULINGS = ruling = Rulings()


@ruling("validation failure")
def _validation() -> None:
    wrong: Json = {"tools": [{"type": "function"}]}
    assert [Talk().say(path, **wrong).status for path in (MESSAGES, CHAT, D0, D3, BYOK)] == [400, 400, 400, 400, 422]
    message = str(Talk().say(BYOK, **wrong).json["message"])
    assert message.startswith("Validation error - Invalid tool parameters")
    played = play("  - {error: {status: 422}, times: always}\n").say(CHAT)
    assert (played.status, played.json["message"]) == (422, "Validation error - Invalid tool parameters")


@ruling("error body")
def _error_body() -> None:
    turns = "  - {error: {status: 402, message: Said.}, times: always}\n"
    body = play(turns).say(MESSAGES).json
    assert {"type", "error", "detail", "message", "code"} <= set(body)
    assert {"error", "detail", "message", "code"} <= set(play(turns).say(CHAT).json)
    keys = {
        "openai": {"error"},
        "anthropic": {"type", "error", "request_id"},
        "fastapi": {"detail"},
        "bare": {"message", "code"},
    }
    for envelope in ENVELOPES:
        talk = play(turns)
        talk.engine = Engine(contract(), talk.engine.scripts, EngineSettings(scenario="test", envelope=envelope))
        assert set(talk.say(CHAT).json) == keys.get(envelope, set(talk.say(CHAT).json))
    tool = play("  - response: {status: 500, body: {error: no, tool_name: a, status: error}}\n").say(BYOK)
    assert tool.json == {"error": "no", "tool_name": "a", "status": "error"}


@ruling("402")
def _insufficient_credits() -> None:
    turns = "  - {when: {not: {operation: chat_byok}}, error: {status: 402}, times: always}\n  - {reply: free}\n"
    answers = [play(turns).say(path) for path in (MESSAGES, CHAT, D0, D3)]
    assert [(answer.status, answer.json["code"]) for answer in answers] == [(402, "insufficient_credits")] * 4
    assert play(turns).say(BYOK).text == "free"


@ruling("429")
def _rate_limited() -> None:
    assert play("  - {error: {status: 429}}\n").say().headers["retry-after"] == "1"
    assert play("  - {error: {status: 429, retry_after: 7}}\n").say().headers["retry-after"] == "7"
    for quirk in ("1.5", "Wed, 21 Oct 2026 07:28:00 GMT", "0", "-1", "99999999"):
        assert (
            play(f"  - {{error: {{status: 429}}, headers: {{retry-after: '{quirk}'}}}}\n").say().headers["retry-after"]
            == quirk
        )


@ruling("500, 502, 503")
def _server_errors() -> None:
    played = play("  - {error: {status: 503, retry_after: 5}, times: 2}\n  - {error: {status: 502}}\n  - {reply: ok}\n")
    assert [played.say(CHAT).status for _ in range(4)] == [503, 503, 502, 200]
    assert play("  - error: {status: 502}\n").say().json["message"] == "Model loading. Retry in 5-10 seconds."
    assert play("  - error: {status: 500}\n").say().json["code"] == "internal_error"


@ruling("credits/balance body")
def _balance() -> None:
    fields = "total_credits used_credits remaining_credits unlimited plan period_start period_end usage_percentage"
    assert set(fields.split()) <= set(Talk().get("/api/v1/public/credits/balance").json)
    out = play("  - {when: {operation: credits_balance}, response: {body: {remaining_credits: 0}}}\n")
    assert out.get("/api/v1/public/credits/balance").json == {"remaining_credits": 0}


@ruling("without `/public/`")
def _without_public() -> None:
    assert Talk().get("/api/v1/credits/balance").status == 404


@ruling("login")
def _login() -> None:
    right: Json = {"email": "a@example.com", "password": "x"}
    for path in ("/api/v1/auth/login", "/v1/auth/login"):
        answer = Talk().post(path, right, {})
        assert (answer.status, "access_token" in answer.json) == (200, True)
        assert Talk().post(path, b"username=a%40example.com&password=x", FORM).status == 200
        assert Talk().post(path, {"email": "a@example.com"}, {}).status == 422
    wrong = play("  - {when: {operation: login, body: {/password: bad}}, error: {status: 401}}\n")
    assert wrong.post("/api/v1/auth/login", right | {"password": "bad"}, {}).status == 401


@ruling("refresh")
def _refresh() -> None:
    expired = play("  - {when: {operation: refresh}, error: {status: 401, message: Token has expired}}\n")
    assert expired.post("/api/v1/auth/refresh", {"refresh_token": "x"}, {}).status == 401
    token = Talk().post("/api/v1/auth/login", {"email": "a@example.com", "password": "x"}, {}).json["refresh_token"]
    assert Talk().post("/api/v1/auth/refresh", {"refresh_token": token}, {}).status == 200
    assert Talk().post("/api/v1/auth/refresh", b"", {"authorization": f"Bearer {token}"}).status == 200


@ruling("CORS")
def _cors() -> None:
    preflight = {"origin": "http://localhost:3000", "access-control-request-method": "POST"}
    answer = Talk().send(Request("OPTIONS", MESSAGES, preflight))
    assert (answer.status, answer.headers.get("access-control-allow-origin")) == (204, preflight["origin"])


@pytest.mark.parametrize("topic", RULINGS)
def test_a_ruling_holds(topic: str) -> None:
    RULINGS[topic]()
