"""The dry run: every turn of a script through the engine, on every wire, whole and streamed, against the contract.

What a wire cannot say, what the contract does not allow, and a fault that finds nothing to act on in any form of the
answer are found when the file loads and not when a test runs. Each turn is played alone, without its `when`, by the
engine that will play it for real.
"""

from collections.abc import Iterator

import jsonschema_rs
import msgspec
import orjson

from mockserver.actions import Data
from mockserver.contract import Contract, Operation
from mockserver.engine import Decision, Engine, Request, Settings
from mockserver.script import Complaint, Play, ReplyPlan, Script, make_script
from mockserver.session import Session
from mockserver.wire.sse import split

USUAL = ("messages", "chat")
"""The operations that a turn without `operation` is tried on: one of each wire."""

_NAME = "dry-run"


def dry_run(script: Script, contract: Contract) -> list[Complaint]:
    """Every turn that the contract does not allow, and every fault without effect."""
    return [complaint for play in script.plays for complaint in _complaints(play, contract)]


def _complaints(play: Play, contract: Contract) -> Iterator[Complaint]:
    turn = ("turns", play.number - 1)
    if isinstance(play.plan, ReplyPlan):
        for operation, stream, decision in _forms(play, contract, with_fault=None):
            found = _violation(contract, operation, stream, decision)
            if found is not None:
                yield Complaint((*turn, "reply"), found)
                return
    for number in range(len(play.faults)):
        reasons = [decision.note.idle_faults for _, _, decision in _forms(play, contract, with_fault=number)]
        if all(reasons):
            yield Complaint((*turn, "faults", number), f"has no effect: {reasons[0][0]}")


def _forms(play: Play, contract: Contract, with_fault: int | None) -> Iterator[tuple[Operation, bool, Decision]]:
    """The turn alone, with one of its faults or none, in every form that a client can ask for."""
    faults = () if with_fault is None else (play.faults[with_fault],)
    alone = msgspec.structs.replace(play, number=1, matchers=(), exact={}, part="", times=None, faults=faults)
    engine = Engine(contract, {_NAME: make_script(_NAME, [alone])}, Settings(scenario=_NAME))
    wanted = play.operations or USUAL
    for operation in contract.operations:
        if operation.id in wanted and operation.is_conversation:
            for stream in (False, True):
                yield operation, stream, _decide(engine, operation, stream)


def _decide(engine: Engine, operation: Operation, stream: bool) -> Decision:
    body = {
        "model": "dry-run",
        "provider": "anthropic",
        "stream": stream,
        "max_tokens": 1_000_000,
        "messages": [{"role": "user", "content": "Hello"}],
    }
    request = Request(operation.method, operation.path, {"authorization": "Bearer dry"}, orjson.dumps(body))
    return engine.step(Session("dry-run"), request, 0.0)[1]


def _violation(contract: Contract, operation: Operation, stream: bool, decision: Decision) -> str | None:
    validator = contract.event_validator(operation) if stream else contract.response_validator(operation, 200)
    for action in decision.actions:
        if isinstance(action, Data) and action.event != "done":
            payload = split(action.payload)[1] if stream else action.payload
            try:
                validator.validate(orjson.loads(payload))
            except jsonschema_rs.ValidationError as error:
                where = ".".join([str(part) for part in error.instance_path])
                answer = f"a {'streamed' if stream else 'whole'} answer of {operation.name}"
                return f"the contract does not allow this as {answer}: {where}: {error.message}"
    return None
