"""Chaos files: faults and errors laid over any scenario, at random, in windows of time, and repeatable from the seed.

A chaos file is a list of rules. For each admitted request, every rule whose `when` matches, whose window is open and
whose limit is not reached makes one draw; if it fires, its faults are laid over the answer, or its error replaces it.
After an error no further rule draws, and the turn that would have been played is not used up: the gateway failed before
it called the model. `chaos_stage` does this.
"""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from mockserver.core.conversation import compact_json
from mockserver.core.unit_fields import Duration, Share
from mockserver.engine.chaos_profile import ChaosProfile, CompiledRule
from mockserver.faults import CompiledFault
from mockserver.faults.compile import compile_fault
from mockserver.openapi.contract import Contract
from mockserver.scenarios.base_model import OneOrMore
from mockserver.scenarios.problems import ScenarioProblem
from mockserver.scenarios.schema import ErrorReply
from mockserver.scenarios.validate import check_operations
from mockserver.scenarios.when import When, compile_when


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True, strict=True, populate_by_name=True)


class ChaosWindow(_Model):
    """When a rule may fire, by the session's clock since chaos began in it."""

    from_: Duration = Field(
        0.0,
        alias="from",
        description="When it opens, by the session's clock since its first request under chaos; default: at once.",
    )
    until: Duration | None = Field(None, description="When it closes, by the same clock; default: never.")
    every: Duration | None = Field(
        None, gt=0, description="Period after which the window starts again; default: it opens once."
    )

    @model_validator(mode="after")
    def _opens(self) -> Self:
        if self.until is not None and self.until <= self.from_:
            raise ValueError("expected until later than from")
        return self

    def is_open(self, age: float) -> bool:
        """Return whether the window is open this many seconds after chaos began."""
        moment = age if self.every is None else age % self.every
        return self.from_ <= moment and (self.until is None or moment < self.until)


class ChaosRule(_Model):
    """One rule: when it fires, how likely, and what it does."""

    when: When = Field(When(), description="The requests that it applies to, as in a turn of a scenario; default: all.")
    probability: Share = Field(1.0, description="How likely it fires for each of them, such as 10%; default: 100%.")
    error: ErrorReply | None = Field(
        None,
        description="An error instead of the answer. No further rule fires, and the scenario's turn is not used up.",
    )
    faults: Annotated[list[str | dict[str, JsonValue]], OneOrMore] | None = Field(
        None, description="Faults to apply to the answer, one or a list; see `mockserver faults`."
    )
    window: ChaosWindow = Field(ChaosWindow(), description="When it may fire.")
    limit: int | None = Field(None, ge=1, description="How often it can fire in a session; default: without end.")

    @model_validator(mode="after")
    def _does_one_thing(self) -> Self:
        if (self.error is None) == (self.faults is None):
            raise ValueError("expected exactly one of error, faults")
        return self


class Chaos(_Model):
    """A chaos file."""

    chaos: str = Field(
        min_length=1,
        max_length=64,
        pattern=r"^[a-z0-9][a-z0-9-]*$",
        description="Its name: lower case, digits, dashes.",
    )
    about: str = Field("", description="One sentence for lists of profiles.")
    rules: list[ChaosRule] = Field(min_length=1, max_length=1_000, description="The rules, in order.")


def compile_chaos(chaos: Chaos, contract: Contract | None = None) -> tuple[ChaosProfile, list[ScenarioProblem]]:
    """Return the profile of a file, and every mistake in it. Operations are looked up in the contract, if given."""
    complaints: list[ScenarioProblem] = []
    if contract is not None:
        for number, rule in enumerate(chaos.rules):
            check_operations(
                rule.when,
                False,
                ("rules", number, "when"),
                contract,
                lambda path, message: complaints.append(ScenarioProblem(path, message)),
            )
    rules = [_rule(number, rule, complaints) for number, rule in enumerate(chaos.rules, start=1)]
    return ChaosProfile(chaos.chaos, chaos.about, tuple(rules)), complaints


def _rule(number: int, rule: ChaosRule, complaints: list[ScenarioProblem]) -> CompiledRule:
    path = ("rules", number - 1)
    faults_written = rule.faults if rule.faults is not None else _error(rule.error or ErrorReply(status=503))
    faults: list[CompiledFault] = []
    for n, fault in enumerate(faults_written):
        try:
            faults.append(compile_fault(fault))
        except ValueError as error:
            complaints.append(ScenarioProblem((*path, "faults", n), str(error)))
    try:
        matchers = compile_when(rule.when)
    except ValueError as error:
        matchers = ()
        complaints.append(ScenarioProblem((*path, "when"), str(error)))
    effect = f"error {rule.error.status}" if rule.error is not None else compact_json(faults_written)
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
    """Return the faults that make an error."""
    fields = failing.model_dump(exclude_none=True)
    retry_after = fields.pop("retry_after", None)
    known = {key: value for key, value in fields.items() if key in ("status", "code", "type", "message")}
    return [{"error": known}] + ([] if retry_after is None else [{"retry_after": retry_after}])
