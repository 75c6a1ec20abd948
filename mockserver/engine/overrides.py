"""Steering: what a person has chosen while the gateway runs, laid over what the scenarios say. Pure.

A session carries its own choices (`Session.steering`); what it leaves open is the operator's (`engine.Settings`).

- **scenario**: what a request says itself (header, model) comes first, then what was chosen for the session, then what
  the key says, then the operator's. `none` is a choice too: nothing plays, the mock answers by itself.
- **pace**: what it says is laid over the pace of every reply; what it leaves out stays the turn's.
- **account**: the account of a session whose keys belong to none.
- **waiting**: answers and faults for the next request. Each request takes the first that waits and fits: an answer is
  a turn like any other; faults alone are laid over whatever would have been answered, and wait on if they find nothing
  to act on.

Choices are kept as the words that a person wrote (JSON), so that a session stays a small value that any store can
hold; they are made ready when they are first used, and remembered by their text.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

import msgspec
import orjson

from mockserver.accounts.identify import ScenarioAccount
from mockserver.accounts.schema import Account
from mockserver.accounts.session import QueuedResponse, Session
from mockserver.core.errors import Refusal, did_you_mean
from mockserver.faults import CompiledFault
from mockserver.openapi.contract import Contract
from mockserver.scenarios.call import Call
from mockserver.scenarios.compile import CompiledTurn, ReplyPlan, ScenarioProblem, Script, compile_scenario
from mockserver.scenarios.matcher import matches
from mockserver.scenarios.schema import NEXT, Pace, Scenario, Turn
from mockserver.scenarios.turn_selection import handles_operation

SCENARIO_HEADER = "x-mock-scenario"
SCENARIO_KEY = "sk_mock_"
SCENARIO_MODEL = "mock/"

NONE = "none"
"""The scenario that is chosen where nothing shall play."""

MOST_WAITING = 100
"""How many answers may wait in one queue."""

ANSWERS = ("reply", "error", "response")
"""The words of a turn that make it an answer; without them its faults are laid over another's."""


class CompiledResponse(NamedTuple):
    """What waits, made ready: a script of one play, and whether that is an answer or only its faults count."""

    script: Script
    play: CompiledTurn
    is_answer: bool

    @property
    def faults(self) -> tuple[CompiledFault, ...]:
        """Its faults."""
        return self.play.faults


class SessionAccount(NamedTuple):
    """The account that was chosen for a session; it goes before that of its scenario."""

    account: Account
    name: None = None


# --- scenarios --------------------------------------------------------------------------------------------------------


def choose_script(call: Call, session: Session, scripts: Mapping[str, Script], otherwise: str | None) -> Script | None:
    """The scenario that plays: the request's, else the session's, the key's, the operator's. Raises `Refusal` 404."""
    name = _said_by_request(call)
    if name is None:
        name = session.steering.scenario
        if name == NONE and NONE not in scripts:
            return None
    if name is None and call.key.startswith(SCENARIO_KEY):
        name = call.key.removeprefix(SCENARIO_KEY).partition("_")[0]
    if name is None:
        if otherwise is None or (otherwise == NONE and NONE not in scripts):
            return None
        name = otherwise
    script = scripts.get(name)
    if script is None:
        raise Refusal(404, "unknown_scenario", f"No scenario '{name}'; {did_you_mean(name, scripts)}")
    return script


def _said_by_request(call: Call) -> str | None:
    """The scenario that a request names by its header or its model."""
    name = call.headers.get(SCENARIO_HEADER)
    if name is None and call.conversation is not None and call.conversation.model.startswith(SCENARIO_MODEL):
        return call.conversation.model.removeprefix(SCENARIO_MODEL)
    return name


# --- pace and account -------------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def read_pace(words: str) -> Pace:
    """The pace of these words."""
    return Pace.model_validate(orjson.loads(words))


