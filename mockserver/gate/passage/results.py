"""The results of a gateway under test: each case on each wire, with the facts that changed or were lost."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from mockserver.gate.passage.cases import PassageCase

PassageState: TypeAlias = Literal["kept", "changed", "lost", "accepted", "not offered", "not examined"]

PASSAGE_STATES: tuple[PassageState, ...] = get_args(PassageState)
"""Every state, in the order of the reports."""

DIFFERS, UNFINISHED = 1, 3
"""Exit codes. 2 is for a run that could not begin."""


@dataclass(frozen=True)
class FactResult:
    """One fact: what was sent on one side of the gateway, and what arrived on the other. None: nothing did."""

    name: str
    sent: str
    arrived: str | None

    @property
    def state(self) -> PassageState:
        """Whether the fact changed or was lost."""
        return "lost" if self.arrived is None else "changed"

    @property
    def kind(self) -> str:
        """What a baseline accepts: the name and the state."""
        return f"{self.name} {self.state}"


@dataclass
class PassageResult:
    """What became of one case on one wire, asked whole or as a stream.

    `facts` are those that did not arrive as they were sent. `upstream` names the wire and path on which the gateway
    asked, `requests` how often. `reason` says why nothing could be compared. `accepted` says since when and why the
    baseline accepts every one of the facts.
    """

    case: PassageCase
    wire: str
    form: str
    facts: list[FactResult] = field(default_factory=list)
    compared: int = 0
    upstream: str = ""
    requests: int = 0
    absent: bool = False
    reason: str = ""
    accepted: str = ""

    @property
    def name(self) -> str:
        """The name of the case, with its form if it has two."""
        return self.case.name if len(self.case.forms) == 1 else f"{self.case.name}, {self.form}"

    @property
    def state(self) -> PassageState:
        """What became of the case: the worst of its facts."""
        if self.facts and self.accepted:
            return "accepted"
        if self.facts:
            return "lost" if any(fact.state == "lost" for fact in self.facts) else "changed"
        if self.compared:
            return "kept"
        return "not offered" if self.absent else "not examined"


@dataclass
class PassageRun:
    """A whole run against one gateway. `complaints` are about its baseline."""

    url: str
    upstream: str
    model: str
    results: list[PassageResult] = field(default_factory=list)
    wires: dict[str, str] = field(default_factory=dict)
    began: float = 0.0
    seconds: float = 0.0
    stopped: str = ""
    complaints: list[str] = field(default_factory=list)

    def of(self, *states: PassageState) -> list[PassageResult]:
        """Return the results in these states."""
        return [result for result in self.results if result.state in states]

    @property
    def exit_code(self) -> int:
        """0: everything arrived, 1: something changed or was lost, or the baseline is out of date, 3: unfinished."""
        if self.of("changed", "lost") or self.complaints:
            return DIFFERS
        return UNFINISHED if self.stopped or self.of("not examined") or not self.of("kept", "accepted") else 0

    def add_absent(self, wire: str, cases: Iterable[PassageCase], reason: str) -> None:
        """Say that the gateway does not offer a wire."""
        for case in (case for case in cases if wire in case.wires):
            for form in case.forms:
                self.results.append(PassageResult(case, wire, form, absent=True, reason=reason))
