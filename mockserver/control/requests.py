"""What can be said to the control API, as pydantic models: unknown keys are errors, with the nearest that there is."""

import json
from decimal import Decimal
from typing import Annotated, Literal, Self

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, model_validator

from mockserver.core.units import Duration, Times


def _kept(words: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Words that can be kept as JSON and read again, which Python's own reader of JSON does not promise."""
    try:
        orjson.dumps(words)
        json.dumps(words, allow_nan=False)
    except (TypeError, ValueError):
        raise ValueError("expected plain JSON: numbers of at most 64 bits, and less than 250 levels") from None
    return words


Words = Annotated[dict[str, JsonValue], AfterValidator(_kept)]
Name = Annotated[str, Field(min_length=1, max_length=64)]
SessionName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:@-]{0,99}$")]
Amount = Annotated[Decimal, Field(ge=0, le=10**12, max_digits=30)]
Seed = Annotated[str, Field(max_length=100)]


class RequestModel(BaseModel):
    """The base of every body."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ChosenClock(RequestModel):
    """A clock: virtual, or running at some speed."""

    virtual: bool = False
    speed: float = Field(1.0, ge=0.001, le=1000)


class Defaults(RequestModel):
    """What holds for every session that says nothing else; what is left out stays, null takes it back."""

    scenario: Name | None = Field(None, description="A scenario, or none: the mock answers by itself.")
    chaos: Name | None = None
    pace: Words | None = Field(None, description="The words of `pace` in a turn, laid over every reply.")


class SessionOverrides(Defaults):
    """What is chosen for one session; what is left out stays, null takes it back."""

    seed: Seed | None = None
    account: Words | None = Field(None, description="The words of `account` in a scenario.")
    clock: ChosenClock | None = None


class NewSession(SessionOverrides):
    """A session to come. Without a name it belongs to a key, which is minted for it."""

    name: SessionName | None = Field(None, description="What clients will say in x-mock-session.")


class Advance(RequestModel):
    """Move a session's clock on."""

    advance: Duration = Field(description="1h, 90s, or seconds.")


class BalanceChange(RequestModel):
    """Move the balance of a session's account: credits bought, or spent until so many are left."""

    top_up: Amount | None = None
    drain: Amount | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.top_up is None) == (self.drain is None):
            raise ValueError("expected exactly one of top_up, drain")
        return self


class ScenarioText(RequestModel):
    """A file's text."""

    yaml: str = Field(max_length=1_000_000)


class Explanation(RequestModel):
    """A request (a JSON body, or a curl command) and the scenario that it is held against, by name or as text."""

    request: str = Field(max_length=1_000_000)
    scenario: Name | None = None
    yaml: str | None = Field(None, max_length=1_000_000)
    path: str | None = Field(None, max_length=2_000)

    @model_validator(mode="after")
    def _has_one(self) -> Self:
        if (self.scenario is None) == (self.yaml is None):
            raise ValueError("expected exactly one of scenario, yaml")
        return self


class NextResponse(RequestModel):
    """An answer (the words of a turn), or faults, for the next request that fits."""

    session: SessionName | None = Field(None, description="Whose request; without it, anybody's.")
    turn: Words | None = None
    faults: list[str | Words] | None = Field(None, min_length=1, max_length=100)
    when: Words | None = Field(None, description="The requests that the faults fit; a turn says it itself.")
    times: Times = 1

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.turn is None) == (self.faults is None):
            raise ValueError("expected exactly one of turn, faults")
        if self.turn is not None and self.when is not None:
            raise ValueError("write when inside turn")
        if self.turn is not None and "times" in self.turn and "times" in self.model_fields_set:
            raise ValueError("write times once, inside turn")
        return self


class JournalSearch(RequestModel):
    """What is looked for in the journal, in the words of `when`."""

    when: Words = {}
    session: SessionName | None = None
    limit: int = Field(200, ge=1, le=5_000)


class Verification(RequestModel):
    """What should have come: `when`, so many `times` (at least once without), or several in this `order`."""

    session: SessionName | None = None
    when: Words | None = None
    times: int | None = Field(None, ge=0, le=100_000)
    order: list[Words] | None = Field(None, min_length=1, max_length=1_000)
    after: int = Field(0, ge=0, description="Only exchanges with a higher number.")
    within: Annotated[Duration, Field(le=60)] | None = Field(
        None, description="Wait so long for what has not come yet, at most a minute of real time."
    )

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if self.order is not None and (self.when is not None or self.times is not None):
            raise ValueError("expected order, or when and times")
        return self


class Steps(RequestModel):
    """How many events are let through."""

    events: int = Field(1, ge=1, le=100_000)


class Export(RequestModel):
    """A session as one document. `format` is the version of this package that wrote it."""

    format: str
    session: Words


Copy = Literal["curl", "scenario", "pytest"]
"""What an exchange can be copied as."""
