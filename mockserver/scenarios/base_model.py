"""The base class of every model of the scenario language, and validators for its short forms."""

from pydantic import BaseModel, BeforeValidator, ConfigDict


class ScenarioModel(BaseModel):
    """A frozen model that rejects unknown keys and values of another type."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True, strict=True, populate_by_name=True)


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


OneOrMore = BeforeValidator(_as_list)
"""Accepts a single value where the field holds a list."""
