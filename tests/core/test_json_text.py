"""JSON text: what is parsed, what is refused, and how deep it may be."""

import json
from collections.abc import Callable

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.core.conversation import Json
from mockserver.core.json_text import MAX_DEPTH, TooDeepError, json_or_none, parse_json

NESTS: dict[str, Callable[[int], str]] = {
    "lists": lambda levels: "[" * levels + "]" * levels,
    "objects": lambda levels: '{"a":' * levels + "1" + "}" * levels,
    "lists and objects": lambda levels: '[{"a":' * (levels // 2) + ("[]" if levels % 2 else "1") + "}]" * (levels // 2),
    "after much else": lambda levels: json.dumps(["[" * 9_000])[:-1] + "," + "[" * (levels - 1) + "]" * levels,
}


@pytest.mark.parametrize("nest", NESTS)
def test_a_text_at_the_bound_is_parsed(nest: str) -> None:
    text = NESTS[nest](MAX_DEPTH)
    assert parse_json(text) == parse_json(text.encode()) == json.loads(text)


@pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 254, 255, 1_024, 1_025, 100_000])
@pytest.mark.parametrize("nest", NESTS)
def test_a_text_beyond_the_bound_is_refused(nest: str, levels: int) -> None:
    text = NESTS[nest](levels)
    with pytest.raises(TooDeepError):
        parse_json(text)
    assert json_or_none(text) is None


@pytest.mark.parametrize("text", ["", "{", "NaN", "1e999", '"\\ud800"', "'a'", '"\ud800"', b'"\xff"', "1 2"])
def test_a_text_that_is_no_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(orjson.JSONDecodeError):
        parse_json(text)
    assert json_or_none(text) is None


@pytest.mark.parametrize("levels", [1, 60, 500, 1_024])
def test_a_text_that_ends_too_early_is_reported_as_such_at_every_depth(levels: int) -> None:
    with pytest.raises(orjson.JSONDecodeError, match="unexpected end of data"):
        parse_json("[" * levels)


def test_many_brackets_beside_each_other_are_no_depth() -> None:
    assert parse_json("[" + "[]," * 5_000 + "[]]") == [[]] * 5_001
    assert parse_json(json.dumps(["[" * 300])) == ["[" * 300]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
)


@given(JSON)
def test_every_shallow_value_is_parsed(value: Json) -> None:
    assert parse_json(json.dumps(value)) == value
