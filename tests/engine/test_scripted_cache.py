"""What a scenario says of the prompt cache, and the turns that are chosen by it."""

import pytest

from tests.support.engine import CHAT, Talk, turns
from tests.support.prompt_cache import LONG_TOKENS, counts, system


def test_a_turn_says_what_was_cached() -> None:
    talk = Talk(
        turns("  - {reply: ok, usage: {input: 2000, cache_read: 1500, cache_write: 300, cache_write_1h: 100}}\n")
    )
    assert talk.say().at("usage") == {
        "input_tokens": 200,
        "cache_creation_input_tokens": 300,
        "cache_read_input_tokens": 1500,
        "cache_creation": {"ephemeral_5m_input_tokens": 200, "ephemeral_1h_input_tokens": 100},
        "output_tokens": 1,
    }


def test_a_turn_says_it_on_the_other_wire() -> None:
    talk = Talk(turns("  - {reply: ok, usage: {input: 2000, cache_read: 1500, cache_write: 300}}\n"))
    usage = counts(talk.say(CHAT).at("usage"))
    assert usage["prompt_tokens_details"] == {"cached_tokens": 1500, "cache_write_tokens": 300}
    assert usage["prompt_tokens"] == 2000


@pytest.mark.parametrize(
    ("said", "input", "read", "write"),
    [
        ("cache_read: 2000", 2000, 2000, 0),
        ("cache_read: 0", LONG_TOKENS + 2, 0, 0),
        ("input: 100", 100, 0, 100),
        ("input: 2000", 2000, 0, LONG_TOKENS),
        ("output: 7", LONG_TOKENS + 2, 0, LONG_TOKENS),
    ],
)
def test_the_cached_tokens_never_exceed_the_input(said: str, input: int, read: int, write: int) -> None:
    usage = Talk(turns(f"  - {{reply: ok, usage: {{{said}}}}}\n")).say(system=system()).note.usage
    assert usage is not None
    assert (usage.input, usage.cache_read, usage.cache_write) == (input, read, write)


def test_a_turn_is_chosen_by_what_the_cache_does() -> None:
    talk = Talk(
        turns(
            "  - {when: {cache: hit}, reply: hit, times: always}\n"
            "  - {when: {cache: miss}, reply: miss, times: always}\n"
            "  - {when: {cache: none}, reply: none, times: always}\n"
        )
    )
    answers = [talk.say(system=system()), talk.say(system=system()), talk.say()]
    assert [(answer.text, answer.note.cache) for answer in answers] == [
        ("miss", "miss"),
        ("hit", "hit"),
        ("none", "none"),
    ]
