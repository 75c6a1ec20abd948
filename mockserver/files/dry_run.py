"""The dry run: every turn of a script is played on every wire, whole and streamed, and checked against the contract.

It finds three kinds of mistakes when the file loads, before a test runs: an answer that a wire cannot encode, one that
the contract does not allow, and a fault that has no effect on any form of the answer. Each turn is played alone,
without its `when`, by the real engine.

Its cost is bounded: see `TrialBudget`.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import jsonschema_rs
import msgspec
import orjson

from mockserver.accounts.session import Session
from mockserver.core.actions import Actions, Data, Raw
from mockserver.core.catalogue import BYOK_PROVIDERS
from mockserver.core.conversation import JsonObject
from mockserver.core.errors import MockserverError
from mockserver.core.units import LONGEST
from mockserver.engine.decision import Decision
from mockserver.engine.request import Request
from mockserver.engine.step import Engine, EngineSettings
from mockserver.faults import CompiledFault, in_order
from mockserver.openapi.contract import Contract
from mockserver.openapi.operation import Operation
from mockserver.scenarios.problems import ScenarioProblem
from mockserver.scenarios.script import CompiledTurn, ReplyPlan, Script, make_script
from mockserver.wires import wire_named
from mockserver.wires.sse import split

USUAL = ("messages", "chat")
"""The operations that a turn without `operation` is played on: one for each wire."""

MOST_BYTES = 64 * 1024 * 1024
"""Bytes of answers that one dry run may make."""
MOST_EVENTS = 2_000_000
"""Events of answers that one dry run may handle, each counted once for every fault that it goes through."""
CHEAPEST = 10
"""Events that a short answer counts as: whatever its length, it is planned, priced and encoded."""

_NAME = "dry-run"


class TooMuchError(MockserverError):
    """A dry run that would exceed its budget."""


class TrialBudget:
    """What one dry run may cost; `charge` raises `TooMuchError` once more is spent.

    A small file can ask for huge answers: fifty faults that each add a megabyte, tried out one after the other, make
    gigabytes. Answers are counted in bytes, and in events, each once for every fault that handles it.
    """

    def __init__(self, most_bytes: int = MOST_BYTES, most_events: int = MOST_EVENTS) -> None:
        self._most_bytes = most_bytes
        self._most_events = most_events
        self._bytes = self._events = 0

    def charge(self, actions: Actions, passes: int) -> None:
        """Count the trial of one answer after `passes` passes: one for each fault, and one for the encoding."""
        self._bytes += sum([len(action.payload) for action in actions if isinstance(action, Data | Raw)])
        self._events += passes * max(len(actions), CHEAPEST)
        if self._bytes > self._most_bytes:
            raise TooMuchError(_too_much(f"{self._most_bytes:,} bytes"))
        if self._events > self._most_events:
            raise TooMuchError(_too_much(f"{self._most_events:,} events"))


def _too_much(what: str) -> str:
    return f"trying out the file up to here makes more than {what}; use fewer or smaller faults, or shorter replies"


def dry_run(script: Script, contract: Contract, budget: TrialBudget | None = None) -> list[ScenarioProblem]:
    """Return a problem for every reply that the contract does not allow, and every fault without effect.

    A script that exceeds the budget is refused: the last problem names the turn, or its fault, at which it was spent.
    """
    trial = Trial(contract, budget if budget is not None else TrialBudget())
    problems: list[ScenarioProblem] = []
    for turn in script.turns:
        try:
            problems += trial.problems(turn)
        except TooMuchError as error:
            return [*problems, ScenarioProblem((*_path(turn), *trial.place), str(error))]
    return problems


def _path(turn: CompiledTurn) -> tuple[str | int, ...]:
    return ("turns", turn.number - 1)


class Trial:
    """The trial of one turn after the other. `place` is what is being tried out: the reply, or a fault."""

    def __init__(self, contract: Contract, budget: TrialBudget) -> None:
        self.place: tuple[str | int, ...] = ()
        self._contract = contract
        self._budget = budget
        self._titles: list[str] = []
        self._idle_of: dict[tuple[int, ...], list[tuple[str, ...]]] = {}

    def problems(self, turn: CompiledTurn) -> Iterator[ScenarioProblem]:
        """Yield the problems of a turn: its reply, else each of its faults."""
        self._idle_of = {}
        self.place = ()
        if isinstance(turn.plan, ReplyPlan):
            self.place = ("reply",)
            for form in _forms(turn, self._contract, ()):
                violation = _violation(self._contract, form.operation, bool(form.fields), form.decision)
                self._budget.charge(form.decision.actions, 1)
                if violation is not None:
                    yield ScenarioProblem((*_path(turn), "reply"), violation)
                    return
        order = in_order(turn.faults)
        for place, number in sorted(enumerate(order), key=lambda pair: pair[1]):
            self.place = ("faults", number)
            reason = self._reason(turn, order[:place], number)
            if reason is not None:
                yield ScenarioProblem((*_path(turn), "faults", number), reason)

    def _reason(self, turn: CompiledTurn, before: Sequence[int], fault: int) -> str | None:
        """Return why a fault has no effect: alone in any form of the answer, or after those that act before it.

        After other faults, only those forms count in which each of them has an effect of its own, if there are any.
        """
        own = self._idle(turn, fault)
        alone = f"has no effect: {_reasons(self._titles, [reasons[0] for reasons in own])}" if all(own) else None
        if not before:
            return alone
        others = [self._idle(turn, other) for other in before]
        forms = range(len(own))
        joint = [form for form in forms if not own[form] and not any(other[form] for other in others)] or list(forms)
        without, together = self._idle(turn, *before), self._idle(turn, *before, fault)
        if any(len(together[form]) == len(without[form]) for form in joint):
            return None  # faults before it can also give it something to act on, as a slow model does for one_write
        return alone or f"has no effect after the faults that act before it: {together[joint[0]][-1]}"

    def _idle(self, turn: CompiledTurn, *faults: int) -> list[tuple[str, ...]]:
        """Return, for each form of the answer, why some of these faults had no effect in it."""
        if faults not in self._idle_of:
            idle: list[tuple[str, ...]] = []
            self._titles = []
            for form in _forms(turn, self._contract, tuple([turn.faults[number] for number in faults])):
                self._budget.charge(form.decision.actions, 1 + len(faults))
                idle.append(form.decision.note.idle_faults)
                self._titles.append(form.title)
            self._idle_of[faults] = idle
        return self._idle_of[faults]


def _reasons(titles: Sequence[str], reasons: Sequence[str]) -> str:
    """Return why a fault has no effect, each reason once with the forms that it applies to; streams come first."""
    if len(set(reasons)) == 1:
        return reasons[0]
    forms: dict[str, list[str]] = {}
    for title, reason in sorted(zip(titles, reasons, strict=True), key=lambda pair: pair[0].endswith(COMPLETE)):
        forms.setdefault(reason, []).append(title)
    return "; ".join([f"{reason} ({'; '.join(titles)})" for reason, titles in forms.items()])


COMPLETE = "complete"
"""What the title of a form says of an answer that is not streamed."""


class TurnForm(NamedTuple):
    """The answer of a turn in one form: the operation, what the client asks for, and the engine's decision."""

    operation: Operation
    fields: JsonObject
    decision: Decision

    @property
    def title(self) -> str:
        """The form in words."""
        if not self.fields:
            return f"{self.operation.name}, {COMPLETE}"
        options = self.fields.get("stream_options")
        return f"{self.operation.name}, streamed" + (f" with {', '.join(options)}" if options else "")


