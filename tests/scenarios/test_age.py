"""The age of a recording: it is a mistake once `max_age` is over, and the message has the date and the remedy."""

from datetime import UTC, datetime

import pytest

from mockserver.scenarios.age import age_problem
from mockserver.scenarios.schema import Scenario

JANUARY = datetime(2026, 1, 31, tzinfo=UTC).timestamp()
DAY = 86_400


def aged(**fields: object) -> Scenario:
    return Scenario.model_validate({"scenario": "old", "turns": [{"reply": "hi"}], **fields})


@pytest.mark.parametrize("days", [0, 30])
def test_a_recording_is_young_until_its_last_day_is_over(days: int) -> None:
    scenario = aged(recorded="2026-01-31", max_age="30d")
    assert age_problem(scenario, JANUARY + days * DAY + DAY - 1) is None


def test_an_old_recording_is_a_mistake_with_its_date_and_the_remedy() -> None:
    problem = age_problem(aged(recorded="2026-01-31", max_age="30d"), JANUARY + 31 * DAY)
    assert problem == (
        ("max_age",),
        "recorded on 2026-01-31, 31 days ago, and max_age is 30d; "
        "record again: mockserver record --upstream URL --out FILE",
    )


def test_max_age_needs_the_day_of_the_recording() -> None:
    problem = age_problem(aged(max_age="30d"), JANUARY)
    assert problem is not None
    assert "max_age counts from `recorded`, which is missing" in problem[1]


def test_without_max_age_a_recording_never_grows_old() -> None:
    assert age_problem(aged(recorded="2000-01-01"), JANUARY) is None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"recorded": "yesterday"}, "expected a date such as 2026-01-31"),
        ({"max_age": "a while"}, "expected a number of days such as 90d"),
        ({"max_age": 90}, "expected a number of days such as 90d"),
    ],
)
def test_a_wrong_date_or_age_is_a_mistake(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        aged(**fields)
