"""Request bodies: parsed, validated, and refused with the status of their route."""

import orjson
import pytest
from pydantic import JsonValue

from mockserver.core.errors import Failure, Refusal
from mockserver.openapi.request_body import read_body
from tests.support.engine import BYOK, CHAT, HELLO, MESSAGES, contract

LOGIN = "/api/v1/auth/login"
PUBLIC_V1 = "/v1/public/chat/completions"
MANAGED = "/api/v1/managed/chat/completions"


def body_failure(path: str, body: bytes) -> Failure:
    with pytest.raises(Refusal) as refused:
        read_body(contract().find("POST", path)[0], body)
    return refused.value.failure


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (MESSAGES, 400, "invalid_request"),
        ("/v1/messages/count_tokens", 400, "invalid_request"),
        (CHAT, 400, "invalid_request"),
        (PUBLIC_V1, 400, "invalid_request"),
        (MANAGED, 400, "invalid_request"),
        (BYOK, 422, "validation_error"),
        (LOGIN, 422, "validation_error"),
    ],
)
def test_a_failed_validation_has_the_status_of_its_route(path: str, status: int, code: str) -> None:
    failure = body_failure(path, b"{}")
    assert (failure.status, failure.code) == (status, code)


USER: JsonValue = {"role": "user", "content": "hi"}


def body_of(**fields: JsonValue) -> dict[str, JsonValue]:
    least: dict[str, JsonValue] = {"model": "m", "messages": HELLO, "provider": "anthropic"}
    return least | fields


NO_PROVIDER = (
    "provider: Field required. /v1/chat/completions is the bring-your-own-key route. Without a provider, set the"
    " client's base URL to …/api/v1 (/api/v1/chat/completions), or run `mockserver serve --lenient`"
)

INVALID: list[tuple[str, JsonValue, str, str]] = [
    (MESSAGES, {"messages": HELLO}, "model", "model: Field required"),
    (MESSAGES, body_of(messages=[]), "messages", "messages: Input should have at least 1 item"),
    (MESSAGES, body_of(max_tokens=0), "max_tokens", "max_tokens: Input should be greater than or equal to 1"),
    (MESSAGES, body_of(temperature=2.5), "temperature", "temperature: Input should be less than or equal to 2"),
    (MESSAGES, body_of(max_tokens="5"), "max_tokens", "max_tokens: Input should be of type integer"),
    (
        MESSAGES,
        body_of(messages=[USER, {"role": "tool", "content": "hi"}]),
        "messages.1.role",
        "messages.1.role: Input should be 'user' or 'assistant' or 'system'",
    ),
    (
        MESSAGES,
        body_of(messages=[{"role": "user", "content": [{"type": "text"}]}]),
        "messages.0.content.0.text",
        "messages.0.content.0.text: Field required",
    ),
    (
        MESSAGES,
        body_of(tools=[{"name": "a b", "input_schema": {"type": "object"}}]),
        "tools.0.name",
        "tools.0.name: Input should match the pattern ^[a-zA-Z0-9_-]{1,128}$",
    ),
    (PUBLIC_V1, body_of(temperature=1.5), "temperature", "temperature: Input should be less than or equal to 1"),
    (BYOK, {"model": "m", "messages": HELLO}, "provider", NO_PROVIDER),
    (
        BYOK,
        body_of(tools=[{"type": "function"}]),
        "tools.0.function",
        "Validation error - Invalid tool parameters: tools.0.function: Field required",
    ),
    (MESSAGES, [], "body", "body: Input should be of type object"),
    (MESSAGES, None, "body", "body: Input should be of type object"),
    (MESSAGES, "text", "body", "body: Input should be of type object"),
]


@pytest.mark.parametrize(("path", "body", "param", "message"), INVALID)
def test_the_error_names_the_field_by_its_path_and_says_what_it_should_be(
    path: str, body: JsonValue, param: str, message: str
) -> None:
    failure = body_failure(path, orjson.dumps(body))
    assert (failure.param, failure.message) == (param, message)


NOT_JSON: list[tuple[bytes, str]] = [
    (b"", "zero-length, empty document"),
    (b"{", "at byte 1"),
    (b"{'model': 1}", "at byte 1"),
    (b'{"model": "\xff"}', "at byte"),
    (b'{"model": "\\ud800"}', "at byte"),
    (b'{"max_tokens": NaN}', "at byte"),
    (b'{"max_tokens": 1e999}', "at byte"),
    (b"\xef\xbb\xbf{}", "at byte 0"),
]


@pytest.mark.parametrize(("body", "reason"), NOT_JSON, ids=[repr(body)[:24] for body, _ in NOT_JSON])
def test_a_body_that_is_not_json_is_refused_with_the_position(body: bytes, reason: str) -> None:
    failure = body_failure(MESSAGES, body)
    assert (failure.status, failure.code) == (400, "invalid_json")
    assert failure.message.startswith("The request body is not valid JSON: ")
    assert reason in failure.message


def test_a_body_that_is_not_json_has_the_status_of_its_route() -> None:
    assert body_failure(BYOK, b"{").status == 422


def test_the_error_never_repeats_what_was_sent() -> None:
    secret = "my secret prompt"
    assert (
        secret not in body_failure(MESSAGES, orjson.dumps(body_of(messages=[{"role": secret, "content": 1}]))).message
    )


def test_an_optional_body_may_be_empty() -> None:
    assert read_body(contract().find("POST", "/api/v1/auth/refresh")[0], b"") == {}


def test_a_form_is_read_where_the_contract_has_one() -> None:
    login = contract().find("POST", LOGIN)[0]
    form = "application/x-www-form-urlencoded; charset=utf-8"
    assert read_body(login, b"username=a%40b.c&password=x+y", form) == {"username": "a@b.c", "password": "x y"}


@pytest.mark.parametrize("body", [b"", b"username=a%40b.c", b"password=x", b"\xff\xfe"])
def test_a_form_that_lacks_a_field_is_refused(body: bytes) -> None:
    login = contract().find("POST", LOGIN)[0]
    with pytest.raises(Refusal) as refused:
        read_body(login, body, "application/x-www-form-urlencoded")
    assert refused.value.failure.status == 422


NESTED = {
    "in a described field": b'{"model": "m", "messages": {"a": ' + b"[" * 99 + b"]" * 99 + b"}}",
    "in another field": b'{"metadata": {"a": ' + b"[" * 300 + b"]" * 300 + b"}}",
    "too deeply to parse": b"[" * 100_000,
}


@pytest.mark.parametrize("where", NESTED)
def test_a_body_that_is_nested_too_deeply_is_refused(where: str) -> None:
    failure = body_failure(MESSAGES, NESTED[where])
    assert (failure.status, failure.code) == (400, "invalid_json")
    assert failure.message == "The request body is nested more than 100 levels deep."
