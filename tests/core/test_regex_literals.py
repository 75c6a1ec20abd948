"""The part that every match of an expression contains."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.core.regex import regex
from mockserver.core.regex_literals import required_literal


@pytest.mark.parametrize(
    ("pattern", "part"),
    [
        ("weather in Oslo", "weather in Oslo"),
        ("^say 12[.]$", "say 12"),
        (r"\bfile\.txt", "file.txt"),
        (r"colou?r scheme", "r scheme"),
        ("ab*cde", "cde"),
        ("ab{0,2}cde", "cde"),
        ("abc+d", "abc"),
        ("(not this) but this", " but this"),
        ("(a(b)c)?def", "def"),
        ("[]x]abc", "abc"),
        ("[^]x]abc", "abc"),
        ("[[:alpha:]x]abc", "abc"),
        (r"[\]x]abc", "abc"),
        (r"a\d+b", "a"),
        ("caf\u00e9 au lait", " au lait"),
        (r"\x41bcd", ""),
        (r"\p{L}bcd", ""),
        (r"\cAbcd", ""),
        ("this|that", ""),
        ("(?i)this", ""),
        (".*", ""),
        ("", ""),
    ],
)
def test_the_part_is_the_longest_that_is_certain(pattern: str, part: str) -> None:
    assert required_literal(pattern) == part


@given(st.text(alphabet="abx.[]()*+?{}1,^$\\d|", max_size=12), st.text(alphabet="abAB1.d{}[", max_size=14))
def test_no_text_without_the_part_matches(pattern: str, text: str) -> None:
    try:
        matches = regex(pattern)
    except ValueError:
        return  # it is no expression, so nobody asks for its part
    assert required_literal(pattern) in text or not matches(text)
