"""The ledger of a run: what became of each promise. Plain values; every report is made from it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from mockserver.contracts.check import Deviation
from mockserver.contracts.exchange import CheckedExchange
from mockserver.contracts.promises import CREDENTIALS, PROMISES, Promise
from mockserver.gate.redact import redact_deviation, redact_text

State: TypeAlias = Literal["kept", "broken", "accepted", "not examined"]
MOST_FINDINGS = 5
"""Findings kept for each promise; the rest is counted."""


@dataclass
class PromiseResult:
    """One promise in this run."""

    promise: Promise
    examined: int = 0
    broken: int = 0
    findings: list[Deviation] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    accepted: str = ""

    @property
    def state(self) -> State:
        """What became of it."""
        if self.broken:
            return "accepted" if self.accepted else "broken"
        return "kept" if self.examined else "not examined"

    @property
    def why_not(self) -> str:
        """Why it was not examined, or how it could be."""
        if self.reasons:
            return self.reasons[0]
        if self.promise.needs:
            return CREDENTIALS[self.promise.needs]
        return "nothing in this run concerned it"


class RunResults:
    """All promises in force."""

    def __init__(self, chosen: Callable[[Promise], bool] = lambda promise: True, secrets: Iterable[str] = ()) -> None:
        self.entries = {name: PromiseResult(promise) for name, promise in PROMISES.items() if chosen(promise)}
        self._secrets = tuple(secrets)

    def redact(self, text: str, exchange: CheckedExchange) -> str:
        """What an exchange said, without the credentials of the run."""
        return redact_text(text, exchange.request, self._secrets)

    def examined(self, name: str, findings: Iterable[Deviation]) -> None:
        """An exchange or a scene examined a promise; with no findings it was kept."""
        entry = self.entries.get(name)
        if entry is None:
            return
        entry.examined += 1
        found = [redact_deviation(finding, self._secrets) for finding in findings]
        entry.broken += bool(found)
        for finding in found:
            if len(entry.findings) < MOST_FINDINGS and finding.got not in [one.got for one in entry.findings]:
                entry.findings.append(finding)

    def add_result(self, name: str, kept: bool, got: str, exchange: CheckedExchange | None) -> None:
        """A scene's own verdict."""
        self.examined(name, () if kept else (Deviation(name, got, exchange),))

    def reason(self, names: Iterable[str], words: str) -> None:
        """Why promises could not be examined."""
        for name in names:
            entry = self.entries.get(name)
            if entry is not None and words not in entry.reasons:
                entry.reasons.append(words)

    def of(self, *states: State) -> list[PromiseResult]:
        """The entries in these states."""
        return [entry for entry in self.entries.values() if entry.state in states]

    @property
    def coverage(self) -> float:
        """The part of the promises that was examined, in percent."""
        return 100.0 * (len(self.entries) - len(self.of("not examined"))) / max(1, len(self.entries))
