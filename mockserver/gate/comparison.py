"""A comparison of a scenario with a real gateway: the scenario's questions, asked within a budget.

Rules:

- A turn is *same*, or *differs*, or was *not checked*: the gateway could not be asked, or refused for a reason of its
  own (a credential, a limit, a failure), or the budget was used up. A turn without a question is *left out*.
- A request counts as what it can cost at most, before it is sent, as in a run of the gate.
- Credentials never reach a report.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from mockserver.contracts.check import ExchangeView
from mockserver.contracts.document import ContractDocument
from mockserver.contracts.exchange import CheckedExchange, ReceivedResponse, SentRequest
from mockserver.contracts.suite import run_checks
from mockserver.gate.budget import BudgetLimits, Spent, cost_of
from mockserver.recording.drift import Broken, Drift, drift, unusable
from mockserver.recording.exchange import RecordedExchange
from mockserver.recording.question import NoQuestion, Question
from mockserver.upstream.asking import Ask

State: TypeAlias = Literal["same", "differs", "not checked", "left out"]

PER_RUN = frozenset({"request-id-unique", "latency", "no-server-error"})
"""Promises about a whole run, or told otherwise."""


@dataclass(frozen=True)
class ComparedTurn:
    """A turn of the scenario: the request, where it differs, and why it was not checked or left out."""

    turn: int
    request: str
    state: State
    drifts: tuple[Drift, ...] = ()
    reason: str = ""


@dataclass
class Comparison:
    """All turns of a scenario."""

    scenario: str
    url: str
    turns: list[ComparedTurn] = field(default_factory=list)
    spent: Spent = field(default_factory=Spent)

    def of(self, state: State) -> list[ComparedTurn]:
        """Return the turns in a state."""
        return [turn for turn in self.turns if turn.state == state]

    @property
    def exit_code(self) -> int:
        """0: the gateway behaves as the scenario says; 1: it differs; 2: that could not be checked."""
        if self.of("differs"):
            return 1
        return 2 if self.of("not checked") or not self.of("same") else 0


async def compare(
    comparison: Comparison, questions: Iterable[Question | NoQuestion], ask: Ask, limits: BudgetLimits, broken: Broken
) -> None:
    """Ask every question, and add what came of it."""
    for question in questions:
        if isinstance(question, NoQuestion):
            comparison.turns.append(ComparedTurn(question.turn, "", "left out", reason=question.reason))
        else:
            comparison.turns.append(await _compared(question, ask, limits, comparison.spent, broken))


async def _compared(question: Question, ask: Ask, limits: BudgetLimits, spent: Spent, broken: Broken) -> ComparedTurn:
    request = question.request
    name = f"{request.method} {request.path}"
    reason = _unaffordable(question, limits, spent)
    if not reason:
        got, reason = await ask(request)
        reason = reason or unusable(question.expected, got)
    if reason:
        return ComparedTurn(question.turn, name, "not checked", reason=reason)
    drifts = tuple(drift(question.expected, got, question.call, broken))
    return ComparedTurn(question.turn, name, "differs" if drifts else "same", drifts)


def _unaffordable(question: Question, limits: BudgetLimits, spent: Spent) -> str:
    """Count a request. Return why it must not be sent, or an empty string."""
    request = question.request
    cost = cost_of(SentRequest(request.method, request.path, request.headers, request.body or None))
    if limits.requests is not None and spent.requests + 1 > limits.requests:
        return f"the budget of {limits.requests} requests is used up"
    if limits.tokens is not None and spent.tokens + cost > limits.tokens:
        return f"it may cost {cost} tokens, but the budget has only {limits.tokens - spent.tokens} left"
    spent.requests += 1
    spent.tokens += cost
    return ""


def broken_promises(document: ContractDocument) -> Broken:
    """Return what names the promises that an answer breaks, by the checks of the gate."""

    def broken(exchange: RecordedExchange) -> dict[str, str]:
        headers = tuple(exchange.response_headers.items())
        response = ReceivedResponse(exchange.status, headers, exchange.payload, "complete", exchange.first)
        request = SentRequest(exchange.method, exchange.path, exchange.headers, exchange.body or None)
        operation = document.find(exchange.method, exchange.path)
        checked = CheckedExchange(request, response, operation.name if operation is not None else "")
        results = run_checks(ExchangeView(checked, document, operation), lambda promise: promise not in PER_RUN)
        return {outcome.promise: outcome.deviations[0].got for outcome in results if outcome.deviations}

    return broken
