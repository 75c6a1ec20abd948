"""The prompt cache: a prefix that came before in the session, within its lifetime, is read; the rest is written."""

from types import ModuleType

import msgspec
import pytest
from pydantic import JsonValue

from mockserver.accounts.session import CachedPrefix, Session
from mockserver.engine.prompt_cache import MOST_PREFIXES
from tests.support.engine import CHAT, HELLO, MESSAGES, Talk, script, turns
from tests.support.prompt_cache import HOUR, LONG, LONG_TOKENS, MARK, cached, counts, read_and_written, system, text


def test_a_prefix_is_written_once_and_read_again() -> None:
    talk = Talk()
    assert [cached(talk, system=system()) for _ in range(3)] == [
        (0, LONG_TOKENS),
        (LONG_TOKENS, 0),
        (LONG_TOKENS, 0),
    ]


def test_what_was_read_and_written_is_reported_beside_the_other_input() -> None:
    talk = Talk()
    usages = [counts(talk.say(system=system()).at("usage")) for _ in range(2)]
    assert usages[0] == {
        "input_tokens": 2,
        "cache_creation_input_tokens": LONG_TOKENS,
        "cache_read_input_tokens": 0,
        "cache_creation": {"ephemeral_5m_input_tokens": LONG_TOKENS, "ephemeral_1h_input_tokens": 0},
        "output_tokens": usages[0]["output_tokens"],
    }
    assert (usages[1]["cache_read_input_tokens"], usages[1]["input_tokens"]) == (LONG_TOKENS, 2)


def test_a_stream_reports_it_in_its_first_and_last_event() -> None:
    talk = Talk()
    talk.say(system=system())
    events = talk.say(system=system(), stream=True).events
    first = counts(counts(events[0]["message"])["usage"])
    last = next(counts(event["usage"]) for event in events if event["type"] == "message_delta")
    assert first["cache_read_input_tokens"] == last["cache_read_input_tokens"] == LONG_TOKENS
    assert first["input_tokens"] == last["input_tokens"] == 2


def test_a_request_without_breakpoints_caches_nothing() -> None:
    talk = Talk()
    assert [cached(talk, system=LONG) for _ in range(2)] == [(0, 0), (0, 0)]
    assert talk.session.cached == ()


def test_the_same_text_is_found_as_a_string_and_as_a_block() -> None:
    talk = Talk()
    question: JsonValue = [{"role": "user", "content": "Hello"}]
    again: JsonValue = [{"role": "user", "content": [text("Hello", MARK)]}]
    cached(talk, messages=question, system=system(), cache_control=MARK)
    assert cached(talk, messages=again, system=[text(LONG)]) == (LONG_TOKENS + 2, 0)


