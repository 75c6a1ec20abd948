"""The contract itself: openapi.yaml is valid and complete, and its examples satisfy its schemas.

Nothing here talks to a server. Schemas are compiled from the file with jsonschema-rs, as the mock compiles them, so the
expected paths and messages are those that a developer sees.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema_rs
import pytest
import yaml
from openapi_spec_validator import OpenAPIV32SpecValidator

Json = dict[str, Any]

TEXT = (Path(__file__).parents[2] / "openapi.yaml").read_text(encoding="utf-8")
SPEC: Json = yaml.load(TEXT, Loader=yaml.CSafeLoader)
SOURCES = {"D0", "D1", "D2", "D3", "D4", "OBS", "SDK"}

# operationId, method, path, wire, alias of
OPERATIONS = """
messages                post  /v1/messages                                      anthropic  -
messages_api            post  /api/v1/messages                                  anthropic  messages
count_tokens            post  /v1/messages/count_tokens                         anthropic  -
count_tokens_api        post  /api/v1/messages/count_tokens                     anthropic  count_tokens
chat                    post  /api/v1/chat/completions                          openai     -
chat_byok               post  /v1/chat/completions                              openai     -
chat_public             post  /api/v1/public/chat/completions                   openai     -
chat_public_v1          post  /v1/public/chat/completions                       openai     -
chat_managed            post  /api/v1/managed/chat/completions                  openai     -
chat_managed_v1         post  /v1/managed/chat/completions                      openai     chat_managed
chat_managed_public     post  /api/v1/public/managed-chat/chat/completions      openai     -
chat_managed_public_v1  post  /v1/public/managed-chat/chat/completions          openai     chat_managed_public
models                  get   /api/v1/models                                    json       -
models_v1               get   /v1/models                                        json       models
model                   get   /api/v1/models/{model_id}                         json       -
model_v1                get   /v1/models/{model_id}                             json       model
credits_balance         get   /api/v1/public/credits/balance                    json       -
credits_balance_v1      get   /v1/public/credits/balance                        json       credits_balance
login                   post  /api/v1/auth/login                                json       -
login_v1                post  /v1/auth/login                                    json       login
refresh                 post  /api/v1/auth/refresh                              json       -
refresh_v1              post  /v1/auth/refresh                                  json       refresh
me                      get   /api/v1/auth/me                                   json       -
me_v1                   get   /v1/auth/me                                       json       me
logout                  post  /api/v1/auth/logout                               json       -
logout_v1               post  /v1/auth/logout                                   json       logout
oauth_roles             get   /api/oauth/roles                                  json       -
oauth_profile           get   /api/oauth/profile                                json       -
"""

USER: Json = {"role": "user", "content": "hi"}
CHAT: Json = {"model": "m", "messages": [USER]}
BYOK: Json = {"provider": "anthropic", **CHAT}
TOOL: Json = {"name": "t", "input_schema": {"type": "object"}}
TOOL_USE: Json = {"type": "tool_use", "id": "a", "name": "t", "input": "{}"}
TOOL_RESULT: Json = {"type": "tool_result", "tool_use_id": "a", "content": [{"type": "text"}]}
BITMAP: Json = {"type": "image", "source": {"type": "base64", "media_type": "image/bmp", "data": "A"}}
FUNCTION: Json = {"type": "function", "function": {"name": "t", "parameters": {"type": "object"}}}


def said(role: str, *content: Any) -> Json:
    return {"model": "m", "messages": [{"role": role, "content": list(content)}]}


# Schema | request | path of the first error | part of its message
BAD_REQUESTS: list[tuple[str, Any, str, str]] = [
    ("MessagesRequest", {"messages": [USER]}, "", '"model" is a required property'),
    ("MessagesRequest", {**CHAT, "messages": []}, "messages", "less than 1 item"),
    ("MessagesRequest", {**CHAT, "max_tokens": 0}, "max_tokens", "less than the minimum of 1"),
    ("MessagesRequest", {**CHAT, "temperature": 2.1}, "temperature", "greater than the maximum of 2"),
    ("MessagesRequest", said("tool", {"type": "text", "text": "hi"}), "messages/0/role", '"assistant" or "system"'),
    ("MessagesRequest", {**CHAT, "messages": [{"role": "user", "content": ""}]}, "messages/0/content", "shorter"),
    ("MessagesRequest", said("user"), "messages/0/content", "less than 1 item"),
    ("MessagesRequest", said("user", "hi"), "messages/0/content/0", 'not of type "object"'),
    ("MessagesRequest", said("user", {"type": "text", "text": 5}), "messages/0/content/0/text", 'type "string"'),
    ("MessagesRequest", said("user", {"type": "text", "text": ""}), "messages/0/content/0/text", "shorter"),
    ("MessagesRequest", said("user", {"type": "tool_use"}), "messages/0/content/0/type", "not one of"),
    ("MessagesRequest", said("assistant", TOOL_USE), "messages/0/content/0/input", 'not of type "object"'),
    ("MessagesRequest", said("user", TOOL_RESULT), "messages/0/content/0/content/0", '"text" is a required property'),
    ("MessagesRequest", said("user", BITMAP), "messages/0/content/0/source/media_type", "not one of"),
    ("MessagesRequest", {**CHAT, "tools": [{**TOOL, "name": "a b"}]}, "tools/0/name", "does not match"),
    ("MessagesRequest", {**CHAT, "tools": [{"name": "t"}]}, "tools/0", '"input_schema" is a required property'),
    ("MessagesRequest", {**CHAT, "tools": [FUNCTION]}, "tools/0", '"name" is a required property'),
    ("MessagesRequest", {**CHAT, "tool_choice": {"type": "tool"}}, "tool_choice", '"name" is a required property'),
    ("MessagesRequest", {**CHAT, "tools": [{"type": "mcp_toolset"}]}, "tools/0", '"mcp_server_name" is a required'),
    ("CountTokensRequest", {"model": "m"}, "", '"messages" is a required property'),
    ("ChatRequest", {**CHAT, "messages": [{"role": "bot"}]}, "messages/0/role", "not one of"),
    ("ChatRequest", said("user", {"type": "image_url", "image_url": {}}), "messages/0/content/0/image_url", '"url"'),
    ("ChatRequest", {**CHAT, "messages": [{"role": "assistant"}]}, "messages/0", '"content" is a required property'),
    ("ChatRequest", {**CHAT, "messages": [{"role": "tool", "content": "x"}]}, "messages/0", '"tool_call_id"'),
    ("ChatRequest", {**CHAT, "tools": [TOOL]}, "tools/0", '"type" is a required property'),
    ("ChatRequest", {**CHAT, "tool_choice": "any"}, "tool_choice", '"none", "auto" or "required"'),
    ("ChatRequest", {**CHAT, "tool_choice": {"type": "function"}}, "tool_choice", '"function" is a required'),
    ("PublicChatV1Request", {**CHAT, "temperature": 1.5}, "temperature", "greater than the maximum of 1"),
    ("ByokChatRequest", CHAT, "", '"provider" is a required property'),
    ("ByokChatRequest", {**BYOK, "max_iterations": 0}, "max_iterations", "less than the minimum of 1"),
    ("ManagedChatRequest", {"messages": [USER], "tools": [{"name": "t"}]}, "tools/0", '"input_schema"'),
    ("LoginRequest", {"email": "a@b.c", "password": ""}, "password", "shorter than 1 character"),
]

# Valid requests that documents, SDKs and careless clients send.
GOOD_REQUESTS: list[tuple[str, Json]] = [
    ("MessagesRequest", {**CHAT, "system": None, "tools": None, "unknown": {"field": 1}}),
    ("MessagesRequest", {**CHAT, "tools": [{"type": "web_search_20250305", "name": "web_search"}]}),
    ("MessagesRequest", {**said("user", {"type": "text", "text": "hi"}), "max_tokens": 128000}),
    ("ChatRequest", {**CHAT, "tools": None, "temperature": 2, "tool_choice": {"type": "tool", "name": "t"}}),
    ("ChatRequest", {**CHAT, "messages": [{"role": "assistant", "content": "x", "tool_calls": None, "refusal": None}]}),
    ("ByokChatRequest", {**BYOK, "provider": "xyz"}),
    ("ManagedChatRequest", {"messages": [USER], "tools": [TOOL, FUNCTION]}),
]


class Operation(NamedTuple):
    method: str
    path: str
    body: Json


OPS = {
    op["operationId"]: Operation(method, path, op)
    for path, item in SPEC["paths"].items()
    for method, op in item.items()
}


def deref(node: Json) -> Json:
    while "$ref" in node:
        target: Any = SPEC
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


@cache
def compiled(schema: str) -> jsonschema_rs.Draft202012Validator:
    """Return the validator of a schema with the contract's components. It is JSON text, because it is a cache key."""
    schemas = {"components": {"schemas": SPEC["components"]["schemas"]}}
    return jsonschema_rs.Draft202012Validator({"allOf": [json.loads(schema)], **schemas}, validate_formats=True)


