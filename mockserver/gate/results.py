"""The results of a run: what became of each promise. Every report is made from them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from mockserver.contracts.check import Deviation
from mockserver.contracts.exchange import CheckedExchange
from mockserver.contracts.promises import CREDENTIALS, PROMISES, Promise
from mockserver.gate.redact import redact_deviation, redact_text

State: TypeAlias = Literal["kept", "broken", "accepted", "not examined"]
MOST_FINDINGS = 5
"""Deviations that are kept for each promise; further ones are only counted."""


@dataclass
class PromiseResult:
    """What became of one promise."""

    promise: Promise
    examined: int = 0
    broken: int = 0
    deviations: list[Deviation] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    accepted: str = ""

    @property
    def state(self) -> State:
        """Whether the promise was kept, broken, accepted by the baseline, or not examined."""
        if self.broken:
            return "accepted" if self.accepted else "broken"
        return "kept" if self.examined else "not examined"

    @property
    def exchange(self) -> CheckedExchange | None:
        """The first exchange that shows a deviation, or None."""
        return next((deviation.exchange for deviation in self.deviations if deviation.exchange is not None), None)

    @property
    def reason(self) -> str:
        """Why the promise was not examined, or which option would help."""
        if self.reasons:
            return self.reasons[0]
        if self.promise.needs:
            return CREDENTIALS[self.promise.needs]
        return "no answer in this run concerned it"


class RunResults:
    """All promises in force."""

    def __init__(self, chosen: Callable[[Promise], bool] = lambda promise: True, secrets: Iterable[str] = ()) -> None:
        self.entries = {name: PromiseResult(promise) for name, promise in PROMISES.items() if chosen(promise)}
        self._secrets = tuple(secrets)

    def redact(self, text: str, exchange: CheckedExchange) -> str:
        """Return a text from an exchange without the credentials of the run."""
        return redact_text(text, exchange.request, self._secrets)

    def add(self, name: str, deviations: Iterable[Deviation]) -> None:
        """Add the deviations that an exchange or a probe showed. Without any, the promise was kept there."""
        entry = self.entries.get(name)
        if entry is None:
            return
        entry.examined += 1
        redacted = [redact_deviation(deviation, self._secrets) for deviation in deviations]
        entry.broken += bool(redacted)
        for deviation in redacted:
            if len(entry.deviations) < MOST_FINDINGS and deviation.got not in [known.got for known in entry.deviations]:
                entry.deviations.append(deviation)

    def add_result(self, name: str, kept: bool, got: str, exchange: CheckedExchange | None) -> None:
        """Add what a probe reports."""
        self.add(name, () if kept else (Deviation(name, got, exchange),))

    def add_reason(self, names: Iterable[str], words: str) -> None:
        """Add a reason why promises were not examined."""
        for name in names:
            entry = self.entries.get(name)
            if entry is not None and words not in entry.reasons:
                entry.reasons.append(words)

    def of(self, *states: State) -> list[PromiseResult]:
        """Return the results in these states."""
        return [entry for entry in self.entries.values() if entry.state in states]

    @property
    def coverage(self) -> float:
        """The percentage of the promises that was examined."""
        return 100.0 * (len(self.entries) - len(self.of("not examined"))) / max(1, len(self.entries))
