"""Texts from regular expressions: they match, or the pattern is reported as unsupported."""

import jsonschema_rs
import pytest

from mockserver.core.rng import Rng
from mockserver.openapi.sampling.patterns import MAX_GROUPS, MAX_PATTERN, MAX_TEXT, generate_text

MATCHED = [
    r"^abc$",
    r"^a|b$",
    r"^.{3}$",
    r"^[A-Z]{2}-[0-9]{4}$",
    r"^[^ab]{3}$",
    r"^[\d\s]+$",
    r"^[\x61-\x63]{2}$",
    r"^[a-]$",
    r"^\d{2}\D\w\W\s\S$",
    r"^\x41\u0042\u{43}$",
    r"^\p{L}\p{Lu}\p{Letter}\pL$",
    r"^\P{N}{4}$",
    r"^(ab)+?c*d?$",
    r"^(?:a|b){2,3}$",
    r"^(a)(b)\2\1$",
    r"^\n\t\.$",
    r"^(?<word>a{2})$",
    r"^(?P<word>a)$",
    r"^a(?=b)b*$",
    r"\bword\b",
    r"^a{2,}$",
    "^[\u0401-\u0403]$",
    r"^$",
    r"^a(?!b)c$",
]


@pytest.mark.parametrize("pattern", MATCHED)
@pytest.mark.parametrize("seed", range(3))
def test_a_text_matches_its_pattern(pattern: str, seed: int) -> None:
    matches = jsonschema_rs.validator_for({"pattern": pattern}).is_valid
    texts = [generate_text(pattern, Rng(seed), through=through) for through in (True, False)]
    assert any(map(matches, texts)), texts


@pytest.mark.parametrize(
    ("pattern", "text"), [(r"^\0\n$", "\0\n"), (r"^(?<word>a{2})\k<word>$", "aaaa"), (r"\k<no>", "")]
)
def test_syntax_that_the_validator_does_not_know_is_written_too(pattern: str, text: str) -> None:
    assert generate_text(pattern, Rng("seed")) == text


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("a" * (MAX_PATTERN + 1), "the pattern is too long"),
        ("(" * (MAX_GROUPS + 1) + ")" * (MAX_GROUPS + 1), "too many nested groups"),
        ("a\\", "the pattern ends too early"),
        ("[a", "the pattern ends too early"),
        ("(a", "the pattern ends too early"),
        ("(?#a)", "unknown kind of group"),
        ("a)", "a group is closed but not opened"),
        (r"\p{Klingon}", "unknown property Klingon"),
        ("[^\0-\U0010ffff]", "a class without letters"),
        ("[\ud800]", "a class without letters"),
        (f"a{{{MAX_TEXT + 1}}}", "the text is too long"),
        ("((a{90}){90}){90}", "the text is too long"),
    ],
)
def test_an_unsupported_pattern_is_an_error(pattern: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        generate_text(pattern, Rng("seed"))


def test_a_stretch_makes_the_text_longer() -> None:
    assert [len(generate_text("^a+$", Rng("seed"), stretch=stretch)) for stretch in (0, 2, 8)] == [1, 3, 9]


def test_the_same_seed_gives_the_same_text() -> None:
    assert generate_text(r"^\w{20}$", Rng("seed")) == generate_text(r"^\w{20}$", Rng("seed"))
    assert generate_text(r"^\w{20}$", Rng("seed")) != generate_text(r"^\w{20}$", Rng("other"))
