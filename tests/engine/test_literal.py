"""A literal reply is rendered once; its answers are those of a reply that is made as a whole."""

import pytest
from pydantic import JsonValue

from mockserver.engine import render
from tests.support.engine import CHAT, MESSAGES, Talk, turns

LITERAL = (
    "reply: one two three",
    "reply: ''",
    'reply: 100 % "quoted" \\\\ é \U0001f600',
    "reply: [{text: one}, {text: two}]",
    "reply: [{refusal: I will not.}]",
    "reply: one\n    id: aB9",
    "reply: one two three four\n    pace: {chunk: character}",
    "reply: one two three four\n    pace: {first: 100ms, interval: 20ms}",
)
FIELDS: tuple[dict[str, JsonValue], ...] = (
    {},
    {"stream": True},
    {"model": 'a "model" é %'},
    {"max_tokens": 1},
    {"max_tokens": 3},
)


@pytest.mark.parametrize("path", [MESSAGES, CHAT])
@pytest.mark.parametrize("turn", LITERAL)
def test_a_literal_reply_is_what_it_would_be_if_it_were_made_as_a_whole(
    turn: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"  - {turn}\n    times: always\n"
    literal = [Talk(turns(text)).say(path, **fields) for fields in FIELDS]
    monkeypatch.setattr(render, "literal_reply", lambda *_: None)
    whole = [Talk(turns(text)).say(path, **fields) for fields in FIELDS]
    assert [(answer.actions, answer.note) for answer in literal] == [(answer.actions, answer.note) for answer in whole]


def test_a_client_that_names_stop_sequences_gets_them() -> None:
    answer = Talk(turns("  - reply: one STOP two\n")).say(MESSAGES, stop_sequences=["STOP"])
    assert answer.json["stop_reason"] == "stop_sequence"
