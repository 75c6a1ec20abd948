"""Tests of a number, for conditions."""

from collections.abc import Callable
from typing import Self

from pydantic import Field, model_validator

from mockserver.scenarios.base_model import ScenarioModel


class CountTest(ScenarioModel):
    """A test of a number. A bare number means `equals`."""

    equals: int | None = Field(None, ge=0)
    at_least: int | None = Field(None, ge=0)
    at_most: int | None = Field(None, ge=0)

    @model_validator(mode="after")
    def _tests_something(self) -> Self:
        if self.equals is None and self.at_least is None and self.at_most is None:
            raise ValueError("expected one of equals, at_least, at_most")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError("at_least is more than at_most, so no number can pass")
        return self


def as_count(value: object) -> object:
    """Return the test that a bare number stands for; any other value as it is."""
    return {"equals": value} if isinstance(value, int) and not isinstance(value, bool) else value


def compile_count_test(test: CountTest) -> Callable[[int], str | None]:
    """Return a function that says what was expected of a number, or None if it passes."""
    low = test.at_least if test.equals is None else test.equals
    high = test.at_most if test.equals is None else test.equals

    def check(number: int) -> str | None:
        if low is not None and number < low:
            return f"{low}" if high == low else f"at least {low}"
        if high is not None and number > high:
            return f"{high}" if high == low else f"at most {high}"
        return None

    return check
