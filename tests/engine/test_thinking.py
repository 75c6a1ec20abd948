"""Thinking in replies: asked for, scripted, cut, hidden, counted, and sent back by the client."""

from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from pydantic import JsonValue

from mockserver.core.signatures import is_genuine
from mockserver.engine.thinking import THOUGHTS
from tests.support.engine import BYOK, CHAT, MESSAGES, Answer, Talk, turns

READ: dict[str, JsonValue] = {"name": "read", "input_schema": {"type": "object"}}
ENABLED: JsonValue = {"type": "enabled", "budget_tokens": 1024}
ASKED: dict[str, dict[str, JsonValue]] = {
    MESSAGES: {"thinking": ENABLED, "max_tokens": 2000},
    CHAT: {"reasoning_effort": "low"},
    BYOK: {"reasoning_effort": "low"},
}
ROUTES = pytest.mark.parametrize("path", ASKED)


def blocks_of(answer: Answer) -> list[dict[str, Any]]:
    """Return the content of a whole Anthropic answer."""
    content: list[dict[str, Any]] = orjson.loads(answer.payload)["content"]
    return content


def say(reply: str, path: str = MESSAGES, **fields: JsonValue) -> Answer:
    """Return the answer of a turn with this reply."""
    return Talk(turns(f"  - reply: {reply}")).say(path, **fields)


# Without a scenario


@ROUTES
@pytest.mark.parametrize("stream", [False, True])
def test_a_request_that_asks_for_thinking_gets_a_short_one_before_the_default_answer(path: str, stream: bool) -> None:
    answer = Talk().say(path, stream=stream, **ASKED[path])
    assert answer.thinking in THOUGHTS


@ROUTES
def test_a_request_that_does_not_ask_gets_none(path: str) -> None:
    assert Talk().say(path).thinking == ""


def test_a_forced_call_comes_after_thinking_too() -> None:
    answer = Talk().say(MESSAGES, tools=[READ], tool_choice={"type": "any"}, **ASKED[MESSAGES])
    assert [block["type"] for block in blocks_of(answer)] == ["thinking", "tool_use"]


@pytest.mark.parametrize(
    ("fields", "thinks"),
    [
        ({"reasoning_effort": "high"}, True),
        ({"reasoning_effort": "none"}, False),
        ({"reasoning_effort": None}, False),
        ({"reasoning": {"effort": "medium"}}, True),
        ({"reasoning": {"max_tokens": 2000}}, True),
        ({"reasoning": {"enabled": True}}, True),
        ({"reasoning": {"enabled": False, "effort": "low"}}, False),
        ({"reasoning": {"effort": "low", "exclude": True}}, False),
        ({"reasoning": "yes"}, False),
        ({"thinking": {"type": "enabled"}}, True),
        ({"thinking": {"type": "disabled"}}, False),
    ],
)
def test_chat_clients_ask_for_thinking_in_several_ways(fields: Mapping[str, JsonValue], thinks: bool) -> None:
    assert bool(Talk().say(CHAT, **fields).thinking) is thinks


# With a scenario


@ROUTES
@pytest.mark.parametrize("stream", [False, True])
def test_a_scripted_block_is_sent_whether_the_client_asks_for_it_or_not(path: str, stream: bool) -> None:
    reply = "[{thinking: 'You said {{last_user_text}}.'}, {text: Hi.}]"
    assert say(reply, path, stream=stream).thinking == "You said Hello."


def test_a_block_has_a_signature_that_proves_its_text() -> None:
    block = blocks_of(say("[{thinking: Hm.}, {text: Hi.}]"))[0]
    assert block["thinking"] == "Hm."
    assert is_genuine("Hm.", block["signature"])


def test_the_signature_comes_from_the_seed_and_the_block() -> None:
    reply = turns("  - reply: [{thinking: Hm.}, {thinking: Hm.}, {text: Hi.}]")
    signatures = {block["signature"] for seed in "0012" for block in blocks_of(Talk(reply, seed=seed).say())[:2]}
    assert len(signatures) == 6


def test_a_scripted_signature_is_sent_as_it_is() -> None:
    assert blocks_of(say("[{thinking: {text: Hm., signature: EqQB}}, {text: Hi.}]"))[0]["signature"] == "EqQB"


def test_redacted_thinking_keeps_its_text_from_the_client_and_costs_tokens() -> None:
    reply = "[{thinking: {text: A secret plan., redacted: true}}, {text: Hi.}]"
    answer = say(reply)
    [block, _] = blocks_of(answer)
    assert (block["type"], is_genuine("", block["data"])) == ("redacted_thinking", True)
    assert b"secret" not in answer.payload + say(reply, CHAT).payload + say(reply, CHAT, stream=True).payload
    assert answer.at("usage", "output_tokens_details", "thinking_tokens") == 4


@ROUTES
def test_thinking_counts_among_the_output_tokens(path: str) -> None:
    usage = say("[{thinking: '12345678'}, {text: '1234'}]", path).note.usage
    assert usage is not None
    assert (usage.output, usage.thinking) == (3, 2)


def test_each_wire_says_how_much_of_the_output_is_thinking() -> None:
    reply = "[{thinking: '12345678'}, {text: '1234'}]"
    assert say(reply).at("usage", "output_tokens_details") == {"thinking_tokens": 2}
    assert say(reply, CHAT).at("usage", "completion_tokens_details") == {"reasoning_tokens": 2}
    assert say(reply, stream=True).events[-2]["usage"] == {
        "input_tokens": 2,
        "output_tokens": 3,
        "output_tokens_details": {"thinking_tokens": 2},
    }