def errors(schema: Json, value: Any) -> list[str]:
    found = compiled(json.dumps(schema)).iter_errors(value)
    return ["/".join(map(str, error.instance_path)) + ": " + error.message[:200] for error in found]


def media_types(holder: Json) -> Iterator[tuple[str, Json]]:
    yield from deref(holder).get("content", {}).items()


def examples(media: Json) -> dict[str, Any]:
    return {name: deref(example)["value"] for name, example in media.get("examples", {}).items()}


def responses(op: Json) -> dict[str, Json]:
    return {status: deref(response) for status, response in op["responses"].items()}


def example_names(holder: Json) -> set[str]:
    return {name for _, media in media_types(holder) for name in examples(media)}


def event_errors(media: Json, events: list[Json]) -> Iterator[str]:
    data = deref(media["itemSchema"])["properties"]["data"]
    content = data.get("contentSchema") or data["else"]["contentSchema"]
    yield from errors(media["schema"], events)
    for event in events:
        yield from errors(media["itemSchema"], event)
        if event["data"] != "[DONE]":
            yield from errors(content, json.loads(event["data"]))


def example_errors(holder: Json) -> Iterator[str]:
    for media_name, media in media_types(holder):
        for name, value in examples(media).items():
            found = event_errors(media, value) if "itemSchema" in media else errors(media["schema"], value)
            yield from (f"{media_name} {name}: {error}" for error in found)


