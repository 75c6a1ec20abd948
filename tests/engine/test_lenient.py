"""A lenient gateway: what is refused for its form alone is accepted with a warning, and nothing else is."""

import pytest
from pydantic import JsonValue

from mockserver.engine.settings import EngineSettings
from tests.support.bank import Bank
from tests.support.dialects import Json
from tests.support.engine import BYOK, CHAT, HELLO, MESSAGES, Talk, turns

LENIENT = EngineSettings(lenient=True)
BEARER = {"authorization": "Bearer sk_test"}

ACCEPTED: dict[str, tuple[str, Json, tuple[str, ...]]] = {
    "no provider": (
        BYOK,
        {"model": "m", "messages": HELLO},
        ("provider: missing; taken as a request of /api/v1/chat/completions",),
    ),
    "a provider of null": (
        BYOK,
        {"provider": None, "model": "m", "messages": HELLO},
        ("provider: missing; taken as a request of /api/v1/chat/completions",),
    ),
    "no model": (CHAT, {"messages": HELLO}, ("model: missing; answered by the plan's default model",)),
    "a model of null": (
        MESSAGES,
        {"model": None, "messages": HELLO},
        ("model: null; taken as absent", "model: missing; answered by the plan's default model"),
    ),
    "a null of the body": (
        MESSAGES,
        {"model": "m", "messages": HELLO, "temperature": None},
        ("temperature: null; taken as absent",),
    ),
    "nulls inside messages": (
        CHAT,
        {"model": "m", "messages": [{"role": "user", "content": "Hello", "name": None}], "seed": None},
        ("messages.0.name: null; taken as absent",),
    ),
}


@pytest.mark.parametrize(("path", "body", "warnings"), ACCEPTED.values(), ids=ACCEPTED)
def test_what_is_refused_for_its_form_alone_is_accepted_with_a_warning(
    path: str, body: Json, warnings: tuple[str, ...]
) -> None:
    assert Talk().post(path, body, BEARER).status in (400, 422)
    answer = Talk(settings=LENIENT).post(path, body, BEARER)
    assert (answer.status, answer.note.warnings) == (200, warnings)
    assert answer.headers["x-mock-note"] == "; ".join(warnings)


REFUSED: dict[str, tuple[str, Json | bytes]] = {
    "no messages": (CHAT, {"model": "m"}),
    "an unknown provider": (BYOK, {"provider": "xyz", "model": "m", "messages": HELLO}),
    "a temperature out of range": (CHAT, {"model": "m", "messages": HELLO, "temperature": 9}),
    "a null that is an item": (CHAT, {"model": "m", "messages": [None]}),
    "a null among other mistakes": (CHAT, {"model": None, "messages": "Hello"}),
    "unpaired results": (
        MESSAGES,
        {"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1"}]}]},
    ),
    "no JSON": (CHAT, b"{"),
    "no object": (CHAT, b"[]"),
    "a login without a password": ("/api/v1/auth/login", {"email": "jo@example.com"}),
}


@pytest.mark.parametrize(("path", "body"), REFUSED.values(), ids=REFUSED)
def test_whatever_is_wrong_otherwise_is_refused_as_ever(path: str, body: Json | bytes) -> None:
    strict = Talk().post(path, body, BEARER)
    lenient = Talk(settings=LENIENT).post(path, body, BEARER)
    assert strict.status in (400, 422)
    assert lenient.status in (400, 422)


def test_a_valid_request_has_no_warning() -> None:
    assert Talk(settings=LENIENT).say(BYOK).note.warnings == ()


def test_a_scenario_can_be_lenient_for_itself() -> None:
    script = turns("  - reply: hi\n")
    lenient = Talk(turns("  - {when: {operation: chat}, reply: hi}\nlenient: true\n"))
    body: Json = {"model": "m", "messages": HELLO}
    assert Talk(script).post(BYOK, body, BEARER).status == 422
    assert lenient.post(BYOK, body, BEARER).text == "hi"


def test_a_byok_request_without_a_provider_needs_a_key_and_pays_like_the_chat_route() -> None:
    assert Talk(settings=LENIENT).post(BYOK, {"model": "m", "messages": HELLO}, {}).status == 401
    bank = Bank("accounts: [{key: sk_a, credits: 3}]", settings=LENIENT)
    before = bank.left("sk_a")
    answer = bank.post(BYOK, {"model": "m", "messages": HELLO}, "sk_a")
    assert (answer.status, answer.note.operation) == (200, "chat")
    assert bank.left("sk_a") < before


def test_the_default_model_is_that_of_the_plan() -> None:
    bank = Bank("accounts: [{key: sk_a, plan: free}, {key: sk_b, plan: pro}]", settings=LENIENT)
    models: list[JsonValue] = [bank.post(CHAT, {"messages": HELLO}, key).json["model"] for key in ("sk_a", "sk_b")]
    assert models == ["qwen-7b", "qwen-coder-32b"]


def test_the_refusal_of_a_missing_provider_names_both_remedies() -> None:
    message = str(Talk().post(BYOK, {"model": "m", "messages": HELLO}, BEARER).json["message"])
    assert message.startswith("provider: Field required. ")
    assert "base URL to …/api/v1 (/api/v1/chat/completions)" in message
    assert "mockserver serve --lenient" in message
