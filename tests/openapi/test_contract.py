"""The compiled contract: its routes, and what it knows of each operation."""

import pytest
from pydantic import JsonValue

from mockserver.core.errors import Failure, Refusal
from mockserver.openapi.contract import Contract
from mockserver.openapi.operation import HandlerRequest, Operation
from tests.support.engine import CHAT, MESSAGES, contract

PUBLIC_V1 = "/v1/public/chat/completions"

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


def failure_of(method: str, path: str) -> Failure:
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
    failure = failure_of("GET", path)
    assert (failure.status, failure.code) == (404, "unknown_route")
    assert failure.message == f"No such route: {path}.{hint}"


@pytest.mark.parametrize("path", ["/v1/responses", "/api/v1/responses"])
@pytest.mark.parametrize(
    "remedy", ["POST /api/v1/chat/completions", "openai.chat(…)", 'set_default_openai_api("chat_completions")']
)
def test_a_route_of_an_extension_that_is_off_is_404_and_says_what_to_use_instead(path: str, remedy: str) -> None:
    failure = failure_of("POST", path)
    assert (failure.status, failure.code) == (404, "unknown_route")
    assert remedy in failure.message
    assert "/messages" not in failure.message


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
    failure = failure_of(method, path)
    assert (failure.status, failure.code, failure.headers) == (405, "method_not_allowed", (("allow", allowed),))
    assert failure.message == f"{path} does not take {method}; it takes {allowed}."


def test_a_path_that_is_documented_as_absent_is_absent_for_every_method() -> None:
    operation, _ = contract().find("POST", "/api/oauth/roles")
    assert operation.is_absent


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


EXAMPLES: list[tuple[JsonValue, bytes | None]] = [
    ({"404": {"content": {"application/json": {"example": 1}}}}, None),
    ({"200": {}}, None),
    ({"404": {}, "201": {"content": {"application/json": {"example": {"a": 1}}}}}, b'{"a":1}'),
    ({"200": {"content": {"application/json": {"examples": {"a": {"value": 1}, "b": {"value": 2}}}}}}, b"1"),
    ({"200": {"content": {"text/plain": {"example": "x"}}}, "202": {"$ref": "#/responses/b"}}, b"2"),
]


@pytest.mark.parametrize(("responses", "example"), EXAMPLES)
def test_the_example_is_the_first_of_a_documented_success(responses: JsonValue, example: bytes | None) -> None:
    shared: JsonValue = {"b": {"content": {"application/json": {"example": 2}}}}
    document: dict[str, JsonValue] = {"responses": shared, "paths": {"/x": {"get": {"responses": responses}}}}
    assert Contract(document).operations[0].example == example


def test_answers_and_events_have_validators() -> None:
    for path in (MESSAGES, CHAT):
        operation = contract().find("POST", path)[0]
        assert not contract().response_validator(operation, 200).is_valid({})
        assert not contract().event_validator(operation).is_valid({})
        assert contract().response_validator(operation, 200) is contract().response_validator(operation, 200)
        with pytest.raises(KeyError):
            contract().response_validator(operation, 418)


def test_a_request_of_a_handler_shows_no_secret() -> None:
    request = HandlerRequest(
        method="POST", headers={"authorization": "Bearer secret"}, query="key=secret", body=b"secret"
    )
    assert repr(request) == "<POST, 6 bytes>"
