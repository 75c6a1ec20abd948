"""What the engine answers is what openapi.yaml allows: every operation, whole and streamed, and every error."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from mockserver.core.actions import End
from mockserver.engine.request import Request
from mockserver.engine.settings import EngineSettings
from mockserver.openapi.operation import Operation
from mockserver.scenarios.script import Script
from tests.support.dialects import DIALECTS
from tests.support.engine import HELLO, Answer, Talk, contract, turns

Json = dict[str, Any]

BEARER = {"authorization": "Bearer sk_test"}
CONVERSATIONS = [operation for operation in contract().operations if operation.is_conversation]
OTHERS = [operation for operation in contract().operations if not operation.is_conversation]
EVERY_CONVERSATION = pytest.mark.parametrize("operation", CONVERSATIONS, ids=[each.id for each in CONVERSATIONS])
FORMS = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


def valid(**fields: JsonValue) -> Json:
    """Return a body that every conversation operation takes, with these fields."""
    return {"model": "m", "messages": HELLO, "max_tokens": 1000, "provider": "anthropic", **fields}


def ask(talk: Talk, operation: Operation, **fields: JsonValue) -> Answer:
    return talk.post(operation.path, valid(**fields), BEARER)


def check(operation: Operation, answer: Answer) -> None:
    """Check that the answer is documented (status, body, each event of a stream) and that it ends."""
    assert answer.status in operation.statuses
    assert answer.actions[-1] == End()
    if answer.headers["content-type"] == "application/json":
        contract().response_validator(operation, answer.status).validate(orjson.loads(answer.payload))
        assert answer.headers["content-length"] == str(len(answer.payload))
    else:
        for event in answer.events:
            contract().event_validator(operation).validate(event)


SCENARIOS: dict[str, Script | None] = {
    "by itself": None,
    "text": turns("  - reply: Hello.\n    times: always\n"),
    "odd text": turns('  - reply: "\\u0000 \\u2028 天気 🎉 \\\\ \\" </script> \\x7f"\n    times: always\n'),
    "no text": turns("  - reply: ''\n    times: always\n"),
    "a tool": turns(
        "  - reply: [{text: Look.}, {tool_use: {name: t, input: {a: [1, {b: null}]}}}]\n    times: always\n"
    ),
    "parallel tools": turns("  - reply: [{tool_use: {name: t}}, {tool_use: {name: u, id: mine}}]\n    times: always\n"),
    "json": turns("  - reply: {json: {a: [1, 'b', null]}}\n    times: always\n"),
    "a refusal": turns("  - reply: {refusal: No.}\n    times: always\n"),
    "a refusal after text": turns("  - reply: [Well, {refusal: no.}]\n    times: always\n"),
    "text after a tool": turns("  - reply: [{tool_use: {name: t}}, {text: Done.}]\n    times: always\n"),
    "paced": turns("  - reply: a b\n    pace: {first: 1s, rate: 1/s, chunk: character}\n    times: always\n"),
    "usage": turns("  - reply: a\n    usage: {input: 0, output: 0}\n    times: always\n"),
    **{
        f"stop {stop}": turns(f"  - reply: a\n    stop: {stop}\n    times: always\n")
        for stop in ("end_turn", "max_tokens", "stop_sequence", "tool_use", "refusal")
    },
}


@EVERY_CONVERSATION
@FORMS
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_reply_is_what_the_contract_allows(operation: Operation, stream: bool, scenario: str) -> None:
    answer = ask(Talk(SCENARIOS[scenario]), operation, stream=stream)
    assert answer.status == 200
    check(operation, answer)


@EVERY_CONVERSATION
@FORMS
@pytest.mark.parametrize("limit", [1, 2, 1000])
def test_every_made_call_is_what_the_contract_allows(operation: Operation, stream: bool, limit: int) -> None:
    dialect = DIALECTS[0] if operation.wire == "anthropic" else DIALECTS[1]
    schema: Json = {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"]}
    tools: JsonValue = [dialect.tool("t", schema)]
    answer = ask(Talk(), operation, tools=tools, tool_choice=dialect.required(), stream=stream, max_tokens=limit)
    assert answer.status == 200
    check(operation, answer)


@EVERY_CONVERSATION
def test_every_usage_chunk_is_what_the_contract_allows(operation: Operation) -> None:
    check(operation, ask(Talk(), operation, stream=True, stream_options={"include_usage": True}))


@EVERY_CONVERSATION
def test_every_documented_error_is_what_the_contract_allows(operation: Operation) -> None:
    for status in operation.statuses:
        if status != 200:
            answer = ask(Talk(turns(f"  - error: {{status: {status}}}\n")), operation)
            assert answer.status == status
            check(operation, answer)


def refusals(operation: Operation) -> dict[str, Answer]:
    """Return the mock's own refusals of an operation, by kind."""
    path = operation.path
    never = turns("  - when: {text: never}\n    reply: x\n")
    unpaired: JsonValue = [*HELLO, DIALECTS[0 if operation.wire == "anthropic" else 1].call("a"), *HELLO]
    return {
        "a refused key": Talk().post(path, b"", {"x-api-key": "sk-ant-x"}),
        "no session": Talk().post(path, b"", BEARER | {"x-mock-session": "!"}),
        "too large": Talk().send(Request("POST", path, BEARER, too_large=True)),
        "no JSON": Talk().post(path, b"{", BEARER),
        "no object": Talk().post(path, b"[]", BEARER),
        "an invalid field": ask(Talk(), operation, temperature=99),
        "an invalid tool": ask(Talk(), operation, tools=[{"name": "a b"}]),
        "unpaired calls": ask(Talk(), operation, messages=unpaired),
        "too many tokens": ask(
            Talk(settings=EngineSettings(strict_models=True)), operation, model="claude-opus-4", max_tokens=10**6
        ),
        "no turn": ask(Talk(never), operation),
        "no scenario": Talk(never).post(
            path, {"model": "mock/none", "messages": HELLO, "provider": "anthropic"}, BEARER
        ),
    }


