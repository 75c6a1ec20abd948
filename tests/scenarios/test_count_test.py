"""Tests of a number: what passes, and what a failing one expected."""

import pytest
from pydantic import ValidationError

from mockserver.scenarios.count_test import CountTest, as_count, compile_count_test


@pytest.mark.parametrize(
    ("test", "number", "expected"),
    [
        (CountTest(equals=2), 2, None),
        (CountTest(equals=2), 1, "2"),
        (CountTest(equals=2), 3, "2"),
        (CountTest(at_least=2), 2, None),
        (CountTest(at_least=2), 1, "at least 2"),
        (CountTest(at_most=2), 2, None),
        (CountTest(at_most=2), 3, "at most 2"),
        (CountTest(at_least=1, at_most=1), 2, "1"),
    ],
    ids=str,
)
def test_a_number_passes_or_the_expected_one_is_named(test: CountTest, number: int, expected: str | None) -> None:
    assert compile_count_test(test)(number) == expected


@pytest.mark.parametrize("test", [{}, {"at_least": 2, "at_most": 1}, {"equals": -1}], ids=str)
def test_a_test_that_no_number_can_pass_is_refused(test: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        CountTest.model_validate(test)


@pytest.mark.parametrize(
    ("value", "test"), [(2, {"equals": 2}), (True, True), ({"at_least": 1}, {"at_least": 1})], ids=str
)
def test_a_bare_number_means_equality(value: object, test: object) -> None:
    assert as_count(value) == test
