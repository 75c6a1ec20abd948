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

from collections.abc import Callable, Mapping
from copy import copy
from typing import Annotated, Self

import msgspec
from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from mockserver.accounts.identify import Accounts
from mockserver.accounts.session import ChaosMemory, Session
from mockserver.core.actions import Actions, Head, Wait
from mockserver.core.conversation import compact_json
from mockserver.core.errors import Refusal, did_you_mean
from mockserver.core.rng import Rng
from mockserver.core.units import Duration, Share
from mockserver.engine.decision import Decision
from mockserver.engine.request import Request, outline, read_call
from mockserver.engine.step import Engine, EngineSettings
from mockserver.faults import CompiledFault, Context, apply_faults, compile_fault
from mockserver.openapi.contract import Contract
from mockserver.scenarios.base_model import OneOrMore
from mockserver.scenarios.call import Call
from mockserver.scenarios.compile import ScenarioProblem, Script
from mockserver.scenarios.matcher import Matcher, matches
from mockserver.scenarios.schema import ErrorReply
from mockserver.scenarios.when import When, compile_when

CHAOS_HEADER = "x-mock-chaos"
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
    told: str


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
    told = f"error {rule.error.status}" if rule.error is not None else compact_json(given)
    return CompiledRule(
        number=number,
        matchers=matchers,
        probability=rule.probability,
        window=rule.window,
        limit=rule.limit,
        faults=tuple(faults),
        is_error=rule.error is not None,
        told=told,
    )


def _error(failing: ErrorReply) -> list[str | dict[str, JsonValue]]:
    """An error as the faults that make it."""
    fields = failing.model_dump(exclude_none=True)
    retry_after = fields.pop("retry_after", None)
    known = {key: value for key, value in fields.items() if key in ("status", "code", "type", "message")}
    return [{"error": known}] + ([] if retry_after is None else [{"retry_after": retry_after}])


# --- the engine under chaos -------------------------------------------------------------------------------------------


class ChaoticEngine(Engine):
    """The engine with chaos laid over it. `playing` is the profile of every session that chooses none."""

    def __init__(
        self,
        contract: Contract,
        scripts: Mapping[str, Script],
        settings: EngineSettings,
        accounts: Accounts | None = None,
        profiles: Mapping[str, ChaosProfile] | None = None,
        playing: str | None = None,
    ) -> None:
        super().__init__(contract, scripts, settings, accounts)
        self.profiles = profiles if profiles is not None else {}
        self.playing = playing

    def with_chaos(self, profiles: Mapping[str, ChaosProfile], playing: str | None) -> Self:
        """The same engine with other profiles, `playing` by default."""
        other = copy(self)
        other.profiles, other.playing = profiles, playing
        return other

    def _step(self, session: Session, request: Request, now: float) -> tuple[Session, Decision]:
        """The engine's step, and what chaos makes of it."""
        if session.chaos is None and self.playing is None and CHAOS_HEADER not in request.headers:
            return super()._step(session, request, now)
        before = session.chaos or ChaosMemory(began=now, profile=self.playing or NONE)
        chosen = request.headers.get(CHAOS_HEADER, before.profile)
        if chosen != before.profile:
            before = ChaosMemory(began=now, profile=chosen)
        after, decision = super()._step(session, request, now)
        if after is session:
            return after, decision  # refused before it was let in
        if chosen != NONE and chosen not in self.profiles:
            return after, _unknown(decision, chosen, self.profiles)
        memory, decided, failed = self._drawn(before, session, request, now, decision)
        kept = session.counted(now) if failed else after
        return msgspec.structs.replace(kept, chaos=memory), decided

    def _drawn(
        self, memory: ChaosMemory, session: Session, request: Request, now: float, decision: Decision
    ) -> tuple[ChaosMemory, Decision, bool]:
        """Chaos's memory after this request, the answer that it leaves, and whether that is an error of its own."""
        profile = self.profiles.get(memory.profile)
        fired, draws, idle = dict(memory.fired), list[str](), list(decision.note.idle_faults)
        actions, splitters, failed = decision.actions, decision.splitters, False
        rules = profile.rules if profile is not None else ()
        call = self._call(request) if any(rule.matchers for rule in rules) else None
        for rule in rules:
            roll = self._roll(rule, memory, session, call, now)
            if roll is None:
                continue
            fired[rule.number] = fired.get(rule.number, 0) + 1
            draws.append(f"{memory.profile}/{rule.number}: {roll:.6f} < {rule.probability:g}: {rule.told}")
            parts = (session.seed, session.id, "chaos", memory.profile, rule.number, session.requests + 1, "faults")
            if rule.is_error:
                actions, splitters = _without_pace(actions), ()
            applied = apply_faults(actions, rule.faults, _contexts(parts, now))
            actions, splitters = applied.actions, (*splitters, *applied.splitters)
            idle += [f"chaos: {reason}" for reason in applied.idle]
            if rule.is_error:
                failed = True
                break
        note = msgspec.structs.replace(decision.note, draws=tuple(draws), idle_faults=tuple(idle))
        receipt = None if failed else decision.receipt  # whoever is not answered does not pay
        if failed:
            note = msgspec.structs.replace(note, code="chaos", turn=0, usage=None)
        return (
            ChaosMemory(memory.began, memory.profile, fired),
            msgspec.structs.replace(decision, actions=actions, note=note, receipt=receipt, splitters=splitters),
            failed,
        )

    def _call(self, request: Request) -> Call:
        """The request as conditions see it; one whose body was refused has no conversation."""
        operation, parameters = self.contract.find(request.method, request.path)
        try:
            return read_call(operation, request, parameters)
        except Refusal:
            return outline(operation, request)

    def _roll(
        self, rule: CompiledRule, memory: ChaosMemory, session: Session, call: Call | None, now: float
    ) -> float | None:
        """The draw of a rule that fires, or None."""
        if rule.limit is not None and memory.fired.get(rule.number, 0) >= rule.limit:
            return None
        if not rule.window.is_open(max(0.0, now - memory.began)):
            return None
        if call is not None and not matches(rule.matchers, call):
            return None
        dice = Rng(session.seed, session.id, "chaos", memory.profile, rule.number, session.requests + 1)
        roll = dice.unit()
        return roll if roll < rule.probability else None


def _without_pace(actions: Actions) -> Actions:
    """A failing gateway does not wait for its model; nor has the turn been played that the headers tell of."""
    kept = [action for action in actions if not isinstance(action, Wait)]
    return tuple([_untold(action) if isinstance(action, Head) else action for action in kept])


def _untold(head: Head) -> Head:
    return Head(head.status, tuple([(name, value) for name, value in head.headers if name != "x-mock-turn"]))


def _contexts(parts: tuple[object, ...], now: float) -> Callable[[int], Context]:
    """Return what makes the context of each fault of a rule, with dice of its own."""
    return lambda number: Context(Rng(*parts, number), now)


def _unknown(decision: Decision, name: str, known: Mapping[str, ChaosProfile]) -> Decision:
    """A profile that is not there is an error, not silence."""
    message = f"No chaos profile '{name}'; {did_you_mean(name, [*known, NONE])}"
    tell = compile_fault({"error": {"status": 404, "code": "unknown_chaos", "message": message}})
    note = msgspec.structs.replace(decision.note, code="unknown_chaos", turn=0)
    return Decision(tell(_without_pace(decision.actions), Context(Rng())), note)
