"""A run of the exam as a value. Every report is made from it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from mockserver.exam.cases import ExamCase

CaseState: TypeAlias = Literal["pass", "fail", "accepted", "not applicable", "error"]
STATES: tuple[CaseState, ...] = ("pass", "fail", "accepted", "not applicable", "error")


class ClientEnd(NamedTuple):
    """How one run of the client ended.

    `code` is its exit code, or None if it was stopped; `said` is the failure in words, such as "exit code 1", or "" if
    it reported none. `stopped` says why the exam ended it: "" if it ended alone.
    """

    code: int | None
    output: str
    seconds: float
    said: str = ""
    stopped: str = ""


class CaseFinding(NamedTuple):
    """One thing that a client did wrong in a case: what it is called, what shows it, and what to change."""

    name: str
    evidence: str
    remedy: str


class Bar(NamedTuple):
    """One exchange of a timeline: when it began and how long it took in seconds, its status and trouble, its words."""

    start: float
    seconds: float
    status: int
    is_good: bool
    words: str


@dataclass
class CaseResult:
    """What became of one case. `reason` says why it is not applicable, accepted, or the exam's own error."""

    case: ExamCase
    state: CaseState
    reason: str = ""
    findings: Sequence[CaseFinding] = ()
    timeline: str = ""
    bars: Sequence[Bar] = ()
    output: str = ""
    seconds: float = 0.0

    @property
    def is_judged(self) -> bool:
        """Whether the case counts in a grade."""
        return self.state in ("pass", "fail", "accepted")


@dataclass
class ExamRun:
    """All cases of a run, what the client does, and what else there is to say."""

    client: str
    seed: str
    habits: str = ""
    results: list[CaseResult] = field(default_factory=list)
    began: float = 0.0
    seconds: float = 0.0
    stopped: str = ""
    is_interrupted: bool = False
    complaints: list[str] = field(default_factory=list)

    def of(self, *states: CaseState) -> list[CaseResult]:
        """Return the results in these states."""
        return [result for result in self.results if result.state in states]

    @property
    def themes(self) -> dict[str, list[CaseResult]]:
        """The results by theme, in the order of the cases."""
        groups: dict[str, list[CaseResult]] = {}
        for result in self.results:
            groups.setdefault(result.case.header.theme, []).append(result)
        return groups

    @property
    def exit_code(self) -> int:
        """0: nothing failed; 1: a case failed or the baseline is out of date; 2: the exam could not be held."""
        if self.stopped or self.of("error"):
            return 2
        return 1 if self.of("fail") or self.complaints else 0