def walk(node: Any) -> Iterator[Json]:
    if isinstance(node, Mapping):
        yield dict(node)
    for child in node.values() if isinstance(node, Mapping) else node if isinstance(node, list) else ():
        yield from walk(child)


def test_the_contract_is_valid_openapi_3_2() -> None:
    assert SPEC["openapi"] == "3.2.0"
    assert [error.message for error in OpenAPIV32SpecValidator(SPEC).iter_errors()] == []


def test_the_file_has_no_tabs_anchors_or_aliases() -> None:
    assert "\t" not in TEXT
    tokens = [type(token).__name__ for token in yaml.scan(TEXT, Loader=yaml.CSafeLoader)]
    assert not {"AnchorToken", "AliasToken", "TagToken"} & set(tokens)


def test_both_yaml_loaders_read_the_same_contract() -> None:
    assert yaml.safe_load(TEXT) == SPEC


def test_the_operations_are_those_of_the_gateway() -> None:
    table = [tuple(line.split()) for line in OPERATIONS.split("\n") if line]
    found = [(name, op.method, op.path, op.body["x-wire"], op.body.get("x-alias-of", "-")) for name, op in OPS.items()]
    assert len(found) == sum(len(item) for item in SPEC["paths"].values()), "operationIds are unique"
    assert sorted(found) == sorted(table)


@pytest.mark.parametrize("name", OPS)
def test_an_operation_says_where_it_comes_from_and_how_it_answers(name: str) -> None:
    op = OPS[name].body
    assert (op["x-wire"] == "openai") == ("x-variant" in op)
    assert ("requestBody" in op) == ("x-invalid-status" in op)
    for holder in (op, *responses(op).values()):
        assert set() < set(holder["x-source"]) <= SOURCES
    if "x-invalid-status" in op:
        assert str(op["x-invalid-status"]) in op["responses"]