@lru_cache(maxsize=256)
def read_account(words: str) -> Account:
    """The account of these words."""
    return Account.model_validate(orjson.loads(words))


def at_pace(plan: ReplyPlan, session: Session, otherwise: str | None) -> ReplyPlan:
    """The plan at the pace that was chosen for the session, or `otherwise` for all; as it was if none was."""
    words = session.steering.pace or otherwise
    if words is None:
        return plan
    chosen = read_pace(words)
    if plan.pace is None:
        return msgspec.structs.replace(plan, pace=chosen)
    said = {name: getattr(chosen, name) for name in chosen.model_fields_set}
    if said.keys() & {"rate", "interval"}:  # a pace has one of them
        said = {"rate": None, "interval": None, **said}
    return msgspec.structs.replace(plan, pace=plan.pace.model_copy(update=said))


def with_account(session: Session, script: ScenarioAccount | None) -> ScenarioAccount | None:
    """What plays, as far as its account is asked for: the session's own goes before the scenario's."""
    words = session.steering.account
    return script if words is None else SessionAccount(read_account(words))


# --- what waits -------------------------------------------------------------------------------------------------------


def compile_response(words: Mapping[str, object], contract: Contract) -> tuple[CompiledResponse, list[ScenarioProblem]]:
    """What waits, made ready, and every mistake in it. Raises pydantic's `ValidationError` for what is no turn."""
    is_answer = any(name in words for name in ANSWERS)
    turn = Turn.model_validate(words if is_answer else {**words, "reply": []})
    queued = Scenario.model_construct(scenario=NEXT, turns=[turn])  # no file can have this name
    script, complaints = compile_scenario(queued, contract)
    script = msgspec.structs.replace(script, edition="")
    return CompiledResponse(script, script.turns[0], is_answer), complaints


@lru_cache(maxsize=1_024)
def _ready(words: str, contract: Contract) -> CompiledResponse:
    return compile_response(orjson.loads(words), contract)[0]


def matching(session: Session, call: Call, contract: Contract) -> Iterator[tuple[QueuedResponse, CompiledResponse]]:
    """What waits and takes this call, in order."""
    for waiting in session.steering.waiting:
        ready = _ready(waiting.words, contract)
        if handles_operation(ready.play, call) and matches(ready.play.matchers, call):
            yield waiting, ready


def consume(session: Session, waiting: QueuedResponse) -> Session:
    """The session after one of those that waited was used."""
    progress = session.progress_of(NEXT)
    hits = {1: progress.hits.get(1, 0) + 1}
    rest = tuple([left for one in session.steering.waiting if (left := _once_less(one, waiting)) is not None])
    steering = msgspec.structs.replace(session.steering, waiting=rest)
    session = session.with_progress(NEXT, msgspec.structs.replace(progress, hits=hits))
    return msgspec.structs.replace(session, steering=steering)


def _once_less(one: QueuedResponse, used: QueuedResponse) -> QueuedResponse | None:
    if one.id != used.id or one.times is None:
        return one
    return msgspec.structs.replace(one, times=one.times - 1) if one.times > 1 else None


def lend(session: Session, queue: tuple[QueuedResponse, ...]) -> Session:
    """The session with what waits for everybody, behind its own."""
    steering = msgspec.structs.replace(session.steering, waiting=(*session.steering.waiting, *queue))
    return msgspec.structs.replace(session, steering=steering)


def reclaim(session: Session, queue: tuple[QueuedResponse, ...]) -> tuple[Session, tuple[QueuedResponse, ...]]:
    """The session without what waits for everybody, and what of that still waits."""
    ids = {waiting.id for waiting in queue}
    own = tuple([waiting for waiting in session.steering.waiting if waiting.id not in ids])
    left = tuple([waiting for waiting in session.steering.waiting if waiting.id in ids])
    return msgspec.structs.replace(session, steering=msgspec.structs.replace(session.steering, waiting=own)), left
