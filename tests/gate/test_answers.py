"""Whole answers and errors, good and bad: which promise each fault breaks."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from mockserver.contracts.check import Memory
from tests.gate.support import CHAT, MESSAGES, NOW, broken, exchange

WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
ASKED = {
    "tools": [{"type": "function", "function": {"name": "look", "parameters": WEATHER}}],
    "tool_choice": "required",
}
CALL = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": '{"city": "Oslo"}'}}
GOOD: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": NOW,
    "model": "m",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": None, "tool_calls": [CALL]},
            "finish_reason": "tool_calls",
        }
    ],
    "usage": {"prompt_tokens": 4, "completion_tokens": 6, "total_tokens": 10},
}


def put(*path: Any) -> Callable[[Any], None]:
    """Return a function that sets the value at a path; the last argument is the value."""

    def change(body: Any) -> None:
        for step in path[:-2]:
            body = body[step]
        body[path[-2]] = path[-1]

    return change


FUNCTION = ("choices", 0, "message", "tool_calls", 0, "function")
FAULTS: list[tuple[str, Callable[[Any], None]]] = [
    ("usage-adds-up", put("usage", "total_tokens", 11)),
    ("usage-counts", put("usage", "completion_tokens", 0)),
    ("usage-counts", put("usage", "prompt_tokens", 9_000_000)),
    ("cached-counts", put("usage", "prompt_tokens_details", {"cached_tokens": 9_000_000})),
    ("max-tokens-kept", put("usage", "completion_tokens", 51)),
    ("stop-matches-content", put("choices", 0, "finish_reason", "stop")),
    ("stop-matches-content", put("choices", 0, "message", {"role": "assistant", "content": "Hi"})),
    ("model-echoed", put("model", "other")),
    ("tools-as-offered", put(*FUNCTION, "name", "rm")),
    ("tool-arguments", put(*FUNCTION, "arguments", "{}")),
    ("tool-arguments", put(*FUNCTION, "arguments", "nonsense")),
    ("tool-forced", put("choices", 0, "message", {"role": "assistant", "content": "Hi"})),
    ("created-plausible", put("created", NOW * 1000)),
    ("one-choice", put("choices", 0, "index", 3)),
    ("ids-unique", put("choices", 0, "message", "tool_calls", 0, "id", "chatcmpl-1")),
    ("body-schema", put("object", "completion")),
    ("not-empty", put("choices", 0, "message", {"role": "assistant", "content": ""})),
]


def test_a_good_answer_breaks_nothing() -> None:
    assert broken(exchange(CHAT, GOOD, asked=ASKED)) == set()


@pytest.mark.parametrize(("promise", "change"), FAULTS)
def test_a_fault_breaks_its_promise(promise: str, change: Callable[[Any], None]) -> None:
    body = copy.deepcopy(GOOD)
    change(body)
    assert promise in broken(exchange(CHAT, body, asked=ASKED))


def test_no_document_promises_the_prefix_of_an_id() -> None:
    assert broken(exchange(CHAT, GOOD | {"id": "cmpl_7f"}, asked=ASKED)) == set()
    assert "body-schema" in broken(exchange(CHAT, GOOD | {"id": ""}, asked=ASKED))


def test_an_id_is_never_used_twice_in_a_run() -> None:
    memory = Memory()
    assert "ids-unique" not in broken(exchange(CHAT, GOOD, asked=ASKED), memory=memory)
    assert "ids-unique" in broken(exchange(CHAT, GOOD, asked=ASKED), memory=memory)


def test_a_stream_that_is_asked_for_must_come() -> None:
    assert "stream-as-asked" in broken(exchange(CHAT, GOOD, asked={**ASKED, "stream": True}))


ERROR = {"type": "error", "error": {"message": "No", "type": "authentication_error", "code": "invalid_api_key"}}
FAILURES: list[tuple[str, int, Any, dict[str, str]]] = [
    ("error-envelope", 401, {"oops": 1}, {}),
    ("error-envelope", 401, {"error": {"message": " ", "type": "authentication_error", "code": None}}, {}),
    ("error-type", 401, {"error": {"message": "No", "type": "rate_limit_error", "code": None}}, {}),
    ("error-agrees", 401, {**ERROR, "message": "Yes"}, {}),
    ("error-dialect", 401, {"error": ERROR["error"]}, {}),
    ("error-no-internals", 401, {"detail": 'Traceback (most recent call last):\n  File "x.py", line 1'}, {}),
    ("auth-no-echo", 401, {"detail": "bad key sk_secret_of_a_test"}, {}),
    ("auth-no-echo", 401, ERROR, {"x-debug": "sk_secret_of_a_test"}),
    ("retry-after", 429, {"detail": "slow down"}, {}),
    ("retry-after", 429, {"detail": "slow down"}, {"retry-after": "1.5"}),
    ("retry-after", 429, {"detail": "slow down"}, {"retry-after": "0"}),
    ("retry-after", 429, {"detail": "slow down"}, {"retry-after": "Fri, 20 Nov 2026 12:00:00 GMT"}),
    ("known-status", 418, {"detail": "tea"}, {}),
    ("no-server-error", 500, {"detail": "no"}, {}),
    ("known-media-type", 401, ERROR, {"content-type": "text/html"}),
]


@pytest.mark.parametrize(("promise", "status", "body", "headers"), FAILURES)
def test_a_bad_failure_breaks_its_promise(promise: str, status: int, body: Any, headers: dict[str, str]) -> None:
    assert promise in broken(exchange(MESSAGES, body, status=status, headers=headers))


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (401, {"error": ERROR["error"]}, {}),
        (401, {"detail": "No"}, {}),
        (400, {"detail": [{"loc": ["body", 0], "msg": "missing", "type": "missing"}]}, {}),
        (429, {"message": "Slow down", "code": "rate_limit_exceeded"}, {"retry-after": "7"}),
    ],
)
def test_published_forms_break_nothing(status: int, body: Any, headers: dict[str, str]) -> None:
    assert broken(exchange(CHAT, body, status=status, headers=headers)) == set()


def test_the_anthropic_wire_has_one_form_of_an_error() -> None:
    assert broken(exchange(MESSAGES, ERROR, status=401)) == set()
    for body in ({"detail": "No"}, {"message": "No", "code": "invalid_api_key"}, {"error": "No"}):
        assert "error-envelope" in broken(exchange(MESSAGES, body, status=401))


@pytest.mark.parametrize(
    "body", [None, 7, [], "x", {}, {"choices": 7}, {"choices": [None]}, {"content": [7], "usage": 7}]
)
def test_no_answer_makes_a_judge_raise(body: Any) -> None:
    for path in (MESSAGES, CHAT):
        for status in (200, 400, 429):
            assert broken(exchange(path, body, status=status)), "such an answer breaks something"
