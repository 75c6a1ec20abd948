"""Units that a person writes: each has one meaning in plain numbers, and nonsense has none."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from mockserver.core.unit_fields import Duration, Rate, Share, Times
from mockserver.core.units import LONGEST, parse_duration, parse_rate, parse_share, parse_times


class Fields(BaseModel):
    """A field of each unit."""

    duration: Duration = 0.0
    rate: Rate = 1.0
    share: Share = 0.0
    times: Times = 1


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("300ms", 0.3),
        ("5s", 5.0),
        ("2m", 120.0),
        ("1.5h", 5400.0),
        ("30d", LONGEST),
        ("7", 7.0),
        (" 5 s ", 5.0),
        ("0s", 0.0),
        (0, 0.0),
        (2.5, 2.5),
        (3, 3.0),
    ],
)
def test_a_duration_is_in_seconds(written: object, seconds: float) -> None:
    assert parse_duration(written) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("written", "per_second"),
    [("40/s", 40.0), ("600/m", 10.0), ("600/min", 10.0), ("3600/h", 1.0), ("0.5 / s", 0.5), (8, 8.0), (1e6, 1e6)],
)
def test_a_rate_is_per_second(written: object, per_second: float) -> None:
    assert parse_rate(written) == pytest.approx(per_second)


@pytest.mark.parametrize(
    ("written", "share"), [("10%", 0.1), ("0%", 0.0), ("100%", 1.0), ("12.5 %", 0.125), (0.25, 0.25), (1, 1.0)]
)
def test_a_share_is_from_zero_to_one(written: object, share: float) -> None:
    assert parse_share(written) == pytest.approx(share)


@pytest.mark.parametrize(("written", "times"), [(1, 1), (10_000, 10_000), ("always", None)])
def test_times_is_a_number_or_no_limit(written: object, times: int | None) -> None:
    assert parse_times(written) == times


NAN, INFINITE = float("nan"), float("inf")
DURATION, RATE = "expected a duration such as 300ms", "expected a rate above zero"
SHARE, TIMES = "expected a share such as 10%", "expected a whole number from 1, or always"

NONSENSE: list[tuple[Callable[[object], object], str, list[object]]] = [
    (
        parse_duration,
        DURATION,
        ["", "5 sec", "-1s", "1e3s", "1,5s", "31d", "s", -1, LONGEST + 1, NAN, INFINITE, True, None, [1], "9" * 400],
    ),
    (parse_rate, RATE, ["", "40", "40/d", "0/s", "-1/s", 0, -1, 1e7, NAN, INFINITE, True, None, {}]),
    (parse_share, SHARE, ["", "10", "101%", "-1%", 1.1, -0.1, NAN, True, None, "ten%"]),
    (parse_times, TIMES, [0, -1, 1.0, "1", "forever", "Always", True, [], {}]),
]


@pytest.mark.parametrize(
    ("parse", "words", "written"),
    [(parse, words, written) for parse, words, values in NONSENSE for written in values],
)
def test_nonsense_is_refused_with_what_was_expected(
    parse: Callable[[object], object], words: str, written: object
) -> None:
    with pytest.raises(ValueError, match=words):
        parse(written)


@given(st.text() | st.integers() | st.floats() | st.booleans() | st.none())
def test_a_duration_is_finite_whatever_is_written(written: object) -> None:
    try:
        seconds = parse_duration(written)
    except ValueError:
        return
    assert 0 <= seconds <= LONGEST


def test_the_fields_of_a_model_are_plain_numbers() -> None:
    made = Fields.model_validate({"duration": "300ms", "rate": "40/s", "share": "10%", "times": "always"})
    assert (made.duration, made.rate, made.share, made.times) == (0.3, 40.0, 0.1, None)


def test_no_limit_is_written_as_always() -> None:
    assert Fields.model_validate({"times": "always"}).model_dump()["times"] == "always"


def test_a_field_says_what_was_expected() -> None:
    with pytest.raises(ValidationError, match="expected a duration such as 300ms"):
        Fields.model_validate({"duration": "soon"})


def test_the_schema_shows_how_a_unit_is_written() -> None:
    schema = Fields.model_json_schema()["properties"]["duration"]
    assert schema["examples"] == ["300ms"]