def _forms(turn: CompiledTurn, contract: Contract, faults: tuple[CompiledFault, ...]) -> Iterator[TurnForm]:
    """Yield the answer of a turn, with these faults only, in every form that a client can ask for."""
    alone = msgspec.structs.replace(turn, number=1, matchers=(), exact={}, part="", times=None, faults=faults)
    engine = Engine(contract, {_NAME: make_script(_NAME, [alone])}, EngineSettings(scenario=_NAME))
    names = turn.operations or USUAL
    for operation in contract.operations:
        if operation.id in names and operation.is_conversation:
            for fields in ({}, *wire_named(operation.wire).stream_forms):
                yield TurnForm(operation, fields, _decide(engine, operation, fields))


def _decide(engine: Engine, operation: Operation, fields: JsonObject) -> Decision:
    body = {
        "model": "dry-run",
        "provider": BYOK_PROVIDERS[0],
        "max_tokens": 1_000_000,
        "messages": [{"role": "user", "content": "Hello"}],
        **fields,
    }
    request = Request(operation.method, operation.path, {"authorization": "Bearer dry"}, orjson.dumps(body))
    return engine.step(Session("dry-run", began=-LONGEST), request, 0.0)[1]


def _violation(contract: Contract, operation: Operation, stream: bool, decision: Decision) -> str | None:
    validator = contract.event_validator(operation) if stream else contract.response_validator(operation, 200)
    for action in decision.actions:
        if isinstance(action, Data) and action.event != "done":
            payload = split(action.payload)[1] if stream else action.payload
            try:
                validator.validate(orjson.loads(payload))
            except jsonschema_rs.ValidationError as error:
                where = ".".join([str(part) for part in error.instance_path])
                form = "streamed" if stream else "complete"
                return f"violates the contract as a {form} {operation.name} response: {where}: {error.message}"
    return None
