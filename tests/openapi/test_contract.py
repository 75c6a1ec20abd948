"""The contract made ready: routes, the words of a failed validation, and the print for tools of yesterday."""

from functools import cache

import orjson
import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import JsonValue

from mockserver.core.errors import Failure, Refusal
from mockserver.files import bundled
from mockserver.openapi.contract import Contract
from mockserver.openapi.convert31 import convert_to_31
from mockserver.openapi.operation import Operation
from mockserver.openapi.request_body import read_body
from tests.support.engine import BYOK, CHAT, HELLO, MESSAGES, contract

LOGIN = "/api/v1/auth/login"
PUBLIC_V1 = "/v1/public/chat/completions"
MANAGED = "/api/v1/managed/chat/completions"

# Routes

ROUTES = [
    ("POST", "/v1/messages", "messages", ""),
    ("POST", "/api/v1/messages", "messages", ""),
    ("POST", "/v1/messages/count_tokens", "count_tokens", ""),
    ("POST", "/api/v1/chat/completions", "chat", ""),
    ("POST", "/v1/chat/completions", "chat_byok", ""),
    ("POST", "/v1/public/chat/completions", "chat_public_v1", ""),
    ("POST", "/api/v1/public/chat/completions", "chat_public", ""),
    ("POST", "/v1/managed/chat/completions", "chat_managed", ""),
    ("GET", "/v1/models", "models", ""),
    ("GET", "/v1/models/gemma-2b", "model", "gemma-2b"),
    ("GET", "/api/v1/models/meta/llama-3.3-8b-instruct", "model", "meta/llama-3.3-8b-instruct"),
    ("GET", "/v1/models/{model_id}", "model", "{model_id}"),
    ("GET", "/api/oauth/roles", "oauth_roles", ""),
]


@pytest.mark.parametrize(("method", "path", "name", "parameter"), ROUTES)
def test_a_route_leads_to_its_operation(method: str, path: str, name: str, parameter: str) -> None:
    operation, found = contract().find(method, path)
    assert (operation.name, "".join(found.values())) == (name, parameter)


@pytest.mark.parametrize("operation", contract().operations, ids=lambda operation: str(operation.id))
def test_every_operation_is_found_at_its_own_path(operation: Operation) -> None:
    assert contract().find(operation.method, operation.path)[0] is operation


def refusal(method: str, path: str) -> Failure:
    with pytest.raises(Refusal) as refused:
        contract().find(method, path)
    return refused.value.failure


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("/v1/mesages", " Did you mean /v1/messages?"),
        ("/v1/messages/", " Did you mean /v1/messages?"),
        ("/v1/models/", " Did you mean /v1/models?"),
        ("/api/v1/credits/balance", " Did you mean /api/v1/public/credits/balance?"),
        ("/", ""),
        ("", ""),
        ("*", ""),
    ],
)
def test_an_unknown_route_is_404_and_names_the_nearest_one(path: str, hint: str) -> None:
    failure = refusal("GET", path)
    assert (failure.status, failure.code) == (404, "unknown_route")
    assert failure.message == f"No such route: {path}.{hint}"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/messages", "POST"),
        ("HEAD", "/v1/models", "GET"),
        ("OPTIONS", "/v1/chat/completions", "POST"),
        ("DELETE", "/v1/models/gemma-2b", "GET"),
        ("post", "/v1/messages", "POST"),
    ],
)
def test_an_unknown_method_is_405_and_says_which_are_allowed(method: str, path: str, allowed: str) -> None:
    failure = refusal(method, path)
    assert (failure.status, failure.code, failure.headers) == (405, "method_not_allowed", (("allow", allowed),))
    assert failure.message == f"{path} does not take {method}; it takes {allowed}."


# Bodies


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


def said(**fields: JsonValue) -> dict[str, JsonValue]:
    least: dict[str, JsonValue] = {"model": "m", "messages": HELLO, "provider": "anthropic"}
    return least | fields