CHANGES: dict[str, dict[str, JsonValue]] = {
    "the text": {"system": [text(LONG + "!", MARK)]},
    "the model": {"model": "another-model"},
    "a tool before it": {"tools": [{"name": "look", "input_schema": {"type": "object"}}]},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_changed_prefix_is_not_found(change: dict[str, JsonValue]) -> None:
    talk = Talk()
    cached(talk, system=system())
    assert cached(talk, MESSAGES, None, **{"system": system(), **change})[0] == 0


@pytest.mark.parametrize(
    "change", [{"tool_choice": {"type": "any"}}, {"thinking": {"type": "enabled", "budget_tokens": 1024}}], ids=str
)
def test_a_changed_option_loses_the_messages_alone(change: dict[str, JsonValue]) -> None:
    talk = Talk()
    tools: JsonValue = [{"name": "look", "input_schema": {"type": "object"}}]
    question: JsonValue = [{"role": "user", "content": [text(LONG, MARK)]}]
    fields: dict[str, JsonValue] = {"tools": tools, "system": system(), "max_tokens": 4000}
    cached(talk, MESSAGES, question, **fields)
    before = cached(talk, MESSAGES, question, **fields)[0]
    assert cached(talk, MESSAGES, question, **{**fields, **change})[0] == before - LONG_TOKENS


def test_a_conversation_whose_breakpoint_moves_finds_its_beginning() -> None:
    talk, messages = Talk(), list[JsonValue]()
    reads: list[int] = []
    for number in range(4):
        messages.append({"role": "user", "content": [text(f"{number}: {LONG}", MARK)]})
        reads.append(cached(talk, messages=messages)[0])
        messages[-1] = {"role": "user", "content": f"{number}: {LONG}"}
        messages.append({"role": "assistant", "content": "Yes."})
    assert reads[0] == 0
    assert reads[1:] == sorted(reads[1:])
    assert reads[1] > LONG_TOKENS


def test_a_breakpoint_looks_back_over_twenty_blocks() -> None:
    def question(more: int, mark: JsonValue) -> JsonValue:
        return [
            {
                "role": "user",
                "content": [text(LONG, mark), *[text(str(number)) for number in range(more)], text("!", MARK)],
            }
        ]

    within, beyond = Talk(), Talk()
    cached(within, messages=question(0, MARK))
    cached(beyond, messages=question(0, MARK))
    assert cached(within, messages=question(19, None))[0] == LONG_TOKENS
    assert cached(beyond, messages=question(20, None))[0] == 0


def test_a_prefix_lives_for_five_minutes_after_its_last_use() -> None:
    talk = Talk()
    cached(talk, system=system())
    for _ in range(3):
        talk.now += 299
        assert cached(talk, system=system())[0] == LONG_TOKENS
    talk.now += 300
    assert cached(talk, system=system()) == (0, LONG_TOKENS)


def test_a_prefix_lives_for_an_hour_where_the_client_asks_for_it() -> None:
    talk = Talk()
    usage = talk.say(system=system(HOUR)).at("usage", "cache_creation")
    assert usage == {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": LONG_TOKENS}
    talk.now += 3_599
    assert cached(talk, system=system(HOUR)) == (LONG_TOKENS, 0)
    talk.now += 3_600
    assert cached(talk, system=system(HOUR)) == (0, LONG_TOKENS)


def test_the_part_that_is_kept_for_an_hour_is_told_from_the_rest() -> None:
    talk = Talk()
    question: JsonValue = [{"role": "user", "content": [text(LONG, MARK)]}]
    assert talk.say(messages=question, system=system(HOUR)).at("usage", "cache_creation") == {
        "ephemeral_5m_input_tokens": LONG_TOKENS,
        "ephemeral_1h_input_tokens": LONG_TOKENS,
    }


@pytest.mark.parametrize(
    ("model", "shortest"),
    [
        ("claude-sonnet-4.5", 1_024),
        ("claude-sonnet-4-5-20250929", 1_024),
        ("claude-opus-4", 1_024),
        ("claude-opus-4-5", 4_096),
        ("claude-haiku-4-5", 4_096),
        ("claude-3-5-haiku", 2_048),
        ("qwen-coder-32b", 1_024),
    ],
)
def test_a_prefix_that_is_too_short_for_the_model_is_not_cached(model: str, shortest: int) -> None:
    talk = Talk()
    short, enough = [text("x" * 4 * (shortest - 1), MARK)], [text("x" * 4 * shortest, MARK)]
    assert cached(talk, model=model, system=short) == (0, 0)
    assert cached(talk, model=model, system=enough) == (0, shortest)


def test_five_breakpoints_are_refused() -> None:
    blocks: JsonValue = [text(str(number), MARK) for number in range(4)]
    assert Talk().say(system=blocks).status == 200
    answer = Talk().say(system=blocks, cache_control=MARK)
    assert (answer.status, answer.at("error", "message")) == (
        400,
        "A maximum of 4 blocks with cache_control may be provided. Found 5.",
    )


def test_an_hour_after_five_minutes_is_refused() -> None:
    question: JsonValue = [{"role": "user", "content": [text("Hello", HOUR)]}]
    answer = Talk().say(messages=question, system=system())
    assert answer.status == 400
    assert str(answer.at("error", "message")).startswith("messages.0.content.0.cache_control.ttl: a ttl='1h'")


def test_a_block_inside_of_a_result_is_a_breakpoint() -> None:
    result: JsonValue = {"type": "tool_result", "tool_use_id": "toolu_1", "content": [text(LONG, MARK)]}
    messages: JsonValue = [
        *HELLO,
        {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}]},
        {"role": "user", "content": [result]},
    ]
    talk = Talk()
    written = cached(talk, messages=messages)[1]
    assert written > LONG_TOKENS
    assert cached(talk, messages=messages) == (written, 0)


def test_a_toolset_is_a_part_of_the_prefix_that_counts_nothing() -> None:
    tools: JsonValue = [{"type": "mcp_toolset", "mcp_server_name": "files"}]
    talk = Talk()
    assert cached(talk, tools=tools, system=system()) == (0, LONG_TOKENS)
    assert cached(talk, system=system()) == (0, LONG_TOKENS)


def test_an_error_caches_nothing() -> None:
    talk = Talk(turns("  - {error: {status: 529}}\n  - {reply: ok, times: always}\n"))
    talk.say(system=system())
    assert cached(talk, system=system()) == (0, LONG_TOKENS)


def test_sessions_have_caches_of_their_own() -> None:
    cached(Talk(), system=system())
    assert cached(Talk(), system=system())[0] == 0


@pytest.mark.parametrize("codec", [msgspec.msgpack, msgspec.json])
def test_the_cache_survives_being_stored(codec: ModuleType) -> None:
    talk = Talk()
    cached(talk, system=system())
    talk.session = codec.decode(codec.encode(talk.session), type=Session)
    assert cached(talk, system=system()) == (LONG_TOKENS, 0)


def test_no_text_is_kept() -> None:
    talk = Talk()
    cached(talk, system=system())
    assert [type(prefix.digest) for prefix in talk.session.cached] == [bytes]
    assert b"stormy" not in repr(talk.session.cached).encode()


def test_the_cache_is_bounded_and_forgets_what_was_unused_longest() -> None:
    talk = Talk()
    cached(talk, system=system())
    oldest = talk.session.cached
    for number in range(3):
        cached(talk, CHAT, [{"role": "user", "content": f"{number}{LONG * 40}"}])
    assert len(talk.session.cached) == MOST_PREFIXES
    assert oldest[0] not in talk.session.cached
    assert isinstance(talk.session.cached[0], CachedPrefix)


def test_a_thread_keeps_its_cache_and_never_has_too_many_breakpoints() -> None:
    talk = Talk(script("scenario: test\nthreads: keep\nturns:\n  - {reply: ok, times: always}\n"))
    question: JsonValue = [{"role": "user", "content": [text(LONG, MARK)]}]
    answer = talk.say(messages=question, thread={"type": "create"})
    for number in range(1, 6):
        thread: JsonValue = {"type": "continue", "previous_message_id": answer.at("id")}
        answer = talk.say(messages=question, thread=thread)
        assert read_and_written(answer.note.usage)[0] >= number * LONG_TOKENS
