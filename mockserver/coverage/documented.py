"""What a suite's clients can meet: the documented operations and wires of the contract, then the table of situations.

An operation counts as documented if one of D0 to D4 has it; what was only observed in published clients is no gap in a
suite. Each situation has the turn that makes it, so that a report can say what to write.
"""

from collections.abc import Iterable, Mapping

from mockserver.core.errors import OperatorError, did_you_mean
from mockserver.journal.record import Record
from mockserver.journal.situations import SITUATIONS, Situation
from mockserver.openapi.contract import Contract
from mockserver.openapi.operation import Operation

FIRST = (
    "rate-limited",
    "ends-early",
    "no-credits",
    "broken-arguments",
    "closed",
    "unavailable",
    "key-refused",
    "error-event",
    "max-tokens",
    "stall",
    "tool-error",
    "no-answer",
    "window-full",
    "credits-run-out",
)
"""The situations to test first: those that clients survive least often."""

BEHIND = "after: default"
"""What follows the turn of a situation: default answers, for a client that asks again."""

CALL = "{reply: [{tool_use: {}}]}"
BEFORE = {"tool-result": CALL, "tool-error": CALL}
"""The turn that has to come before the one of a situation."""


def documented_situations(contract: Contract, omitted: Iterable[str] = ()) -> dict[str, Situation]:
    """Return every documented situation by its name, without the `omitted` names and groups.

    Raise `OperatorError` for a name or group that there is not.
    """
    all_of_them = {situation.name: situation for situation in _operations(contract)} | dict(SITUATIONS)
    groups = {situation.group for situation in all_of_them.values()}
    left_out = set(omitted)
    for name in sorted(left_out - groups - set(all_of_them)):
        raise OperatorError(f"no situation or group is called '{name}'; {did_you_mean(name, {*all_of_them, *groups})}")
    return {
        name: situation
        for name, situation in all_of_them.items()
        if name not in left_out and situation.group not in left_out
    }


def scenario_text(situation: Situation) -> str:
    """Return a whole scenario, on one line of YAML, that brings a situation about."""
    if situation.turn.startswith("account:"):
        return f"{{scenario: {situation.name}, {situation.turn}, {BEHIND}, turns: [reply: Hello!]}}"
    turns = [*([BEFORE[situation.name]] if situation.name in BEFORE else []), situation.turn]
    return f"{{scenario: {situation.name}, {BEHIND}, turns: [{', '.join(turns)}]}}"


def sample_test(situation: Situation) -> str:
    """Return the test of a situation to begin with, in Python."""
    name = situation.name.replace("-", "_")
    return (
        f"def test_{name}(gateway):  # {situation.about}\n"
        f"    gateway.play({scenario_text(situation)!r})\n"
        f"    ...  # run the client with gateway.url and gateway.key; assert what it makes of that"
    )


def by_urgency(situations: Mapping[str, Situation]) -> list[Situation]:
    """Return situations in the order in which tests of them are worth writing."""
    first = [situations[name] for name in FIRST if name in situations]
    return [*first, *[situation for name, situation in situations.items() if name not in FIRST]]


def _operations(contract: Contract) -> list[Situation]:
    """Return the situations "asks this operation" and "uses this wire" of the documented operations."""
    documented: dict[str, list[Operation]] = {}
    for operation in contract.operations:
        if operation.handler is None and not operation.is_absent:
            documented.setdefault(operation.name, []).append(operation)
    documented = {name: own for name, own in documented.items() if any(map(_sources, own))}
    operations = [_operation(name, own) for name, own in documented.items()]
    wires = dict.fromkeys([one.wire for own in documented.values() for one in own if one.is_conversation])
    return [*operations, *[_wire(wire) for wire in wires]]


def _sources(operation: Operation) -> list[str]:
    """Return the documents that have an operation."""
    return sorted([source for source in operation.sources if source.startswith("D")])


def _operation(name: str, own: list[Operation]) -> Situation:
    first = next(operation for operation in own if _sources(operation))
    answer = "reply: Hello!" if first.is_conversation else "error: {status: 503}"

    def met(record: Record) -> bool:
        return record.operation.name == name

    return Situation(
        f"{name.replace('_', '-')}-operation",
        "operations",
        f"{first.method} {first.path}",
        ", ".join(_sources(first)),
        f"{{when: {{operation: {name}}}, {answer}}}",
        met,
    )


def _wire(wire: str) -> Situation:
    def met(record: Record) -> bool:
        return record.operation.is_conversation and record.operation.wire == wire

    turn = f"{{when: {{wire: {wire}}}, reply: Hello!}}"
    return Situation(f"{wire}-wire", "wires", f"a conversation on the {wire} wire", "D1", turn, met)
