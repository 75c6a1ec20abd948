"""Readable values: texts by name and format, numbers within bounds."""

from fractions import Fraction
from itertools import islice

import pytest

from mockserver.core.rng import Rng
from mockserver.openapi.sampling.values import (
    Bounds,
    as_json_number,
    fill_template,
    number_candidates,
    table_key,
    text_candidates,
)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("city", "city"),
        ("filePath", "path"),
        ("user_names", "name"),
        ("recipients", "email"),
        ("HTTPPort", "port"),
        ("xyz", ""),
    ],
)
def test_a_property_name_leads_to_a_key_of_the_tables(name: str, key: str) -> None:
    assert table_key(name) == key


def test_a_template_is_filled() -> None:
    text = fill_template("{word}|{hex:4}|{digits:3}|{day}|{pad}|{{id}}", Rng("seed"), pad=2)
    word, hexadecimal, digits, day, pad, braces = text.split("|")
    assert word.isalpha()
    assert int(hexadecimal, 16) >= 0
    assert (len(hexadecimal), len(digits), digits.isdecimal(), day in "123456789") == (4, 3, True, True)
    assert (pad, braces) == ("aa", "{id}")


@pytest.mark.parametrize(
    ("number", "value"),
    [
        (Fraction(3), 3),
        (Fraction(1, 2), 0.5),
        (Fraction(2**70), float(2**70)),
        (Fraction(10**400), None),
        (Fraction(-(2**63)), -(2.0**63)),
    ],
)
def test_a_number_as_json(number: Fraction, value: float | None) -> None:
    converted = as_json_number(number)
    assert (converted, type(converted)) == (value, type(value))


@pytest.mark.parametrize(("least", "most"), [(0, 3), (1, 1), (30, 40), (5, 5)])
@pytest.mark.parametrize("variety", [0, 3])
def test_the_last_text_has_an_allowed_length(least: int, most: int, variety: int) -> None:
    *_, last = text_candidates("comment", "", Rng("seed", least), least, most, variety)
    assert least <= len(last) <= most
    assert last == last.strip()


def test_a_text_of_a_format_grows_to_its_length() -> None:
    first = next(text_candidates("", "email", Rng("seed"), 60, 80, 0))
    assert len(first) == 60
    assert first.endswith("@example.com")


NUMBERS: list[tuple[Bounds, bool, bool]] = [
    (Bounds(), True, False),
    (Bounds(low=Fraction(5), high=Fraction(5)), True, False),
    (Bounds(high=Fraction(-3)), False, False),
    (Bounds(low=Fraction(0), high=Fraction(1), low_open=True, high_open=True), False, False),
    (Bounds(low=Fraction(0), high=Fraction(2)), False, True),
    (Bounds(low=Fraction(0), high=Fraction(1, 4)), False, True),
    (Bounds(steps=(Fraction(1, 10), Fraction(1, 4))), False, True),
    (Bounds(low=Fraction(100), steps=(Fraction(7),)), True, False),
]


@pytest.mark.parametrize(("bounds", "whole", "fractional"), NUMBERS)
def test_numbers_are_within_their_bounds(bounds: Bounds, whole: bool, fractional: bool) -> None:
    numbers = list(islice(number_candidates("", bounds, whole, Rng("seed"), 0, fractional), 20))
    assert numbers
    assert all(bounds.admit(Fraction(str(number))) for number in numbers)
    assert not whole or all(isinstance(number, int) for number in numbers)


def test_no_number_is_larger_than_json_can_hold() -> None:
    assert not [*number_candidates("", Bounds(low=Fraction(10**400)), False, Rng("seed"), 0, True)]


def test_a_known_name_gives_a_known_number_within_the_bounds() -> None:
    assert next(number_candidates("port", Bounds(), True, Rng("seed"), 0, False)) in (8080, 8000)
    assert next(number_candidates("latitude", Bounds(), True, Rng("seed"), 0, False)) in (59, 48)
    below = Bounds(high=Fraction(8050))
    assert next(number_candidates("port", below, True, Rng("seed"), 0, False)) == 8000
    assert next(number_candidates("port", Bounds(low=Fraction(9000)), True, Rng("seed"), 0, False)) >= 9000