@pytest.mark.parametrize("name", [name for name, op in OPS.items() if "x-alias-of" in op.body])
def test_an_alias_differs_from_its_original_in_the_prefix_only(name: str) -> None:
    own = {"operationId", "summary", "description", "x-source", "x-alias-of"}
    alias, original = OPS[name], OPS[OPS[name].body["x-alias-of"]]
    shared, expected = ({k: v for k, v in op.body.items() if k not in own} for op in (alias, original))
    assert shared == expected
    assert {alias.path, original.path} == {f"{prefix}{alias.path.removeprefix('/api')}" for prefix in ("", "/api")}


def test_every_source_is_one_of_the_known_ones() -> None:
    named = [node["x-source"] for node in walk(SPEC) if isinstance(node.get("x-source"), list)]
    assert set().union(*named) == SOURCES


@pytest.mark.parametrize("name", OPS)
def test_every_example_obeys_its_schema(name: str) -> None:
    op = OPS[name].body
    found = [*example_errors(op.get("requestBody", {}))]
    for status, response in responses(op).items():
        found += [f"{status} {error}" for error in example_errors(response)]
        assert all(examples(media) for _, media in media_types(response)), f"{status} has no example"
    assert found == []


@pytest.mark.parametrize("response", ["MessagesOk", "ChatOk"])
def test_a_stream_without_its_end_is_refused(response: str) -> None:
    media = SPEC["components"]["responses"][response]["content"]["text/event-stream"]
    for events in examples(media).values():
        assert [*event_errors(media, events[:-1])]
        assert [*event_errors(media, [*events, events[-1]])]


@pytest.mark.parametrize("name", OPS)
def test_every_request_example_has_an_answer_of_the_same_name(name: str) -> None:
    op = OPS[name].body
    in_path = [deref(parameter) for parameter in op.get("parameters", []) if deref(parameter)["in"] == "path"]
    asked = example_names(op.get("requestBody", {})).union(*(parameter["examples"] for parameter in in_path))
    assert asked <= set().union(*(example_names(response) for response in responses(op).values()))


def test_every_component_is_used() -> None:
    used = {node["$ref"] for node in walk(SPEC) if isinstance(node.get("$ref"), str)}
    kinds = [kind for kind in SPEC["components"] if kind != "securitySchemes"]
    assert used == {f"#/components/{kind}/{name}" for kind in kinds for name in SPEC["components"][kind]}


@pytest.mark.parametrize("name", OPS)
def test_every_error_example_speaks_all_published_forms(name: str) -> None:
    op = OPS[name].body
    forms = ["ErrorObject", "FastApiError", "BareError", *["AnthropicError"] * (op["x-wire"] == "anthropic")]
    superset = {"allOf": [{"$ref": f"#/components/schemas/{form}"} for form in forms]}
    for response in (response for status, response in responses(op).items() if status >= "400"):
        for example, value in examples(response["content"]["application/json"]).items():
            if example != "tool_failure":  # D4 publishes it as a form of its own
                assert errors(superset, value) == [], example
                assert (value["message"], value["code"]) == (value["error"]["message"], value["error"]["code"])


def test_every_429_requires_retry_after() -> None:
    limited = [responses(op.body)["429"] for op in OPS.values() if "429" in op.body["responses"]]
    assert len(limited) == len(OPS) - 2, "all but the two absent ones"
    assert all(deref(response["headers"]["retry-after"])["required"] is True for response in limited)


@pytest.mark.parametrize(("schema", "sent", "path", "message"), BAD_REQUESTS)
def test_a_bad_request_is_refused_at_its_leaf(schema: str, sent: Any, path: str, message: str) -> None:
    first = errors({"$ref": f"#/components/schemas/{schema}"}, sent)[0]
    assert first.split(": ")[0] == path
    assert message in first


@pytest.mark.parametrize(("schema", "sent"), GOOD_REQUESTS)
def test_a_good_request_passes(schema: str, sent: Json) -> None:
    assert errors({"$ref": f"#/components/schemas/{schema}"}, sent) == []
