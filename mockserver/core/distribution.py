"""Distributions of durations: a length of time, written as one value or as a distribution to draw from.

`300ms` is always the same; `{uniform: [100ms, 1s]}`, `{normal: {mean: 300ms, deviation: 50ms}}` and
`{lognormal: {median: 300ms, sigma: 0.5}}` are drawn each time, from the seed. The time to first token of model servers
is nearly log-normal: most answers are quick, a few take many times as long. No draw is below zero or above
`units.LONGEST`.
"""

from collections.abc import Mapping
from math import exp
from typing import Annotated, Self, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, model_validator

from mockserver.core.rng import Rng
from mockserver.core.unit_fields import Duration
from mockserver.core.units import LONGEST


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True, strict=True, populate_by_name=True)


class Fixed(_Model):
    """A fixed duration."""

    value: Duration

    def draw(self, rng: Rng) -> float:
        """Return seconds; draws nothing."""
        return self.value


class Uniform(_Model):
    """A duration between two, all equally likely."""

    uniform: list[Duration] = Field(min_length=2, max_length=2, description="The least and the most.")

    @model_validator(mode="after")
    def _ascends(self) -> Self:
        if self.uniform[0] > self.uniform[1]:
            raise ValueError("expected the least before the most")
        return self

    def draw(self, rng: Rng) -> float:
        """Return seconds."""
        return rng.between(self.uniform[0], self.uniform[1])


class _Bell(_Model):
    mean: Duration
    deviation: Duration


class Normal(_Model):
    """A normal distribution, cut off at zero."""

    normal: _Bell

    def draw(self, rng: Rng) -> float:
        """Return seconds."""
        return min(LONGEST, max(0.0, rng.normal(self.normal.mean, self.normal.deviation)))


class _LongTail(_Model):
    median: Duration
    sigma: Annotated[float, Field(ge=0, le=5, strict=False)]


class LogNormal(_Model):
    """A log-normal distribution: mostly near the median, with a long tail of slow ones."""

    lognormal: _LongTail

    def draw(self, rng: Rng) -> float:
        """Return seconds."""
        return min(LONGEST, self.lognormal.median * exp(rng.normal(0.0, self.lognormal.sigma)))


_KINDS = {"uniform": "Uniform", "normal": "Normal", "lognormal": "LogNormal"}


def _as_value(value: object) -> object:
    return value if isinstance(value, Mapping | BaseModel) else {"value": value}


def _kind(value: object) -> str:
    if isinstance(value, Mapping):
        return next((kind for key, kind in _KINDS.items() if key in value), "Fixed")
    return type(value).__name__


Spread: TypeAlias = Annotated[
    Annotated[Fixed, Tag("Fixed")]
    | Annotated[Uniform, Tag("Uniform")]
    | Annotated[Normal, Tag("Normal")]
    | Annotated[LogNormal, Tag("LogNormal")],
    Discriminator(_kind),
    BeforeValidator(_as_value),
]
"""The field type: a duration, or one of the distributions."""
