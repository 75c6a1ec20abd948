"""Overrides: what was chosen while the gateway runs; it takes precedence over scenarios. Pure.

A session carries its own choices (`Session.overrides`); for the others the operator's `EngineSettings` hold.

- **scenario**: the request's choice (header, model) comes first, then the session's, the key's, the operator's. `none`
  is a choice too: no scenario plays, and requests get the default answer.
- **pace**: its fields replace those of every reply's pace; fields that it leaves out stay the turn's.
- **account**: the account of a session whose key belongs to no account.
- **queued**: answers and faults for the next request. Each request uses the first that matches it. An answer is a turn
  like any other; faults alone are laid over the normal answer, and stay queued unless all of them act.

Choices are stored as JSON, as they were written, so that a session stays a small value that any store can hold. They
are compiled when they are first used, and cached by their text.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import orjson

from mockserver.accounts.identify import ScenarioAccount
from mockserver.accounts.session import QueuedResponse, Session
from mockserver.core.errors import Refusal, did_you_mean
from mockserver.faults import CompiledFault
from mockserver.openapi.contract import Contract
from mockserver.scenarios.call import Call
from mockserver.scenarios.matcher import matches
from mockserver.scenarios.problems import ScenarioProblem
from mockserver.scenarios.script import NEXT, CompiledTurn, ReplyPlan, Script
from mockserver.scenarios.turn_selection import handles_operation

if TYPE_CHECKING:
    from mockserver.accounts.schema import Account
    from mockserver.scenarios.schema import Pace

SCENARIO_HEADER = "x-mock-scenario"
SCENARIO_KEY = "sk_mock_"
SCENARIO_MODEL = "mock/"

NONE = "none"
"""The choice that no scenario plays."""

MOST_QUEUED = 100
"""The most responses that one queue holds."""

ANSWERS = ("reply", "error", "response")
"""The keys of a turn that make it an answer; without any, its faults are laid over the normal answer."""


class CompiledResponse(NamedTuple):
    """A queued response, compiled: a script of one turn, and whether the turn is an answer or only faults."""

    script: Script
    play: CompiledTurn
    is_answer: bool

    @property
    def faults(self) -> tuple[CompiledFault, ...]:
        """The faults of its turn."""
        return self.play.faults


class SessionAccount(NamedTuple):
    """The account that was chosen for a session. It takes precedence over that of its scenario."""

    account: "Account"
    name: None = None


# --- scenarios --------------------------------------------------------------------------------------------------------


def choose_script(call: Call, session: Session, scripts: Mapping[str, Script], default: str | None) -> Script | None:
    """Return the scenario that plays: the request's, else the session's, the key's, `default`. Raises `Refusal` 404."""
    name = _named_by_request(call)
    if name is None:
        name = session.overrides.scenario
        if name == NONE and NONE not in scripts:
            return None
    if name is None and call.key.startswith(SCENARIO_KEY):
        name = call.key.removeprefix(SCENARIO_KEY).partition("_")[0]
    if name is None:
        if default is None or (default == NONE and NONE not in scripts):
            return None
        name = default
    script = scripts.get(name)
    if script is None:
        raise Refusal(404, "unknown_scenario", f"No scenario '{name}'; {did_you_mean(name, scripts)}")
    return script


def _named_by_request(call: Call) -> str | None:
    """Return the scenario that a request names by its header or its model, or None."""
    name = call.headers.get(SCENARIO_HEADER)
    if name is None and call.conversation is not None and call.conversation.model.startswith(SCENARIO_MODEL):
        return call.conversation.model.removeprefix(SCENARIO_MODEL)
    return name


# --- pace and account -------------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def read_pace(words: str) -> "Pace":
    """Return the pace that is written as this JSON."""
    from mockserver.scenarios.schema import Pace  # as below: only overrides need the models of files

    return Pace.model_validate(orjson.loads(words))