@EVERY_CONVERSATION
def test_every_complaint_of_the_mock_is_what_the_contract_allows(operation: Operation) -> None:
    for answer in refusals(operation).values():
        assert answer.status >= 400
        check(operation, answer)


@EVERY_CONVERSATION
def test_every_complaint_of_the_mock_says_its_code_in_a_header(operation: Operation) -> None:
    for answer in refusals(operation).values():
        assert answer.headers["x-mock-error"] == answer.json["code"] == answer.note.code


BODIES: dict[str, JsonValue] = {
    "count_tokens": {"model": "m", "messages": HELLO},
    "login": {"email": "user@example.com", "password": "x"},
    "refresh": {"refresh_token": "rt_1"},
}


@pytest.mark.parametrize("operation", OTHERS, ids=[each.id for each in OTHERS])
def test_every_other_operation_answers_what_the_contract_allows(operation: Operation) -> None:
    body = orjson.dumps(BODIES[operation.name]) if operation.name in BODIES else b""
    path = operation.path.replace("{model_id}", "claude-opus-4")
    answer = Talk().send(Request(operation.method, path, BEARER, body))
    assert answer.status == (404 if operation.name.startswith("oauth") else 200)
    check(operation, answer)


# Anything at all as a body

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
ANYTHING = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
FIELDS = (
    *("model", "messages", "max_tokens", "max_completion_tokens", "stop", "stop_sequences", "stream", "temperature"),
    *("stream_options", "system", "tools", "tool_choice", "provider", "max_iterations", "preferred_model", "user"),
)
BLOCKS = st.fixed_dictionaries(
    {"type": st.sampled_from(["text", "tool_use", "tool_result", "image", "image_url", "refusal"])},
    optional=dict.fromkeys(("text", "id", "name", "tool_use_id", "content", "input"), SCALARS),
)
MESSAGE = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant", "system", "tool", "developer", "function"])},
    optional={
        "content": st.text() | st.lists(BLOCKS, max_size=3) | ANYTHING,
        "tool_call_id": st.text(),
        "name": st.text(),
    },
)
FITTING = {
    "messages": st.lists(MESSAGE, max_size=4),
    "max_tokens": st.integers(-1, 9_000) | st.sampled_from([1.0, 2.0, 1.5, 1e300]),
    "max_iterations": st.integers(-1, 9) | st.just(2.0),
    "stream": st.booleans(),
    "stop": st.text(max_size=3) | st.lists(st.text(max_size=3), max_size=2),
    "stop_sequences": st.lists(st.text(max_size=3), max_size=2),
    "provider": st.sampled_from(["anthropic", "meta_llama", "x"]),
}
EVERY_POST = [operation for operation in contract().operations if operation.method == "POST"]
PLAYED = turns("  - reply: [{text: 'One two {{last_user_text}}'}, {tool_use: {name: t}}]\n    times: always\n")


