"""`mockserver explain`: which turn of a scenario answers a request, and why each other turn does not.

The request is matched by the engine's own matchers, as the first request of a new session. The explanation is a value
for programs; `lines` are the same in sentences.
"""

from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias

import msgspec
from pydantic import BaseModel, ConfigDict

from mockserver.accounts import keys
from mockserver.accounts.session import Progress, Session
from mockserver.core.errors import Refusal
from mockserver.engine import prompt_cache, unrouted
from mockserver.engine.request import Request, read_call
from mockserver.openapi.contract import Contract
from mockserver.openapi.operation import Operation
from mockserver.openapi.router import NO_PARAMETERS, Parameters
from mockserver.scenarios.call import Call
from mockserver.scenarios.difference import Difference, join_differences
from mockserver.scenarios.script import CompiledTurn, Script
from mockserver.scenarios.turn_selection import NoTurnMatched, reasons_against, select_turn

Answer: TypeAlias = Literal["turn", "default", "no turn", "refusal"]
When: TypeAlias = Literal["now", "later", "never"]


class ExplainedDifference(BaseModel):
    """One reason why a turn does not match: what it is about, what that is, and what the turn expects."""

    model_config = ConfigDict(frozen=True)

    subject: str
    actual: str
    expected: str
    text: str


class ExplainedTurn(BaseModel):
    """One turn, beside the request.

    `differences` is empty if it matches. `answers` is null if it does not; `later` and `never` name in `behind` the
    turns that match before it.
    """

    model_config = ConfigDict(frozen=True)

    turn: int
    matches: bool
    differences: list[ExplainedDifference] = []
    answers: When | None = None
    behind: list[int] = []
    text: str


class ExplainedRequest(BaseModel):
    """What answers a request as the first of a session.

    - `answer`: a turn, the mock's default answer, a 404 because no turn matches, or the gateway's refusal.
    - `turn`: the number of the turn that answers.
    - `operation`: the operation of the contract, if the request is one.
    - `status`, `message`: what the client gets where no turn answers, as far as it is known.
    - `lines`: the same for people.
    """

    model_config = ConfigDict(frozen=True)

    scenario: str
    answer: Answer
    turn: int | None = None
    operation: str | None = None
    status: int | None = None
    message: str | None = None
    turns: list[ExplainedTurn] = []
    lines: list[str]


def explain_request(script: Script, contract: Contract, request: Request) -> ExplainedRequest:
    """Return which turn answers the first request of a new session, and for each turn why, or why not."""
    try:
        operation, parameters = _operation(script, contract, request)
        if operation.handler is None:
            keys.authenticate(operation, request.headers)
        call = _with_cache(read_call(operation, request, parameters, lenient=script.lenient))
    except Refusal as refusal:
        return _refused(script, refusal)
    turns = list(_turns(script, call))
    chosen = _chosen(script, call)
    name = None if operation.name == unrouted.NAME else operation.name
    answer: Answer = "turn"
    if chosen:
        head = f"Turn {chosen} of '{script.name}' answers this {f'{name} ' if name else ''}request."
    elif operation.is_conversation:
        answer = "no turn"
        head = f"No turn of '{script.name}' matches this {name} request; the answer is a 404."
    else:
        answer = "default"
        head = f"No turn of '{script.name}' names {name}; the mock gives its default answer."
    return ExplainedRequest(
        scenario=script.name,
        answer=answer,
        turn=chosen or None,
        operation=name,
        status=404 if answer == "no turn" else None,
        turns=turns,
        lines=[head, *[f"  turn {turn.turn}: {turn.text}" for turn in turns]],
    )


def _refused(script: Script, refusal: Refusal) -> ExplainedRequest:
    """Return the explanation of a request that the gateway refuses before any turn is tried."""
    failure = refusal.failure
    head = f"No turn is tried: the gateway rejects this request with {failure.status}."
    return ExplainedRequest(
        scenario=script.name,
        answer="refusal",
        status=failure.status,
        message=failure.message,
        lines=[head, f"  {failure.message}"],
    )


def _turns(script: Script, call: Call) -> Iterator[ExplainedTurn]:
    """Yield for each turn whether it matches, and when it answers."""
    earlier: list[CompiledTurn] = []
    for turn in script.turns:
        reasons = reasons_against(turn, call)
        if reasons:
            text = f"no; {join_differences([str(reason) for reason in reasons])}"
            listed = [_difference(reason) for reason in reasons]
            yield ExplainedTurn(turn=turn.number, matches=False, differences=listed, text=text)
        else:
            yield _rank(turn, earlier)
            earlier.append(turn)


def _difference(reason: Difference) -> ExplainedDifference:
    return ExplainedDifference(subject=reason.subject, actual=reason.actual, expected=reason.expected, text=str(reason))


def _with_cache(call: Call) -> Call:
    """Return the call with what the empty prompt cache of a new session does for it."""
    return msgspec.structs.replace(call, cache=prompt_cache.look_up(Session("new"), call, 0.0).state)


def _operation(script: Script, contract: Contract, request: Request) -> tuple[Operation, Parameters]:
    """Return the operation of a request. Raises `Refusal` for one that is none and that no turn answers."""
    try:
        return contract.find(request.method, request.path)
    except Refusal as refusal:
        operation = unrouted.operation_of(request, refusal)
        call = read_call(operation, request)
        if all(reasons_against(turn, call) for turn in script.turns):
            raise
        return operation, NO_PARAMETERS


def _rank(turn: CompiledTurn, earlier: Sequence[CompiledTurn]) -> ExplainedTurn:
    """Return when a turn that matches answers, after the earlier turns that match too."""

    def ranked(answers: When, behind: Sequence[int], text: str) -> ExplainedTurn:
        return ExplainedTurn(turn=turn.number, matches=True, answers=answers, behind=list(behind), text=text)

    if not earlier:
        return ranked("now", [], "yes")
    for other in earlier:
        if other.times is None:
            if other.then is not None:  # it may not match in the state that it sets
                text = f"also matches; answers when turn {other.number} no longer matches"
                return ranked("later", [other.number], text)
            text = f"also matches, but never answers this request: turn {other.number} always does"
            return ranked("never", [other.number], text)
    numbers = [other.number for other in earlier]
    *first, last = map(str, numbers)
    turns = f"turns {', '.join(first)} and {last} are" if first else f"turn {last} is"
    return ranked("later", numbers, f"also matches; answers when {turns} used up")


def _chosen(script: Script, call: Call) -> int:
    """Return the number of the turn that answers, or 0."""
    try:
        selected = select_turn(script, Progress(edition=script.edition), call, Session("explain"))
    except NoTurnMatched:
        return 0
    return selected[0].number if selected is not None else 0
