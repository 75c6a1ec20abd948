"""The verdict on what a client makes of answers, and on the limits that a test sets it."""

from pathlib import Path

import httpx
import pytest
from pydantic import JsonValue

from mockserver.journal.client_rules import ClientLimits
from mockserver.journal.log import Outcome
from mockserver.testing.gateway import GatewaySession
from tests.journal.verdict_support import TOOLS, rules_of
from tests.support.engine import CHAT
from tests.support.posting import post

USER: JsonValue = {"role": "user", "content": "Hello"}


def then(gateway: GatewaySession, *later: JsonValue, tools: JsonValue = None) -> httpx.Response:
    """Post the same conversation with these messages after it."""
    messages: JsonValue = [USER, *later]
    return post(gateway, messages=messages) if tools is None else post(gateway, messages=messages, tools=tools)


def call(gateway: GatewaySession, text: str = "") -> JsonValue:
    """Return the assistant's message with the tool call of the last answer."""
    [made] = gateway.journal.last.answer.calls
    arguments: JsonValue = made.input if isinstance(made.input, dict) else {"q": "made up"}
    return {
        "role": "assistant",
        "content": [{"type": "tool_use", "id": made.id, "name": made.name, "input": arguments}],
    }


def result(gateway: GatewaySession, *, is_error: bool = False) -> JsonValue:
    [made] = gateway.journal.last.answer.calls
    block: JsonValue = {"type": "tool_result", "tool_use_id": made.id, "content": "42", "is_error": is_error}
    return {"role": "user", "content": [block]}


def test_truncated_accepted(gateway: GatewaySession) -> None:
    gateway.reply("one two three four").fault("close", at=5).reply("ok")
    with pytest.raises(httpx.HTTPError):
        post(gateway, stream=True)
    partial = gateway.journal.last.answer.text
    assert 0 < len(partial) < len("one two three four")
    then(gateway, {"role": "assistant", "content": partial}, USER)
    assert gateway.verdict().rules == {"truncated-accepted"}


def test_truncated_and_asked_again_is_right(gateway: GatewaySession) -> None:
    gateway.reply("one two three four").fault("close", at=5).reply("ok")
    with pytest.raises(httpx.HTTPError):
        post(gateway, stream=True)
    gateway.clock.advance(1)
    post(gateway, stream=True)
    assert not gateway.verdict()


def test_error_event_ignored(gateway: GatewaySession) -> None:
    gateway.reply("one two three four").fault("error_event", at=5).reply("ok")
    post(gateway, stream=True)
    partial = gateway.journal.last.answer.text
    then(gateway, {"role": "assistant", "content": partial}, USER)
    assert gateway.verdict().rules == {"error-event-ignored"}


@pytest.mark.parametrize(("is_error", "rules"), [(False, {"invalid-arguments-used"}), (True, set[str]())])
def test_invalid_arguments(gateway: GatewaySession, is_error: bool, rules: set[str]) -> None:
    gateway.tool_use("search", query="wrong name").reply("ok")
    post(gateway, tools=TOOLS)
    then(gateway, call(gateway), result(gateway, is_error=is_error), tools=TOOLS)
    assert gateway.verdict().rules == rules


REPEATED: list[tuple[str, str, set[str]]] = [
    ('{"q": "a"}', "42", {"invalid-arguments-used"}),
    ('{"q": "a"}', "Error: the arguments are cut off.", set()),
    ("{}", "42", set()),
    ("[1]", "42", {"invalid-arguments-used"}),
    ('{"INVALID_JSON": "{\\"q\\": \\"a"}', "42", set()),
    ('{"q": "a', "42", set()),
]
"""Arguments in the history, where those that came are `{"q": "a`, and the result: whether that proves something."""


@pytest.mark.parametrize(("arguments", "said", "rules"), REPEATED)
def test_invalid_arguments_where_a_result_has_no_mark(
    gateway: GatewaySession, arguments: str, said: str, rules: set[str]
) -> None:
    broken: JsonValue = {"id": "call_1", "type": "function", "function": {"name": "search", "arguments": '{"q": "a'}}
    message: JsonValue = {"role": "assistant", "content": None, "tool_calls": [broken]}
    choice: JsonValue = {"index": 0, "finish_reason": "tool_calls", "message": message}
    gateway.turn(response={"body": {"id": "x", "object": "chat.completion", "choices": [choice]}}).reply("ok")
    post(gateway, path=CHAT)
    repeated: JsonValue = {"id": "call_1", "type": "function", "function": {"name": "search", "arguments": arguments}}
    answered: JsonValue = {"role": "assistant", "content": None, "tool_calls": [repeated]}
    post(gateway, path=CHAT, messages=[USER, answered, {"role": "tool", "tool_call_id": "call_1", "content": said}])
    assert gateway.verdict().rules == rules


def test_the_verdict_fetches_nothing_that_a_tools_schema_names(gateway: GatewaySession, tmp_path: Path) -> None:
    (tmp_path / "schema.json").write_text('{"required": ["z"]}')
    schema: JsonValue = {"type": "object", "$ref": (tmp_path / "schema.json").as_uri()}
    tool: JsonValue = {"name": "search", "input_schema": schema}
    gateway.tool_use("search", q="x").reply("ok")
    post(gateway, tools=[tool])
    then(gateway, call(gateway), result(gateway), tools=[tool])
    assert not gateway.verdict()


@pytest.mark.parametrize("later", ["none", "other"])
def test_tool_result_mismatched(gateway: GatewaySession, later: str) -> None:
    gateway.tool_use("search", q="x").reply("ok")
    post(gateway, tools=TOOLS)
    other: JsonValue = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_x", "content": "4"}]}
    then(gateway, call(gateway), USER if later == "none" else other, tools=TOOLS)
    assert gateway.verdict().rules == {"tool-result-mismatched"}


def test_a_proper_tool_loop_is_right(gateway: GatewaySession) -> None:
    gateway.tool_use("search", q="x").reply("ok")
    post(gateway, tools=TOOLS)
    then(gateway, call(gateway), result(gateway), tools=TOOLS)
    assert not gateway.verdict()


def test_unbounded_history(gateway: GatewaySession) -> None:
    talk: list[JsonValue] = [{"role": role, "content": "x"} for _ in range(100) for role in ("user", "assistant")]
    for size in (199, 200):
        post(gateway, messages=[*talk[:size], USER])
    assert gateway.verdict().rules == {"unbounded-history"}


def test_key_leaked(gateway: GatewaySession) -> None:
    post(gateway, text=f"use {gateway.key}")
    assert gateway.verdict().rules == {"key-leaked"}


@pytest.mark.parametrize(("most", "rules"), [(1, {"too-concurrent"}), (2, set[str]())])
def test_too_concurrent(gateway: GatewaySession, most: int, rules: set[str]) -> None:
    post(gateway)
    done = Outcome(200, 1, 1, 0.0, "complete")
    assert rules_of(gateway, [(0, 2), (1, 3), (3, 4)], done, ClientLimits(concurrency=most)) == rules


@pytest.mark.parametrize(
    ("ended", "allowed", "rules"),
    [("complete", 5.0, {"no-read-timeout"}), ("complete", None, set[str]()), ("client_left", 5.0, set[str]())],
)
def test_no_read_timeout(gateway: GatewaySession, ended: str, allowed: float | None, rules: set[str]) -> None:
    post(gateway)
    stalled = Outcome(200, 2, 2, 12.0, "client_left" if ended == "client_left" else "complete", 2, ((1, 1, 1.0),))
    assert rules_of(gateway, [(0, 12)], stalled, ClientLimits(read_timeout=allowed)) == rules