INVALID: list[tuple[str, JsonValue, str, str]] = [
    (MESSAGES, {"messages": HELLO}, "model", "model: Field required"),
    (MESSAGES, said(messages=[]), "messages", "messages: Input should have at least 1 item"),
    (MESSAGES, said(max_tokens=0), "max_tokens", "max_tokens: Input should be greater than or equal to 1"),
    (MESSAGES, said(temperature=2.5), "temperature", "temperature: Input should be less than or equal to 2"),
    (MESSAGES, said(max_tokens="5"), "max_tokens", "max_tokens: Input should be of type integer"),
    (
        MESSAGES,
        said(messages=[USER, {"role": "system", "content": "hi"}]),
        "messages.1.role",
        "messages.1.role: Input should be 'user' or 'assistant'",
    ),
    (
        MESSAGES,
        said(messages=[{"role": "user", "content": [{"type": "text"}]}]),
        "messages.0.content.0.text",
        "messages.0.content.0.text: Field required",
    ),
    (
        MESSAGES,
        said(tools=[{"name": "a b", "input_schema": {"type": "object"}}]),
        "tools.0.name",
        "tools.0.name: Input should match the pattern ^[a-zA-Z0-9_-]{1,128}$",
    ),
    (PUBLIC_V1, said(temperature=1.5), "temperature", "temperature: Input should be less than or equal to 1"),
    (BYOK, {"model": "m", "messages": HELLO}, "provider", "provider: Field required"),
    (
        BYOK,
        said(tools=[{"type": "function"}]),
        "tools.0.function",
        "Validation error - Invalid tool parameters: tools.0.function: Field required",
    ),
    (MESSAGES, [], "body", "body: Input should be of type object"),
    (MESSAGES, None, "body", "body: Input should be of type object"),
    (MESSAGES, "text", "body", "body: Input should be of type object"),
]


@pytest.mark.parametrize(("path", "body", "param", "words"), INVALID)
def test_the_error_names_the_field_by_its_path_and_says_what_it_should_be(
    path: str, body: JsonValue, param: str, words: str
) -> None:
    failure = body_failure(path, orjson.dumps(body))
    assert (failure.param, failure.message) == (param, words)


NOT_JSON: list[tuple[bytes, str]] = [
    (b"", "zero-length, empty document"),
    (b"{", "at byte 1"),
    (b"{'model': 1}", "at byte 1"),
    (b'{"model": "\xff"}', "at byte"),
    (b'{"model": "\\ud800"}', "at byte"),
    (b'{"max_tokens": NaN}', "at byte"),
    (b'{"max_tokens": 1e999}', "at byte"),
    (b"[" * 100_000, "depth limit exceeded"),
    (b"\xef\xbb\xbf{}", "at byte 0"),
]


@pytest.mark.parametrize(("body", "words"), NOT_JSON, ids=[repr(body)[:24] for body, _ in NOT_JSON])
def test_a_body_that_is_no_json_is_refused_with_the_place(body: bytes, words: str) -> None:
    failure = body_failure(MESSAGES, body)
    assert (failure.status, failure.code) == (400, "invalid_json")
    assert failure.message.startswith("The request body is not valid JSON: ")
    assert words in failure.message


def test_a_body_that_is_no_json_has_the_status_of_its_route() -> None:
    assert body_failure(BYOK, b"{").status == 422


def test_the_error_never_repeats_what_was_sent() -> None:
    secret = "my secret prompt"
    assert secret not in body_failure(MESSAGES, orjson.dumps(said(messages=[{"role": secret, "content": 1}]))).message


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


