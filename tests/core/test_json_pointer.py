"""JSON Pointer, by the examples of RFC 6901 and the places where implementations differ."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.core.json_pointer import MISSING, follow, join, parse, split

RFC = {"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, 'k"l': 6, " ": 7, "m~n": 8}
EXAMPLES: list[tuple[str, object]] = [
    ("", RFC),
    ("/foo", ["bar", "baz"]),
    ("/foo/0", "bar"),
    ("/", 0),
    ("/a~1b", 1),
    ("/c%d", 2),
    ("/e^f", 3),
    ("/g|h", 4),
    ("/i\\j", 5),
    ('/k"l', 6),
    ("/ ", 7),
    ("/m~0n", 8),
]


@pytest.mark.parametrize(("pointer", "value"), EXAMPLES)
def test_the_examples_of_the_rfc_hold(pointer: str, value: object) -> None:
    assert follow(RFC, parse(pointer)) == value


NESTED = {"a": [{"b": None}, [1, [2]]], "0": "zero", "~1": "tilde", "t": "text", "-": "dash"}
FOUND: list[tuple[str, object]] = [
    ("/a/0/b", None),
    ("/a/1/1/0", 2),
    ("/0", "zero"),
    ("/~01", "tilde"),
    ("/-", "dash"),
    ("/a/2", MISSING),
    ("/a/-", MISSING),
    ("/a/-1", MISSING),
    ("/a/b", MISSING),
    ("/a/0/b/c", MISSING),
    ("/t/0", MISSING),
    ("/A", MISSING),
    ("/a/", MISSING),
    ("/a/1e0", MISSING),
    ("/a/٠", MISSING),
    ("/a/+0", MISSING),
    # RFC 6901, 4: an array's index has no leading zeros.
    ("/a/00", MISSING),
    ("/a/01", MISSING),
]


@pytest.mark.parametrize(("pointer", "value"), FOUND)
def test_a_pointer_leads_to_one_value_or_to_nothing(pointer: str, value: object) -> None:
    assert follow(NESTED, parse(pointer)) == value


def test_an_index_of_many_digits_points_to_nothing() -> None:
    assert follow([1], parse("/" + "9" * 5_000)) is MISSING


@pytest.mark.parametrize("text", ["a", "a/b", "#/a", " /a", "~"])
def test_a_text_that_does_not_begin_with_a_slash_is_no_pointer(text: str) -> None:
    with pytest.raises(ValueError, match="is not a JSON Pointer; it begins with / as in /metadata/user_id"):
        parse(text)


@pytest.mark.parametrize("text", ["/a~b", "/~", "/~2", "/a~/b"])
def test_a_tilde_that_escapes_nothing_is_no_pointer(text: str) -> None:
    with pytest.raises(ValueError, match="is not a JSON Pointer"):
        parse(text)


def test_null_is_a_value_and_nothing_is_not() -> None:
    assert follow({"a": None}, ("a",)) is None
    assert repr(follow({"a": None}, ("b",))) == "nothing"


@given(keys=st.lists(st.text(max_size=5), max_size=5), value=st.integers())
def test_every_key_can_be_pointed_at(keys: list[str], value: int) -> None:
    nested: object = value
    for key in reversed(keys):
        nested = {key: nested}
    assert follow(nested, parse(join(keys))) == value


@given(keys=st.lists(st.text("~01/a", max_size=5), max_size=5))
def test_what_is_joined_is_split_into_the_same_keys(keys: list[str]) -> None:
    assert split(join(keys)) == parse(join(keys)) == tuple(keys)


JOINED: list[tuple[tuple[str | int, ...], str]] = [
    ((), ""),
    (("",), "/"),
    (("", ""), "//"),
    (("a", 0), "/a/0"),
    (("a/b", "m~n", "~1"), "/a~1b/m~0n/~01"),
]


@pytest.mark.parametrize(("keys", "pointer"), JOINED)
def test_keys_are_escaped_in_a_pointer(keys: tuple[str | int, ...], pointer: str) -> None:
    assert join(keys) == pointer


def test_split_takes_a_tilde_that_escapes_nothing_for_itself() -> None:
    assert split("/a~b/~2/~") == ("a~b", "~2", "~")
