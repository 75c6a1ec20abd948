"""Chaos: faults and errors laid over any scenario, by chance, in windows of time, and repeatable from the seed.

A chaos file is a list of rules. For each request that is let in, every rule whose `when` has no difference, whose
window is open and whose limit is not reached makes one draw; if it fires, its faults are laid over the answer, or its
error takes the answer's place. After an error no further rule is asked, and the turn that would have been played is not
used up: the gateway has failed before the model was asked.

Rules of the house:

- A draw comes from (seed, session, profile, rule, request), so the run that broke a client can be repeated exactly;
  what fired stands in the journal (`Note.draws`).
- Chaos has its own memory in the session (when it began, how often each rule fired), and nothing else is changed.
- A caller can choose a profile for a session with the header `x-mock-chaos` (`none` ends it).
"""

from typing import Annotated, Self

import msgspec
from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from mockserver.core.conversation import compact_json
from mockserver.core.units import Duration, Share
from mockserver.faults import CompiledFault, compile_fault
from mockserver.scenarios.base_model import OneOrMore
from mockserver.scenarios.compile import ScenarioProblem
from mockserver.scenarios.matcher import Matcher
from mockserver.scenarios.schema import ErrorReply
from mockserver.scenarios.when import When, compile_when

NONE = "none"
"""The profile that does nothing."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)


class ChaosWindow(_Model):
    """When a rule may fire, by the session's clock since its first request."""

    from_: Duration = Field(0.0, alias="from", description="It opens so long after the session's first request.")
    until: Duration | None = Field(None, description="It closes then; without it never.")
    every: Duration | None = Field(None, gt=0, description="The clock starts again so often: a window that comes back.")

    @model_validator(mode="after")
    def _opens(self) -> Self:
        if self.until is not None and self.until <= self.from_:
            raise ValueError("expected until later than from")
        return self

    def is_open(self, age: float) -> bool:
        """Whether it is open at this age of the session, in seconds."""
        moment = age if self.every is None else age % self.every
        return self.from_ <= moment and (self.until is None or moment < self.until)


class ChaosRule(_Model):
    """One rule: when, how likely, and what."""

    when: When = Field(When(), description="The requests that it concerns; all without it.")
    probability: Share = Field(1.0, description="How likely it fires for each of them: 10%.")
    error: ErrorReply | None = Field(None, description="An error in the place of the answer.")
    faults: Annotated[list[str | dict[str, JsonValue]], OneOrMore] | None = Field(
        None, description="What goes wrong with the answer, in order."
    )
    window: ChaosWindow = Field(ChaosWindow(), description="When it may fire.")
    limit: int | None = Field(None, ge=1, description="How often it may fire in a session.")

    @model_validator(mode="after")
    def _does_one_thing(self) -> Self:
        if (self.error is None) == (self.faults is None):
            raise ValueError("expected exactly one of error, faults")
        return self


class Chaos(_Model):
    """A chaos file."""

    chaos: str = Field(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9-]*$", description="Its name.")
    about: str = Field("", description="One sentence for the reader of a list.")
    rules: list[ChaosRule] = Field(min_length=1, max_length=1_000, description="Asked in order for each request.")


class CompiledRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule made ready; `number` counts from 1."""

    number: int
    matchers: tuple[Matcher, ...]
    probability: float
    window: ChaosWindow
    limit: int | None
    faults: tuple[CompiledFault, ...]
    is_error: bool
    effect: str


class ChaosProfile(msgspec.Struct, frozen=True):
    """A chaos file made ready."""

    name: str
    about: str
    rules: tuple[CompiledRule, ...]


def compile_chaos(chaos: Chaos) -> tuple[ChaosProfile, list[ScenarioProblem]]:
    """The profile of a file, and every mistake in it."""
    complaints: list[ScenarioProblem] = []
    rules = [_rule(number, rule, complaints) for number, rule in enumerate(chaos.rules, start=1)]
    return ChaosProfile(chaos.chaos, chaos.about, tuple(rules)), complaints


def _rule(number: int, rule: ChaosRule, complaints: list[ScenarioProblem]) -> CompiledRule:
    place = ("rules", number - 1)
    given = rule.faults if rule.faults is not None else _error(rule.error or ErrorReply(status=503))
    faults: list[CompiledFault] = []
    for n, fault in enumerate(given):
        try:
            faults.append(compile_fault(fault))
        except ValueError as error:
            complaints.append(ScenarioProblem((*place, "faults", n), str(error)))
    try:
        matchers = compile_when(rule.when)
    except ValueError as error:
        matchers = ()
        complaints.append(ScenarioProblem((*place, "when"), str(error)))
    effect = f"error {rule.error.status}" if rule.error is not None else compact_json(given)
    return CompiledRule(
        number=number,
        matchers=matchers,
        probability=rule.probability,
        window=rule.window,
        limit=rule.limit,
        faults=tuple(faults),
        is_error=rule.error is not None,
        effect=effect,
    )


def _error(failing: ErrorReply) -> list[str | dict[str, JsonValue]]:
    """An error as the faults that make it."""
    fields = failing.model_dump(exclude_none=True)
    retry_after = fields.pop("retry_after", None)
    known = {key: value for key, value in fields.items() if key in ("status", "code", "type", "message")}
    return [{"error": known}] + ([] if retry_after is None else [{"retry_after": retry_after}])