KEYWORDS: list[tuple[str, JsonValue, JsonValue, str]] = [
    ("type", ["null", "string"], 1, "Input should be of type null or string"),
    ("enum", ["a", "b"], "c", "Input should be 'a' or 'b'"),
    ("const", "a", "b", "Input should be 'a'"),
    ("exclusiveMinimum", 0, 0, "Input should be greater than 0"),
    ("exclusiveMaximum", 1, 1, "Input should be less than 1"),
    ("minLength", 2, "a", "Input should have at least 2 characters"),
    ("maxLength", 1, "ab", "Input should have at most 1 character"),
    ("maxItems", 1, [1, 2], "Input should have at most 1 item"),
    ("minProperties", 1, {}, "Input should have at least 1 property"),
    ("uniqueItems", True, [1, 1], "Input should have no duplicate items"),
    ("anyOf", [{"type": "string"}, {"const": 2}], 1, "Input should match one of the documented forms"),
    ("not", {}, 1, "Input is not valid (not)"),
    ("unevaluatedProperties", False, {"a": 1}, "Input should have no other properties than the documented ones"),
    ("allOf", [False], 1, "Input is not allowed here"),
    ("multipleOf", 2, 3, "Input should be a multiple of 2"),
]


@pytest.mark.parametrize(("keyword", "limit", "value", "words"), KEYWORDS)
def test_every_keyword_has_its_words(keyword: str, limit: JsonValue, value: JsonValue, words: str) -> None:
    schema = {"properties": {"x": {keyword: limit}}}
    media = {"application/json": {"schema": schema}}
    post = {"requestBody": {"required": True, "content": media}, "responses": {"200": {}}}
    operation = Contract({"paths": {"/x": {"post": post}}}).operations[0]
    with pytest.raises(Refusal) as refused:
        read_body(operation, orjson.dumps({"x": value}))
    assert refused.value.failure.message == f"x: {words}"


# What the document says about an operation


@pytest.mark.parametrize(
    ("path", "limit"), [(MESSAGES, 4096), (CHAT, 4096), ("/api/v1/public/chat/completions", 4096), (PUBLIC_V1, 1024)]
)
def test_the_default_of_max_tokens_is_that_of_the_route(path: str, limit: int) -> None:
    assert contract().find("POST", path)[0].max_tokens == limit


@pytest.mark.parametrize(
    ("schema", "limit"),
    [
        ({"properties": {"max_tokens": {"default": 5}}}, 5),
        ({"allOf": [{}, {"properties": {"max_tokens": {"default": 6}}}]}, 6),
        ({"allOf": [{"properties": {"max_tokens": {"default": 6}}}], "properties": {"max_tokens": {"default": 5}}}, 5),
        ({"allOf": [{"properties": {"max_tokens": {}}}]}, None),
    ],
)
def test_the_outermost_default_of_a_field_counts(schema: JsonValue, limit: int | None) -> None:
    post = {"requestBody": {"content": {"application/json": {"schema": schema}}}, "responses": {"200": {}}}
    assert Contract({"paths": {"/x": {"post": post}}}).operations[0].max_tokens == limit


def test_conversations_are_the_operations_that_give_a_reply() -> None:
    names = {operation.name for operation in contract().operations if operation.is_conversation}
    chats = {"chat", "chat_byok", "chat_public", "chat_public_v1", "chat_managed", "chat_managed_public"}
    assert names == {"messages", *chats}


# OpenAPI 3.1


@cache
def printed() -> str:
    return convert_to_31(bundled.OPENAPI.read_text(encoding="utf-8"))


def test_the_print_as_3_1_is_valid_openapi_3_1() -> None:
    document = yaml.load(printed(), Loader=yaml.CSafeLoader)
    assert document["openapi"].startswith("3.1.")
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_the_print_as_3_1_has_the_schema_of_an_event_where_3_2_has_an_item_schema() -> None:
    assert "itemSchema" not in printed()
    document = yaml.load(printed(), Loader=yaml.CSafeLoader)
    stream = document["components"]["responses"]["MessagesOk"]["content"]["text/event-stream"]
    original = contract().document["components"]["responses"]["MessagesOk"]["content"]["text/event-stream"]
    assert stream["schema"] == original["itemSchema"]


def test_the_print_as_3_1_has_the_same_operations() -> None:
    found = Contract(yaml.load(printed(), Loader=yaml.CSafeLoader))
    assert [operation.id for operation in found.operations] == [operation.id for operation in contract().operations]
