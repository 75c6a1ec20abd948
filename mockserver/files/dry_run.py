"""The dry run: every turn of a script is played on every wire, whole and streamed, and checked against the contract.

It finds three kinds of mistakes when the file loads, before a test runs: an answer that a wire cannot encode, one that
the contract does not allow, and a fault that has no effect on any form of the answer. Each turn is played alone,
without its `when`, by the real engine.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import jsonschema_rs
import msgspec
import orjson

from mockserver.accounts.session import Session
from mockserver.core.actions import Data
from mockserver.core.catalogue import BYOK_PROVIDERS
from mockserver.core.conversation import JsonObject
from mockserver.core.units import LONGEST
from mockserver.engine.decision import Decision
from mockserver.engine.request import Request
from mockserver.engine.step import Engine, EngineSettings
from mockserver.faults import CompiledFault, in_order
from mockserver.openapi.contract import Contract
from mockserver.openapi.operation import Operation
from mockserver.scenarios.compile import CompiledTurn, ReplyPlan, ScenarioProblem, Script, make_script
from mockserver.wires import wire_named
from mockserver.wires.sse import split

USUAL = ("messages", "chat")
"""The operations that a turn without `operation` is played on: one for each wire."""

_NAME = "dry-run"


def dry_run(script: Script, contract: Contract) -> list[ScenarioProblem]:
    """Return a problem for every reply that the contract does not allow, and every fault without effect."""
    return [problem for turn in script.turns for problem in _problems(turn, contract)]


def _problems(turn: CompiledTurn, contract: Contract) -> Iterator[ScenarioProblem]:
    path = ("turns", turn.number - 1)
    if isinstance(turn.plan, ReplyPlan):
        for form in _forms(turn, contract, ()):
            violation = _violation(contract, form.operation, bool(form.fields), form.decision)
            if violation is not None:
                yield ScenarioProblem((*path, "reply"), violation)
                return
    order = in_order(turn.faults)
    for place, number in sorted(enumerate(order), key=lambda pair: pair[1]):
        reason = _idle(turn, contract, [turn.faults[index] for index in order[:place]], turn.faults[number])
        if reason is not None:
            yield ScenarioProblem((*path, "faults", number), reason)


def _idle(turn: CompiledTurn, contract: Contract, before: Sequence[CompiledFault], fault: CompiledFault) -> str | None:
    """Return why one fault of a turn has no effect: alone in any form of the answer, or after those that act before it.

    After other faults, only those forms count in which each of them has an effect of its own, if there are any.
    """

    def idle(*faults: CompiledFault) -> list[tuple[str, ...]]:
        return [form.decision.note.idle_faults for form in _forms(turn, contract, faults)]

    own = idle(fault)
    if all(own):
        titles = [form.title for form in _forms(turn, contract, (fault,))]
        return f"has no effect: {_reasons(titles, [reasons[0] for reasons in own])}"
    if not before:
        return None
    others = [idle(other) for other in before]
    forms = range(len(own))
    joint = [form for form in forms if not own[form] and not any(other[form] for other in others)] or list(forms)
    without, together = idle(*before), idle(*before, fault)
    if all(len(together[form]) > len(without[form]) for form in joint):
        return f"has no effect after the faults that act before it: {together[joint[0]][-1]}"
    return None


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
