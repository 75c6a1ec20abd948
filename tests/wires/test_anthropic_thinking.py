"""Thinking in requests of the Anthropic wire: what is asked for, and what must come back as it was."""

from collections.abc import Sequence

import pytest
from pydantic import JsonValue

from mockserver.core.errors import Refusal
from mockserver.core.signatures import NONCE, sign
from mockserver.wires.anthropic import request, thinking

NONCE_A = "a" * NONCE
ENABLED: JsonValue = {"type": "enabled", "budget_tokens": 1024}
USER: JsonValue = {"role": "user", "content": "Hello"}
THOUGHT: JsonValue = {"type": "thinking", "thinking": "Hm.", "signature": sign("Hm.", NONCE_A)}
CHANGED: JsonValue = {"type": "thinking", "thinking": "Hm!", "signature": sign("Hm.", NONCE_A)}
UNSIGNED: JsonValue = {"type": "thinking", "thinking": "Hm.", "signature": ""}
FOREIGN: JsonValue = {"type": "thinking", "thinking": "Hm.", "signature": "EqQBCgIY"}
REDACTED: JsonValue = {"type": "redacted_thinking", "data": sign("", NONCE_A)}
SPOILT: JsonValue = {"type": "redacted_thinking", "data": sign("", NONCE_A)[:-1]}
TEXT: JsonValue = {"type": "text", "text": "Well."}


def call(id: str = thinking.THOUGHT + "a") -> JsonValue:
    return {"type": "tool_use", "id": id, "name": "read", "input": {}}


def result(id: str = thinking.THOUGHT + "a") -> JsonValue:
    return {"role": "user", "content": [{"type": "tool_result", "tool_use_id": id, "content": "found"}]}


def assistant(*blocks: JsonValue) -> JsonValue:
    return {"role": "assistant", "content": list(blocks)}


def refusal(messages: Sequence[JsonValue], config: JsonValue = ENABLED, **fields: JsonValue) -> str:
    """Return the words of the refusal; "" for a request that is taken."""
    body = {"model": "claude-sonnet-4.5", "messages": list(messages), "thinking": config, **fields}
    try:
        request.check(request.parse(body, 4096))
    except Refusal as refused:
        assert refused.failure.status == 400
        return refused.failure.message
    return ""


@pytest.mark.parametrize(
    ("config", "asked"),
    [
        (None, "none"),
        ("enabled", "none"),
        ({"type": "disabled"}, "none"),
        ({"type": "enabled"}, "shown"),
        ({"type": "adaptive"}, "shown"),
        ({"type": "adaptive", "display": "summarized"}, "shown"),
        ({"type": "adaptive", "display": "omitted"}, "hidden"),
    ],
)
def test_a_request_asks_for_thinking_by_its_config(config: JsonValue, asked: str) -> None:
    assert thinking.asked(config) == asked


@pytest.mark.parametrize(
    "messages",
    [
        [USER],
        [USER, assistant(THOUGHT, TEXT), USER],
        [USER, assistant(THOUGHT, call()), result()],
        [USER, assistant(REDACTED, call()), result()],
        [USER, assistant(FOREIGN, call()), result()],
        [USER, assistant(call("toolu_a")), result("toolu_a")],
        [USER, assistant(call()), result(), assistant(TEXT), USER],
    ],
    ids=["none", "answered", "tool", "redacted", "foreign", "a call without thinking", "an earlier turn without it"],
)
def test_history_as_it_came_is_taken(messages: list[JsonValue]) -> None:
    assert refusal(messages) == ""


LATEST = (
    "`thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified. These blocks must "
    "remain as they were in the original response."
)


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ([USER, assistant(CHANGED, call()), result()], f"messages.1.content.0: {LATEST}"),
        ([USER, assistant(SPOILT, call()), result()], f"messages.1.content.0: {LATEST}"),
        (
            [USER, assistant(UNSIGNED, call()), result()],
            "messages.1.content.0: Invalid `signature` in `thinking` block",
        ),
        (
            [USER, assistant(TEXT, CHANGED), USER, assistant(THOUGHT, TEXT), USER],
            "messages.1.content.1: Invalid `signature` in `thinking` block",
        ),
        (
            [USER, assistant(SPOILT), USER, assistant(TEXT), USER],
            "messages.1.content.0: Invalid `data` in `redacted_thinking` block",
        ),
    ],
)
def test_history_that_was_changed_is_refused_in_the_real_words(messages: list[JsonValue], words: str) -> None:
    assert refusal(messages) == words


@pytest.mark.parametrize(
    ("messages", "place", "kind"),
    [
        ([USER, assistant(call()), result()], 1, "tool_use"),
        ([USER, assistant(TEXT, call()), result()], 1, "text"),
        ([USER, assistant(call()), result(), assistant(THOUGHT, call("toolu_b")), result("toolu_b")], 1, "tool_use"),
    ],
)
def test_a_call_that_lost_its_thinking_is_refused_while_the_turn_goes_on(
    messages: list[JsonValue], place: int, kind: str
) -> None:
    words = f"messages.{place}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{kind}`."
    assert refusal(messages).startswith(words)


@pytest.mark.parametrize("config", [None, {"type": "disabled"}, {"type": "adaptive"}])
def test_lost_thinking_matters_only_where_thinking_is_enabled(config: JsonValue) -> None:
    assert refusal([USER, assistant(call()), result()], config) == ""


@pytest.mark.parametrize(
    ("budget", "limit", "taken"),
    [
        (1024, 4096, True),
        (4095, 4096, True),
        (4096, 4096, False),
        (5000, 4096, False),
        (5000, None, True),
        (None, 10, True),
    ],
)
def test_the_budget_is_less_than_max_tokens(budget: int | None, limit: int | None, taken: bool) -> None:
    config: JsonValue = {"type": "enabled"} if budget is None else {"type": "enabled", "budget_tokens": budget}
    words = refusal([USER], config, **({} if limit is None else {"max_tokens": limit}))
    assert words.startswith("`max_tokens` must be greater than `thinking.budget_tokens`.") is not taken


def test_other_models_have_none_of_these_rules() -> None:
    messages: list[JsonValue] = [USER, assistant(CHANGED, call()), result()]
    assert refusal(messages, {"type": "enabled", "budget_tokens": 9000}, model="qwen-7b", max_tokens=10) == ""
