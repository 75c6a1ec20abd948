"""The parameter of faults that concern whole kinds of events."""

from typing import ClassVar

from pydantic import Field, field_validator

from mockserver.core.errors import did_you_mean
from mockserver.faults.fault import Parameters
from mockserver.wires import EVENTS


class Kinds(Parameters):
    """Kinds of events."""

    main: ClassVar[str] = "events"
    events: list[str] = Field(min_length=1, description="Which kinds of events; a bare word is one.")

    @field_validator("events", mode="before")
    @classmethod
    def _as_list(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

    @field_validator("events")
    @classmethod
    def _known(cls, events: list[str]) -> list[str]:
        for name in events:
            if name not in EVENTS:
                raise ValueError(f"no event is called '{name}'; {did_you_mean(name, EVENTS)}")
        return events
