"""Patterns that an author writes: globs and regular expressions, and none that takes more than linear time."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.core.regex import glob, regex

GLOBS: list[tuple[str, str, bool]] = [
    ("qwen-*", "qwen-7b", True),
    ("qwen-*", "qwen-", True),
    ("qwen-*", "xqwen-7b", False),
    ("QWEN-7B", "qwen-7b", True),
    ("qwen-?b", "qwen-7b", True),
    ("qwen-?b", "qwen-b", False),
    ("*", "", True),
    ("*", "a\nb", True),
    ("?", "\n", True),
    ("?", "🎉", True),
    ("", "", True),
    ("", "a", False),
    ("a", "a\n", False),
    ("gpt-4.1", "gpt-4x1", False),
    ("a+b", "a+b", True),
    ("a+b", "aab", False),
    ("[ab]", "a", False),
    ("[ab]", "[ab]", True),
    ("(a|b)", "(a|b)", True),
    ("^a$", "^a$", True),
    ("a b#c", "a b#c", True),
    ("a\\*", "a\\x", True),
    ("meta/*-8b", "meta/llama/3-8b", True),
    ("Ä*", "äh", True),
]


@pytest.mark.parametrize(("pattern", "text", "fits"), GLOBS)
def test_a_glob_fits_a_whole_text_without_regard_to_case(pattern: str, text: str, fits: bool) -> None:
    assert glob(pattern)(text) is fits


REGEXES: list[tuple[str, bool, str, bool]] = [
    ("b", False, "abc", True),
    ("^b", False, "abc", False),
    ("^a", False, "abc", True),
    ("^abc$", False, "abc", True),
    ("^abc$", False, "abcd", False),
    ("c$", False, "abc\n", False),
    ("B", False, "abc", False),
    ("B", True, "abc", True),
    ("(?i)B", False, "abc", True),
    (r"^(hi|hello)\b", False, "hello there", True),
    (r"^(hi|hello)\b", False, "hellothere", False),
    (r"\d{3}", False, "a123", True),
    (r"\d", False, "٣", False),
    (r"\w+@\w+", False, "me@here", True),
    (".", False, "\n", False),
    ("(?s).", False, "\n", True),
    ("(?m)^b", False, "a\nb", True),
    ("", False, "", True),
    ("天気", False, "今日の天気", True),
    (r"\u5929", False, "天", True),
    ("^Hello$", False, "Hello world", False),
    ("^a|b", False, "xb", True),
    ("^(a|b)$", False, "b", True),
    ("^a.c$", False, "abc", True),
    (r"^a\.c$", False, "abc", False),
]


@pytest.mark.parametrize(("pattern", "ignore_case", "text", "fits"), REGEXES)
def test_a_regular_expression_is_found_anywhere(pattern: str, ignore_case: bool, text: str, fits: bool) -> None:
    assert regex(pattern, ignore_case)(text) is fits


@pytest.mark.parametrize(
    "pattern", ["(?=a)", "(?!a)", "(?<=a)", "(?<!a)", r"(a)\1", r"(?P<x>a)(?P=x)", "(", "[", "a**b("]
)
@pytest.mark.parametrize("ignore_case", [False, True])
def test_what_cannot_run_in_linear_time_is_refused_with_the_remedy(pattern: str, ignore_case: bool) -> None:
    words = f"/{pattern}/ is not a regular expression that can be tried in linear time; close every bracket, and use "
    with pytest.raises(ValueError, match=re.escape(words + "no look-around and no back-reference")):
        regex(pattern, ignore_case)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(.*a){12}$", "^(([a-z])+.)+[A-Z]([a-z])+$"])
def test_a_catastrophic_pattern_returns(pattern: str) -> None:
    assert regex(pattern)("a" * 100_000 + "!") is False


@pytest.mark.parametrize("pattern", ["*a*a*a*a*a*a*b", "?*?*?*?*?*x", "*" * 200 + "b"])
def test_a_glob_of_many_stars_returns(pattern: str) -> None:
    assert glob(pattern)("a" * 100_000) is False


@pytest.mark.parametrize("pattern", ["a{1000}{1000}", "(a{100}){100}{100}", "(((((a{100}){100}){100}){100}){100})"])
def test_a_pattern_that_would_fill_the_memory_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="not a regular expression"):
        regex(pattern)


SIMPLE = st.text("abAB.*?[]()+-^$\\| #/", max_size=8)


def fits_plainly(pattern: str, text: str) -> bool:
    """Return whether a text fits a glob, by another definition."""
    expression = "".join({"*": ".*", "?": "."}.get(each, re.escape(each)) for each in pattern)
    return re.fullmatch(expression, text, re.DOTALL | re.IGNORECASE) is not None


@given(pattern=SIMPLE, text=SIMPLE)
def test_a_glob_means_what_it_says(pattern: str, text: str) -> None:
    assert glob(pattern)(text) is fits_plainly(pattern, text)
    assert glob(pattern.replace("*", "x").replace("?", "y"))(pattern.replace("*", "x").replace("?", "y"))


@given(
    literal=st.text("abc.-_ /", max_size=6),
    text=st.text("abc.-_ /", max_size=12),
    start=st.booleans(),
    end=st.booleans(),
)
def test_a_plain_text_as_an_expression_is_a_search(literal: str, text: str, start: bool, end: bool) -> None:
    pattern = ("^" if start else "") + re.escape(literal).replace(r"\ ", " ") + ("$" if end else "")
    assert regex(pattern)(text) is (re.search(pattern.removesuffix("$") + (r"\Z" if end else ""), text) is not None)
