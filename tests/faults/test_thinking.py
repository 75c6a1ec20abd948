"""Faults and thinking: which faults act on it, what a place counts, and what `think_tags` makes of it."""

import pytest

from mockserver.core.actions import Actions, Data
from mockserver.faults.answers import documents, is_stream
from tests.support.fault_answers import FORMS, bend, effects, healthy, wire_of

THOUGHT = """
  - reply: [{thinking: One two three.}, {text: Hi there.}]
    times: always
"""
TWICE = """
  - reply: [{thinking: One.}, {text: "Hi. "}, {thinking: Two.}, {text: Bye.}]
    times: always
"""
CALL = """
  - reply: [{thinking: One.}, {tool_use: {name: now, id: toolu_1, input: {}}}]
    times: always
"""
REDACTED = """
  - reply: [{thinking: {text: One., redacted: true}}, {text: Hi.}]
    times: always
"""
STREAMS = [form for form in FORMS if form.endswith("stream")]
TAGGED = "<think>\nOne two three.\n</think>\n\nHi there."


def text_of(actions: Actions, form: str) -> str:
    """Return the text of an answer, whole or streamed."""
    reader = wire_of(form).reader
    read = reader.text_deltas if is_stream(actions) else reader.texts
    return "".join([piece for _, _, body in documents(actions) for piece in read(body)])


def thinking_of(actions: Actions, form: str) -> str:
    """Return the thinking of an answer, whole or streamed."""
    reader = wire_of(form).reader
    read = reader.thinking_deltas if is_stream(actions) else reader.thinking
    return "".join([piece for _, _, body in documents(actions) for piece in read(body)])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("reply", "text"),
    [
        (THOUGHT, TAGGED),
        (CALL, "<think>\nOne.\n</think>\n\n"),
        (REDACTED, "<think>\nLet me think.\n</think>\n\nHi."),
    ],
    ids=["thought", "call", "redacted"],
)
def test_think_tags_puts_the_thinking_into_the_text(form: str, reply: str, text: str) -> None:
    actions = bend("think_tags", healthy(reply)[form], form)
    assert (text_of(actions, form), thinking_of(actions, form)) == (text, "")


@pytest.mark.parametrize("form", STREAMS)
def test_think_tags_has_tags_around_each_thought_of_a_stream(form: str) -> None:
    text = "<think>\nOne.\n</think>\n\nHi. <think>\nTwo.\n</think>\n\nBye."
    assert text_of(bend("think_tags", healthy(TWICE)[form], form), form) == text


@pytest.mark.parametrize("form", STREAMS)
def test_think_tags_keeps_the_pieces_of_a_stream(form: str) -> None:
    actions = bend("think_tags", healthy(THOUGHT)[form], form)
    read = wire_of(form).reader.text_deltas
    pieces = [piece for _, _, body in documents(actions) for piece in read(body) if piece]
    assert pieces == ["<think>\nOne ", "two ", "three.\n</think>\n\n", "Hi ", "there."]


@pytest.mark.parametrize("form", STREAMS)
def test_tagged_thinking_is_text_to_the_faults_that_follow(form: str) -> None:
    actions = bend(["think_tags", {"one_delta": {}}], healthy(THOUGHT)[form], form)
    assert (text_of(actions, form), "reasoning" in [a.event for a in actions if isinstance(a, Data)]) == (TAGGED, False)


@pytest.mark.parametrize("form", STREAMS)
def test_one_delta_joins_the_pieces_of_thinking(form: str) -> None:
    actions = bend("one_delta", healthy(THOUGHT)[form], form)
    read = wire_of(form).reader.thinking_deltas
    assert [piece for _, _, body in documents(actions) for piece in read(body)] == ["One two three."]


@pytest.mark.parametrize("form", FORMS)
def test_an_empty_answer_thinks_nothing(form: str) -> None:
    actions = bend("empty_answer", healthy(THOUGHT)[form], form)
    assert (text_of(actions, form), thinking_of(actions, form)) == ("", "")


@pytest.mark.parametrize("form", STREAMS)
def test_a_delta_is_a_piece_of_thinking_too(form: str) -> None:
    actions = bend({"cut": {"at": "delta 3"}}, healthy(THOUGHT)[form], form)
    assert thinking_of(actions, form) == "One two "


@pytest.mark.parametrize("form", STREAMS)
def test_max_tokens_can_cut_in_the_thinking(form: str) -> None:
    actions = bend({"max_tokens": 2}, healthy(THOUGHT)[form], form)
    assert (thinking_of(actions, form), text_of(actions, form)) == ("One two ", "")


@pytest.mark.parametrize("form", FORMS)
def test_reasoning_comes_before_the_thinking_that_is_there(form: str) -> None:
    actions = bend("reasoning", healthy(THOUGHT)[form], form)
    assert (thinking_of(actions, form), text_of(actions, form)) == ("Let me think.One two three.", "Hi there.")


def test_every_form_of_a_thought_can_be_tagged() -> None:
    assert [form for form, answer in effects("think_tags", THOUGHT).items() if isinstance(answer, str)] == []
