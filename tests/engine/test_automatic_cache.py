"""The cache of the OpenAI wire: long prompts are cached without being asked, in steps of 128 tokens."""

import pytest
from pydantic import JsonValue

from tests.support.engine import CHAT, HELLO, Talk
from tests.support.prompt_cache import LONG, LONG_TOKENS, cached, counts


def chat(words: str) -> list[JsonValue]:
    return [{"role": "user", "content": words}]


def test_a_long_prompt_is_cached_in_steps_of_128_tokens() -> None:
    talk = Talk()
    details = [talk.say(CHAT, chat(LONG)).at("usage", "prompt_tokens_details") for _ in range(2)]
    assert details == [{"cached_tokens": 0}, {"cached_tokens": 1408}]


def test_the_cached_tokens_are_among_those_of_the_prompt() -> None:
    talk = Talk()
    talk.say(CHAT, chat(LONG))
    usage = counts(talk.say(CHAT, chat(LONG)).at("usage"))
    assert usage["prompt_tokens"] == LONG_TOKENS


def test_a_short_prompt_has_the_usage_that_it_had() -> None:
    talk = Talk()
    talk.say(CHAT, chat("x" * 4 * 1_023))
    usage = talk.say(CHAT, chat("x" * 4 * 1_023)).at("usage")
    assert isinstance(usage, dict)
    assert set(usage) == {"prompt_tokens", "completion_tokens", "total_tokens"}


def test_the_usage_chunk_says_it_too() -> None:
    talk = Talk()
    talk.say(CHAT, chat(LONG))
    events = talk.say(CHAT, chat(LONG), stream=True, stream_options={"include_usage": True}).events
    assert counts(events[-1]["usage"])["prompt_tokens_details"] == {"cached_tokens": 1408}


def test_the_longest_common_prefix_is_found() -> None:
    talk = Talk()
    instructions: JsonValue = {"role": "system", "content": LONG}
    for number, question in enumerate(("What is it about?", "And who wrote it?")):
        read = cached(talk, CHAT, [instructions, {"role": "user", "content": question}])[0]
        assert read == (1408 if number else 0)


OTHERS: dict[str, dict[str, JsonValue]] = {
    "another beginning": {"messages": chat("!" + LONG)},
    "another role": {"messages": [{"role": "system", "content": LONG}, *HELLO]},
    "another model": {"model": "gpt-4o"},
    "another schema": {"response_format": {"type": "json_object"}},
    "a tool before it": {"tools": [{"type": "function", "function": {"name": "look"}}]},
}


@pytest.mark.parametrize("change", OTHERS.values(), ids=OTHERS)
def test_another_prompt_is_not_found(change: dict[str, JsonValue]) -> None:
    talk = Talk()
    cached(talk, CHAT, chat(LONG))
    messages = change.get("messages", chat(LONG))
    others = {name: value for name, value in change.items() if name != "messages"}
    assert cached(talk, CHAT, messages, **others)[0] == 0


def test_another_image_is_another_prompt() -> None:
    def prompt(letter: str) -> JsonValue:
        image: JsonValue = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{letter * 8}"}}
        return [{"role": "user", "content": [image, {"type": "text", "text": LONG}]}]

    talk = Talk()
    assert cached(talk, CHAT, prompt("a"))[0] == 0
    assert cached(talk, CHAT, prompt("b"))[0] == 0
    assert cached(talk, CHAT, prompt("a"))[0] > 0


def test_calls_results_and_thinking_are_parts_of_a_prompt() -> None:
    call: JsonValue = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": '{"q": "x"}'}}
    messages: JsonValue = [
        *chat(LONG),
        {"role": "assistant", "content": None, "reasoning_content": "Let me look.", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": LONG},
    ]
    talk = Talk()
    assert [cached(talk, CHAT, messages)[0] for _ in range(2)] == [0, 2_944]


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [({}, 300), ({"prompt_cache_retention": "24h"}, 86_400), ({"prompt_cache_options": {"ttl": "30m"}}, 1_800)],
    ids=str,
)
def test_a_prompt_is_kept_as_long_as_the_client_asks(asked: dict[str, JsonValue], seconds: int) -> None:
    talk = Talk()
    cached(talk, CHAT, chat(LONG), **asked)
    talk.now += seconds - 1
    assert cached(talk, CHAT, chat(LONG), **asked)[0] == 1408
    talk.now += seconds
    assert cached(talk, CHAT, chat(LONG), **asked)[0] == 0
