"""The results of a run: what became of each promise. Every report is made from them."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from mockserver.contracts.check import CheckOutcome, Deviation
from mockserver.contracts.document import Scope
from mockserver.contracts.exchange import CheckedExchange
from mockserver.contracts.promises import CREDENTIALS, PROMISES, Promise
from mockserver.gate.causes import Cause, Fingerprint, Sighting, cause_of, fingerprint, group
from mockserver.gate.redact import redact_deviation, redact_text

State: TypeAlias = Literal["kept", "broken", "accepted", "error", "not offered", "not examined"]

STATES: tuple[State, ...] = ("kept", "broken", "accepted", "error", "not offered", "not examined")
"""Every state, in the order of the reports."""

MOST_FINDINGS = 5
"""Deviations that are reported for each promise, with their exchanges."""

MOST_KINDS = 100
"""Kinds of deviations that are kept for each promise; further ones are only counted."""

LARGEST_KEPT = 65_536
"""Bytes of an answer that are kept for the reports."""


@dataclass
class PromiseResult:
    """What became of one promise.

    `errors` are failures of the gate's own checks: they say nothing about the target. `absent` says what the target
    does not offer. `known` are the fingerprints that the baseline accepts.
    """

    promise: Promise
    examined: int = 0
    broken: int = 0
    sightings: dict[Fingerprint, Sighting] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    absent: str = ""
    accepted: str = ""
    known: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The name of the promise."""
        return self.promise.name

    @property
    def state(self) -> State:
        """What became of the promise. A baseline accepts it only if it accepts every deviation."""
        if self.broken:
            return "accepted" if self.accepted and not self.news else "broken"
        if self.errors:
            return "error"
        if self.examined:
            return "kept"
        return "not offered" if self.absent else "not examined"

    @property
    def news(self) -> Mapping[Fingerprint, Sighting]:
        """The sightings that the baseline does not accept."""
        return {mark: sighting for mark, sighting in self.sightings.items() if str(mark) not in self.known}

    @property
    def deviations(self) -> list[Deviation]:
        """The first deviation of each kind: the new ones; those that are accepted if there are no others."""
        shown = self.news or self.sightings
        return [sighting.first for sighting in shown.values()][:MOST_FINDINGS]

    @property
    def exchange(self) -> CheckedExchange | None:
        """The first exchange that shows a deviation, or None."""
        return next((deviation.exchange for deviation in self.deviations if deviation.exchange is not None), None)

    @property
    def reason(self) -> str:
        """Why the promise was not examined, or which option would help; what the target does not offer; the error."""
        reasons = {"error": self.errors[:1], "not offered": [self.absent]}.get(self.state, self.reasons)
        if reasons:
            return reasons[0]
        if self.promise.needs:
            return CREDENTIALS[self.promise.needs]
        return "no answer in this run concerned it"

    def see(self, deviation: Deviation) -> None:
        """Count a deviation. Only the first ones keep their exchange, and only the beginning of a long answer."""
        mark = fingerprint(deviation)
        if mark not in self.sightings:
            if len(self.sightings) >= MOST_KINDS:
                return
            keeps_exchange = len(self.sightings) < MOST_FINDINGS
            kept = _shortened(deviation) if keeps_exchange else replace(deviation, exchange=None)
            self.sightings[mark] = Sighting(kept, cause_of(deviation))
        self.sightings[mark].count += 1


def _shortened(deviation: Deviation) -> Deviation:
    exchange = deviation.exchange
    if exchange is None or len(exchange.response.body) <= LARGEST_KEPT:
        return deviation
    response = replace(exchange.response, body=exchange.response.body[:LARGEST_KEPT])
    return replace(deviation, exchange=replace(exchange, response=response))


class RunResults:
    """All promises in force, with the sources that the contracts of `scopes` have."""

    def __init__(
        self,
        chosen: Callable[[Promise], bool] = lambda promise: True,
        secrets: Iterable[str] = (),
        scopes: Collection[Scope] = (),
    ) -> None:
        self.entries = {
            name: PromiseResult(promise.made_in(scopes)) for name, promise in PROMISES.items() if chosen(promise)
        }
        self._secrets = tuple(secrets)

    def redact(self, text: str, exchange: CheckedExchange) -> str:
        """Return a text from an exchange without the credentials of the run."""
        return redact_text(text, exchange.request, self._secrets)

    def add(self, outcome: CheckOutcome) -> None:
        """Add what a check says about an exchange, or a probe about several. Without deviations, it was kept there."""
        entry = self.entries.get(outcome.promise)
        if entry is None:
            return
        if outcome.error:
            if len(entry.errors) < MOST_FINDINGS and outcome.error not in entry.errors:
                entry.errors.append(outcome.error)
            return
        entry.examined += 1
        entry.broken += bool(outcome.deviations)
        for deviation in outcome.deviations:
            entry.see(redact_deviation(deviation, self._secrets))

    def add_result(self, name: str, kept: bool, got: str, exchange: CheckedExchange | None) -> None:
        """Add what a probe reports."""
        self.add(CheckOutcome(name, () if kept else (Deviation(name, got, exchange),)))

    def add_reason(self, names: Iterable[str], words: str) -> None:
        """Add a reason why promises were not examined."""
        for name in names:
            entry = self.entries.get(name)
            if entry is not None and words not in entry.reasons:
                entry.reasons.append(words)

    def add_absence(self, names: Iterable[str], words: str) -> None:
        """Say that the target does not offer what these promises are about."""
        for name in names:
            if name in self.entries:
                self.entries[name].absent = words

    def of(self, *states: State) -> list[PromiseResult]:
        """Return the results in these states."""
        return [entry for entry in self.entries.values() if entry.state in states]

    def causes(self) -> list[Cause]:
        """Return what is broken, grouped by cause."""
        return group(self.of("broken"))

    @property
    def coverage(self) -> float:
        """The percentage of the promises that was examined. What the target does not offer counts for nothing."""
        offered = len(self.entries) - len(self.of("not offered"))
        examined = len(self.of("kept", "broken", "accepted"))
        return 100.0 * examined / max(1, offered)
