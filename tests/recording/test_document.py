"""The document: YAML that a person would write, and that says exactly what was recorded."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mockserver.core import fast_yaml
from mockserver.files import yaml_reader
from mockserver.recording.document import head_text, turn_text, written

TEXTS = st.text(max_size=200) | st.sampled_from(
    ["no", "1e3", "~", "a: b", "- x", "#", "two\nlines", " \n x", "x\n\n", "word " * 60, "tab\tinside", "0x1F", "12:30"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)

WRITTEN = [
    ({"when": {"text": "Hi"}, "reply": "Hello!"}, "  - when: {text: Hi}\n    reply: Hello!\n"),
    ({"reply": "no"}, '  - reply: "no"\n'),
    ({"reply": "1.5"}, '  - reply: "1.5"\n'),
    ({"reply": "one\ntwo\n"}, "  - reply: |\n      one\n      two\n"),
    ({"reply": "one\ntwo"}, "  - reply: |-\n      one\n      two\n"),
    ({"reply": ["a", {"text": "b"}]}, "  - reply:\n      - a\n      - text: b\n"),
    ({"pace": {"first": "300ms"}, "reply": "Hi"}, "  - reply: Hi\n    pace: {first: 300ms}\n"),
    ({"faults": ["close"], "times": 2, "reply": "Hi"}, "  - reply: Hi\n    times: 2\n    faults: [close]\n"),
]


@pytest.mark.parametrize(("turn", "text"), WRITTEN)
def test_a_turn_is_written_as_a_person_would(turn: dict[str, object], text: str) -> None:
    assert turn_text(turn) == text


def test_a_long_text_is_folded() -> None:
    text = turn_text({"reply": "It rains in Oslo. " * 20 + "End."})
    assert max(len(line) for line in text.splitlines()) < 130
    assert text.startswith("  - reply: >-\n")


def test_a_document_has_a_head() -> None:
    assert head_text("a", "One turn.") == "scenario: a\nabout: One turn.\nturns:\n"


@given(VALUES)
def test_every_parser_reads_what_was_written(value: object) -> None:
    text = written({"value": value})
    assert yaml.safe_load(text) == {"value": value}
    assert fast_yaml.load(text) == {"value": value}


@given(TEXTS)
def test_a_text_of_a_turn_is_read_back_from_its_file(text: str) -> None:
    loaded = yaml_reader.read((head_text("a") + turn_text({"reply": text})).encode(), "a.yaml").value
    assert loaded == {"scenario": "a", "turns": [{"reply": text}]}