@lru_cache(maxsize=256)
def read_account(words: str) -> "Account":
    """Return the account that is written as this JSON."""
    from mockserver.accounts.schema import Account

    return Account.model_validate(orjson.loads(words))


def at_pace(plan: ReplyPlan, session: Session, default: str | None) -> ReplyPlan:
    """Return the plan at the session's pace, else at `default`; unchanged if neither is set."""
    words = session.overrides.pace or default
    if words is None:
        return plan
    chosen = read_pace(words)
    if plan.pace is None:
        return msgspec.structs.replace(plan, pace=chosen)
    update = {name: getattr(chosen, name) for name in chosen.model_fields_set}
    if update.keys() & {"rate", "interval"}:  # a pace has one of them
        update = {"rate": None, "interval": None, **update}
    return msgspec.structs.replace(plan, pace=plan.pace.model_copy(update=update))


def with_account(session: Session, script: ScenarioAccount | None) -> ScenarioAccount | None:
    """Return where the session's account comes from: its own choice, else the scenario."""
    words = session.overrides.account
    return script if words is None else SessionAccount(read_account(words))


# --- queued responses -------------------------------------------------------------------------------------------------


def compile_response(words: Mapping[str, object], contract: Contract) -> tuple[CompiledResponse, list[ScenarioProblem]]:
    """Return a compiled response and every mistake in it. Raises pydantic's `ValidationError` for an invalid turn."""
    from mockserver.scenarios.compile import compile_scenario
    from mockserver.scenarios.schema import Scenario, Turn

    is_answer = any(name in words for name in ANSWERS)
    turn = Turn.model_validate(words if is_answer else {**words, "reply": []})
    queued = Scenario.model_construct(scenario=NEXT, turns=[turn])  # no file can have this name
    script, complaints = compile_scenario(queued, contract)
    script = msgspec.structs.replace(script, edition="")
    return CompiledResponse(script, script.turns[0], is_answer), complaints


@lru_cache(maxsize=1_024)
def _compiled(words: str, contract: Contract) -> CompiledResponse:
    return compile_response(orjson.loads(words), contract)[0]


def matching(session: Session, call: Call, contract: Contract) -> Iterator[tuple[QueuedResponse, CompiledResponse]]:
    """Yield the queued responses that match a call, in order."""
    for queued in session.overrides.queued:
        compiled = _compiled(queued.words, contract)
        if handles_operation(compiled.play, call) and matches(compiled.play.matchers, call):
            yield queued, compiled


def consume(session: Session, used: QueuedResponse) -> Session:
    """Return the session after it used one of its queued responses."""
    progress = session.progress_of(NEXT)
    hits = {1: progress.hits.get(1, 0) + 1}
    session = session.with_progress(NEXT, msgspec.structs.replace(progress, hits=hits))
    rest = [left for queued in session.overrides.queued if (left := _once_less(queued, used)) is not None]
    return _with_queue(session, tuple(rest))


def _once_less(queued: QueuedResponse, used: QueuedResponse) -> QueuedResponse | None:
    if queued.id != used.id or queued.times is None:
        return queued
    return msgspec.structs.replace(queued, times=queued.times - 1) if queued.times > 1 else None


def lend(session: Session, queue: tuple[QueuedResponse, ...]) -> Session:
    """Return the session with a shared queue behind its own."""
    return _with_queue(session, (*session.overrides.queued, *queue))


def reclaim(session: Session, queue: tuple[QueuedResponse, ...]) -> tuple[Session, tuple[QueuedResponse, ...]]:
    """Return the session without the shared queue, and what is left of that queue."""
    ids = {queued.id for queued in queue}
    own = tuple([queued for queued in session.overrides.queued if queued.id not in ids])
    left = tuple([queued for queued in session.overrides.queued if queued.id in ids])
    return _with_queue(session, own), left


def _with_queue(session: Session, queue: tuple[QueuedResponse, ...]) -> Session:
    overrides = msgspec.structs.replace(session.overrides, queued=queue)
    return msgspec.structs.replace(session, overrides=overrides)
