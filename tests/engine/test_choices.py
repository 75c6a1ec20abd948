"""Several choices at once (`n`), and images, which count as tokens."""

import pytest
from pydantic import JsonValue

from tests.support.dialects import Json
from tests.support.engine import CHAT, MESSAGES, Talk, contract, turns

PLAYED = turns("  - {reply: [One two three., {tool_use: {name: t, input: {a: 1}}}], times: always}\n")


def test_a_whole_answer_has_as_many_choices_as_are_asked_for() -> None:
    answer = Talk(PLAYED).say(CHAT, n=3)
    body: Json = dict(answer.json)
    contract().response_validator(contract().find("POST", CHAT)[0], 200).validate(answer.json)
    assert [choice["index"] for choice in body["choices"]] == [0, 1, 2]
    assert {choice["message"]["content"] for choice in body["choices"]} == {"One two three."}
    assert len({choice["message"]["tool_calls"][0]["id"] for choice in body["choices"]}) == 3
    alone: Json = dict(Talk(PLAYED).say(CHAT).json)
    assert body["usage"]["completion_tokens"] == 3 * alone["usage"]["completion_tokens"]
    assert body["usage"]["prompt_tokens"] == alone["usage"]["prompt_tokens"]


def test_a_stream_gives_each_choice_from_its_role_to_its_finish_reason() -> None:
    answer = Talk(PLAYED).say(CHAT, n=2, stream=True, stream_options={"include_usage": True})
    events: list[Json] = [dict(event) for event in answer.events]
    validator = contract().event_validator(contract().find("POST", CHAT)[0])
    for event in answer.events:
        validator.validate(event)
    for number in (0, 1):
        own = [event["choices"][0] for event in events if event["choices"] and event["choices"][0]["index"] == number]
        assert own[0]["delta"]["role"] == "assistant"
        assert "".join([choice["delta"].get("content") or "" for choice in own]) == "One two three."
        assert own[-1]["finish_reason"] == "tool_calls"
    assert [len(event["choices"]) for event in events][-1] == 0
    assert events[-1]["usage"]["completion_tokens"] > 0


@pytest.mark.parametrize("n", [None, 1])
def test_one_choice_is_the_default(n: JsonValue) -> None:
    body: Json = dict(Talk(PLAYED).say(CHAT, n=n).json)
    assert len(body["choices"]) == 1


@pytest.mark.parametrize("n", [0, 129])
def test_a_number_of_choices_out_of_range_is_refused(n: int) -> None:
    assert Talk().say(CHAT, n=n).status == 400


IMAGES: dict[str, JsonValue] = {
    MESSAGES: {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}},
    CHAT: {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}},
}


@pytest.mark.parametrize("path", IMAGES)
def test_an_image_counts_as_a_thousand_tokens_on_every_wire(path: str) -> None:
    alone = Talk().say(path).note.usage
    content: JsonValue = [{"type": "text", "text": "Hello"}, IMAGES[path]]
    seen = Talk().say(path, [{"role": "user", "content": content}]).note.usage
    assert alone is not None
    assert seen is not None
    assert seen.input - alone.input == 1_000
