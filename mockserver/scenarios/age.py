"""The age of a recording: a scenario with `max_age` is a mistake once it is older than that."""

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockserver.scenarios.schema import Scenario


MAX_AGE = ("max_age",)


def age_problem(scenario: "Scenario", now: float) -> tuple[tuple[str, ...], str] | None:
    """Return the mistake of a scenario that is too old at `now`, in seconds since the epoch, or None."""
    if scenario.max_age is None:
        return None
    if scenario.recorded is None:
        return (
            MAX_AGE,
            "max_age counts from `recorded`, which is missing; write recorded: 2026-01-31 or another date",
        )
    days = (datetime.fromtimestamp(now, UTC).date() - date.fromisoformat(scenario.recorded)).days
    if days <= scenario.max_age:
        return None
    return MAX_AGE, (
        f"recorded on {scenario.recorded}, {days} days ago, and max_age is {scenario.max_age}d; "
        "record again: mockserver record --upstream URL --out FILE"
    )