def test_the_count_of_thinking_can_be_set() -> None:
    talk = Talk(turns("  - {reply: [{thinking: Hm.}, {text: Hi.}], usage: {output: 900, thinking: 850}}"))
    assert talk.say(CHAT).at("usage", "completion_tokens_details") == {"reasoning_tokens": 850}


@pytest.mark.parametrize("stream", [False, True])
def test_omitted_thinking_has_its_signature_alone(stream: bool) -> None:
    config: JsonValue = {"type": "adaptive", "display": "omitted"}
    answer = say("[{thinking: Hm.}, {text: Hi.}]", thinking=config, stream=stream)
    assert answer.thinking == ""
    assert b'"signature":"mock' in answer.payload
    assert answer.note.usage is not None
    assert answer.note.usage.thinking == 1


def test_redacted_thinking_is_never_omitted_twice() -> None:
    config: JsonValue = {"type": "adaptive", "display": "omitted"}
    reply = "[{thinking: {text: Hm., redacted: true}}, {text: Hi.}]"
    assert blocks_of(say(reply, thinking=config))[0] == blocks_of(say(reply))[0]


# Limits


def test_max_tokens_cuts_thinking_and_signs_what_is_left() -> None:
    answer = say("[{thinking: A long train of thought.}, {text: Hi.}]", max_tokens=2)
    [block] = blocks_of(answer)
    assert (block["thinking"], answer.at("stop_reason")) == ("A long t", "max_tokens")
    assert is_genuine("A long t", block["signature"])


def test_redacted_thinking_is_left_out_where_it_does_not_fit() -> None:
    answer = say("[{thinking: {text: A long train of thought., redacted: true}}, {text: Hi.}]", max_tokens=2)
    assert (blocks_of(answer), answer.at("stop_reason")) == ([], "max_tokens")


def test_thinking_is_left_out_where_nothing_is_left_of_it() -> None:
    answer = say("[{text: '12345678'}, {thinking: Hm.}]", max_tokens=2)
    assert [block["type"] for block in blocks_of(answer)] == ["text"]


def test_stop_sequences_stop_the_text_and_not_the_thinking() -> None:
    answer = say("[{thinking: One. Two.}, {text: One. Two.}]", stop_sequences=["Two"])
    assert [block.get("thinking", block.get("text")) for block in blocks_of(answer)] == ["One. Two.", "One. "]


def test_a_pace_waits_between_the_deltas_of_thinking() -> None:
    reply = turns("  - {reply: [{thinking: One two three.}, {text: Hi.}], pace: {rate: 10/s}}")
    waits = [type(action).__name__ for action in Talk(reply).say(stream=True).actions].count("Wait")
    assert waits == 4  # three words, the signature and the text are five deltas


# The next request


def continued(answer: Answer, content: list[dict[str, JsonValue]], **fields: JsonValue) -> Answer:
    """Send the blocks of an answer back with the result of its call."""
    id = next(str(block["id"]) for block in content if block["type"] == "tool_use")
    messages: JsonValue = [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": content},  # type: ignore[dict-item]  # JSON as it came
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": id, "content": "found"}]},
    ]
    return Talk().say(
        MESSAGES, messages=messages, tools=[READ], model="claude-sonnet-4.5", **{**ASKED[MESSAGES], **fields}
    )


@pytest.mark.parametrize("display", ["summarized", "omitted"])
@pytest.mark.parametrize("redacted", ["false", "true"])
def test_thinking_that_comes_back_as_it_was_is_taken(redacted: str, display: str) -> None:
    config: JsonValue = {"type": "enabled", "budget_tokens": 1024, "display": display}
    reply = f"[{{thinking: {{text: Hm., redacted: {redacted}}}}}, {{tool_use: {{name: read, input: {{}}}}}}]"
    answer = say(reply, thinking=config, max_tokens=2000)
    assert continued(answer, blocks_of(answer)).status == 200


def test_thinking_that_was_lost_is_refused() -> None:
    answer = say("[{thinking: Hm.}, {tool_use: {name: read, input: {}}}]")
    refused = continued(answer, blocks_of(answer)[1:])
    assert (refused.status, b"but found `tool_use`" in refused.payload) == (400, True)


@pytest.mark.parametrize(
    "reply", ["[{tool_use: {name: read}}]", "[{text: Hm.}, {thinking: Hm.}, {tool_use: {name: read}}]"]
)
def test_a_reply_that_did_not_begin_with_thinking_is_taken_as_it_was(reply: str) -> None:
    answer = say(reply)
    assert continued(answer, blocks_of(answer)).status == 200


def test_a_scripted_id_asks_for_nothing() -> None:
    answer = say("[{thinking: Hm.}, {tool_use: {name: read, id: toolu_1, input: {}}}]")
    assert continued(answer, blocks_of(answer)[1:]).status == 200


def test_chat_clients_may_send_thinking_back() -> None:
    messages: JsonValue = [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Hi.", "reasoning_content": "Hm."},
        {"role": "user", "content": "Go on."},
    ]
    assert Talk().say(CHAT, messages=messages).status == 200


def test_thinking_that_comes_back_costs_nothing() -> None:
    def input_of(*blocks: JsonValue) -> JsonValue:
        messages: JsonValue = [
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": [*blocks, {"type": "text", "text": "Hi."}]},
            {"role": "user", "content": "Go on."},
        ]
        return Talk().say(messages=messages).at("usage", "input_tokens")

    thought: JsonValue = {"type": "thinking", "thinking": "A long train of thought.", "signature": "EqQB"}
    assert input_of(thought) == input_of()


def test_an_enabled_config_needs_no_budget() -> None:
    assert Talk().say(thinking={"type": "enabled"}).status == 200


def test_a_budget_below_the_least_is_refused() -> None:
    assert Talk().say(thinking={"type": "enabled", "budget_tokens": 1023}, max_tokens=2000).status == 400