@given(operation=st.sampled_from(EVERY_POST), body=st.binary())
def test_any_bytes_as_a_body_have_a_documented_answer(operation: Operation, body: bytes) -> None:
    check(operation, Talk().post(operation.path, body, BEARER))


@given(operation=st.sampled_from(EVERY_POST), body=ANYTHING)
def test_any_json_as_a_body_has_a_documented_answer(operation: Operation, body: JsonValue) -> None:
    check(operation, Talk().post(operation.path, dumped(body), BEARER))


@st.composite
def bodies(draw: st.DrawFn) -> Json:
    """Return a valid body, but for up to three fields."""
    names = draw(st.lists(st.sampled_from(FIELDS), max_size=3, unique=True))
    return valid() | {name: draw(FITTING.get(name, ANYTHING)) for name in names}


@given(operation=st.sampled_from(CONVERSATIONS), body=bodies())
def test_any_fields_in_a_valid_body_have_a_documented_answer(operation: Operation, body: Json) -> None:
    check(operation, Talk(PLAYED).post(operation.path, dumped(body), BEARER))


def dumped(value: JsonValue) -> bytes:
    """JSON text of anything that hypothesis makes, numbers of any size included."""
    return json.dumps(value).encode()


CALL: Json = {"type": "tool_use", "id": "a", "name": "t", "input": {"x": "DEEP"}}
CALLED: JsonValue = [*HELLO, {"role": "assistant", "content": [CALL]}, *DIALECTS[0].results("a")]
SCHEMA: Json = {"type": "object", "x": "DEEP"}

UNDESCRIBED: list[Json] = [
    {"max_tokens": {}},
    {"stop_sequences": 7},
    {"stop_sequences": [7]},
    {"max_tokens": "x", "stream": {}},
    {"max_tokens": True, "stop": {"a": 1}},
]


@EVERY_CONVERSATION
@pytest.mark.parametrize("fields", UNDESCRIBED, ids=repr)
def test_a_field_that_no_schema_describes_has_a_documented_answer(operation: Operation, fields: Json) -> None:
    check(operation, Talk().post(operation.path, dumped(valid() | fields), BEARER))


@pytest.mark.parametrize("depth", [90, 98, 99, 300, 900])
def test_a_schema_of_the_body_meets_no_body_that_it_cannot_check(depth: int) -> None:
    played = turns("  - {when: {body_schema: {required: [x]}}, reply: no}\n  - {reply: hi, times: always}\n")
    body = dumped(valid(metadata={"a": "DEEP"})).replace(b'"DEEP"', b"[" * depth + b"]" * depth)
    operation = next(each for each in CONVERSATIONS if each.path == "/v1/messages")
    answer = Talk(played).post(operation.path, body, BEARER)
    check(operation, answer)
    assert answer.status == (200 if depth <= 98 else 400)


NESTED: dict[str, tuple[str, Json]] = {
    "a tool's schema": ("anthropic", {"tools": [{"name": "t", "input_schema": SCHEMA}]}),
    "a call's input": ("anthropic", {"messages": CALLED}),
    "a function's parameters": ("openai", {"tools": [DIALECTS[1].tool("t", SCHEMA)]}),
}


@pytest.mark.parametrize("where", NESTED)
@pytest.mark.parametrize("depth", [100, 250, 260, 500, 900, 2_000])
def test_json_nested_however_deep_has_a_documented_answer(where: str, depth: int) -> None:
    wire, fields = NESTED[where]
    body = dumped(valid() | fields).replace(b'"DEEP"', b"[" * depth + b"]" * depth)
    operation = next(each for each in CONVERSATIONS if each.wire == wire)
    check(operation, Talk().post(operation.path, body, BEARER))
