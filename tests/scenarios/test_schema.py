"""The models of a scenario file: what one value alone cannot be."""

import pytest
import yaml
from pydantic import ValidationError

from mockserver.scenarios.schema import Scenario

WRONG: list[tuple[str, str]] = [
    ("turns: [{reply: [{}]}]", "expected exactly one of text, tool_use"),
    ("turns: [{reply: [{text: a, tool_use: {name: b}}]}]", "expected exactly one of text, tool_use"),
    ("turns: [{when: {last: user}}]", "expected exactly one of reply, error, response; got none"),
    (
        "turns: [{reply: a, error: {status: 500}}]",
        "expected exactly one of reply, error, response; got reply and",
    ),
    ("turns: [{error: {status: 500}, stop: refusal, id: a}]", "id, stop cannot be combined with error; only a reply"),
    ("turns: [{response: {}, usage: {input: 1}}]", "usage cannot be combined with response; only a reply"),
    ("turns: [{reply: x, usage: {input: 9, cache_read: 5, cache_write: 5}}]", "parts of input: 10 is more than 9"),
    ("turns: [{reply: x, usage: {cache_write_1h: 5}}]", "cache_write_1h is a part of cache_write; set cache_write"),
    ("turns: [{reply: a, pace: {rate: 1/s, interval: 1s}}]", "expected rate or interval, not both"),
    ("turns: [{reply: a, headers: {Content-Length: '1'}}]", "'Content-Length' is set by the server"),
    ("turns: [{reply: a, when: {assistant_turns: {}}}]", "expected one of equals, at_least, at_most"),
    ("turns: [{reply: a, when: {assistant_turns: {at_least: 2, at_most: 1}}}]", "at_least is more than at_most"),
    ("turns: [{reply: a, when: {text: }}]", "text has no value; write one, or remove the key"),
]


@pytest.mark.parametrize(("text", "message"), WRONG, ids=[row[0] for row in WRONG])
def test_a_value_that_contradicts_itself_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Scenario.model_validate(yaml.safe_load(f"scenario: test\n{text}"))


def test_the_name_of_queued_answers_is_reserved() -> None:
    with pytest.raises(ValidationError, match="next"):
        Scenario.model_validate({"scenario": "next", "turns": [{"reply": "a"}]})
