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


def tokens_of(choice: Json) -> list[Json]:
    """Return the tokens of a choice, whole or streamed."""
    return [dict(entry) for entry in (choice["logprobs"] or {}).get("content") or ()]


LONG = turns("  - {reply: 'Grüße 🌍 from the mock.', times: always}\n")


def test_log_probabilities_have_every_token_with_its_alternatives() -> None:
    body: Json = dict(Talk(LONG).say(CHAT, logprobs=True, top_logprobs=3).json)
    tokens = tokens_of(body["choices"][0])
    assert "".join([token["token"] for token in tokens]) == "Grüße 🌍 from the mock."
    for token in tokens:
        assert bytes(token["bytes"]).decode() == token["token"]
        assert token["top_logprobs"][0]["token"] == token["token"]
        assert len({other["token"] for other in token["top_logprobs"]}) == 3
        probabilities = [other["logprob"] for other in token["top_logprobs"]]
        assert probabilities == sorted(probabilities, reverse=True)
        assert 0 >= probabilities[0] == token["logprob"]
    assert body == Talk(LONG).say(CHAT, logprobs=True, top_logprobs=3).json


def test_streamed_log_probabilities_are_those_of_each_piece() -> None:
    events: list[Json] = [dict(event) for event in Talk(LONG).say(CHAT, stream=True, logprobs=True).events]
    pieces = [event["choices"][0] for event in events]
    assert next(token["top_logprobs"] for piece in pieces for token in tokens_of(piece)) == []
    for piece in pieces:
        assert "".join([token["token"] for token in tokens_of(piece)]) == piece["delta"].get("content", "")


def test_a_refusal_has_log_probabilities_of_its_own() -> None:
    talk = Talk(turns("  - {reply: {refusal: I will not.}, times: always}\n"))
    whole: Json = dict(talk.say(CHAT, logprobs=True).json)
    events: list[Json] = [dict(event) for event in talk.say(CHAT, stream=True, logprobs=True).events]
    refused = [entry["token"] for entry in whole["choices"][0]["logprobs"]["refusal"]]
    streamed = [event["choices"][0]["logprobs"] for event in events if event["choices"][0]["logprobs"]]
    assert "".join(refused) == "I will not."
    assert "".join([entry["token"] for part in streamed for entry in part["refusal"]]) == "I will not."


def test_without_being_asked_for_there_are_none() -> None:
    body: Json = dict(Talk(LONG).say(CHAT, top_logprobs=3).json)
    assert body["choices"][0]["logprobs"] is None


def test_many_choices_with_many_alternatives_are_refused_in_words() -> None:
    answer = Talk().say(CHAT, n=100, logprobs=True, top_logprobs=20)
    assert (answer.status, answer.at("error", "param")) == (400, "n")
    assert "each counted once more for every one of top_logprobs" in str(answer.json["message"])
