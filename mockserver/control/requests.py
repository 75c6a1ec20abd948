"""The request bodies of the control API as pydantic models.

An unknown key is an error that names the nearest known one.
"""

from decimal import Decimal
from typing import Annotated, Literal, Self

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, model_validator

from mockserver.core.unit_fields import Duration, Times


def _plain_json(words: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Return the value if orjson can write it again; FastAPI's parser accepts longer numbers than that."""
    try:
        orjson.dumps(words)
    except TypeError:
        raise ValueError("expected numbers of at most 64 bits") from None
    return words


Words = Annotated[dict[str, JsonValue], AfterValidator(_plain_json)]
Name = Annotated[str, Field(min_length=1, max_length=64)]
SessionName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:@-]{0,99}$")]
Amount = Annotated[Decimal, Field(ge=0, le=10**12, max_digits=30)]
Seed = Annotated[str, Field(max_length=100)]


class RequestModel(BaseModel):
    """The base of every request body."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ChosenClock(RequestModel):
    """A clock: virtual, or running at `speed` times real time."""

    virtual: bool = False
    speed: float = Field(1.0, ge=0.001, le=1000)


class Defaults(RequestModel):
    """Settings of all sessions without their own. An omitted field keeps its value; null resets it."""

    scenario: Name | None = Field(None, description="A scenario's name, or `none` for default answers.")
    chaos: Name | None = None
    pace: Words | None = Field(None, description="A `pace` as in a turn, applied to every reply.")


class SessionOverrides(Defaults):
    """Settings of one session. An omitted field keeps its value; null resets it."""

    seed: Seed | None = None
    account: Words | None = Field(None, description="An `account` as in a scenario.")
    clock: ChosenClock | None = None


class NewSession(SessionOverrides):
    """A session to create. Without a name it belongs to a new key, which is random unless a `label` is given."""

    name: SessionName | None = Field(None, description="The value that clients send in x-mock-session.")
    label: Annotated[str, Field(max_length=1_000)] | None = Field(
        None,
        description="A text, such as a test's name, from which the key derives: the same answers in every run.",
    )

    @model_validator(mode="after")
    def _has_no_name_beside_a_label(self) -> Self:
        if self.name is not None and self.label is not None:
            raise ValueError("expected name or label: a session with a name has no key")
        return self


class Advance(RequestModel):
    """How far to advance a session's clock."""

    advance: Duration = Field(description="A duration such as 1h or 90s, or a number of seconds.")


class BalanceChange(RequestModel):
    """A change of a balance: `top_up` adds credits, `drain` leaves this many."""

    top_up: Amount | None = None
    drain: Amount | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.top_up is None) == (self.drain is None):
            raise ValueError("expected exactly one of top_up, drain")
        return self


class ScenarioText(RequestModel):
    """The text of a scenario or chaos profile."""

    yaml: str = Field(max_length=1_000_000)


class SavedScenario(ScenarioText):
    """The text of a scenario to keep in memory."""

    keep_progress: bool = Field(
        False, description="Sessions that play the scenario in memory continue after the turns that they have played."
    )


class Explanation(RequestModel):
    """A request (a JSON body or a curl command) and the scenario to match it against, by name or as text."""

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
    """An answer (a turn) or faults for the next matching request."""

    session: SessionName | None = Field(None, description="Only requests of this session; any session if omitted.")
    turn: Words | None = None
    faults: list[str | Words] | None = Field(None, min_length=1, max_length=100)
    when: Words | None = Field(None, description="The requests that the faults apply to; a turn has its own `when`.")
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
    """A search of the journal by a `when`."""

    when: Words = {}
    session: SessionName | None = None
    limit: int = Field(200, ge=1, le=5_000)


class Verification(RequestModel):
    """The expected requests: `times` of them (default: at least one) that match `when`, or several in this `order`."""

    session: SessionName | None = None
    when: Words | None = None
    times: int | None = Field(None, ge=0, le=100_000)
    order: list[Words] | None = Field(None, min_length=1, max_length=1_000)
    after: int = Field(0, ge=0, description="Only exchanges with a higher number than this.")
    within: Annotated[Duration, Field(le=60)] | None = Field(
        None, description="How long to wait for requests still to come, in real time; at most a minute."
    )

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if self.order is not None and (self.when is not None or self.times is not None):
            raise ValueError("expected order, or when and times")
        return self


class Steps(RequestModel):
    """The number of events to release."""

    events: int = Field(1, ge=1, le=100_000)


class Export(RequestModel):
    """A session as one document. `format` is the version of the package that wrote it."""

    format: str
    session: Words


Copy = Literal["curl", "scenario", "pytest"]
"""The formats an exchange can be copied in."""
