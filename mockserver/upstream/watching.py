"""Watching for drift: every request goes to the upstream, and what the scenario would have answered is compared.

The client gets the upstream's answer. The journal, a line for each difference and a summary say where the scenario
differs from it in meaning.
"""

from collections import Counter
from collections.abc import Callable

from mockserver.engine.step import PREFLIGHT
from mockserver.journal.record import call_of
from mockserver.journal.verify import UNMATCHED
from mockserver.openapi.contract import Contract
from mockserver.recording.drift import Broken, drift, unusable
from mockserver.recording.exchange import RecordedExchange
from mockserver.recording.played import played
from mockserver.server.traffic import LiveAnswer


class DriftWatch:
    """Compares answers; `tell` gets a line for each difference."""

    def __init__(self, contract: Contract, broken: Broken, tell: Callable[[str], None]) -> None:
        self._contract = contract
        self._broken = broken
        self._tell = tell
        self.counts: Counter[str] = Counter()
        """How many requests were the same, differed, had no turn, or were not compared."""
        self.promises: Counter[str] = Counter()
        """How many requests differed under each promise."""

    def seen(self, live: LiveAnswer, exchange: RecordedExchange, skipped: str) -> tuple[str, ...]:
        """Compare an answer with that of the scenario. Return the differences, for the journal."""
        note = live.decision.note
        if note.operation == PREFLIGHT:
            return ()
        place = f"{note.scenario}/{note.turn}" if note.turn else "no turn"
        state, lines = self._compared(live, exchange, skipped)
        self.counts[state] += 1
        for line in lines:
            self._tell(f"       {state} ({place}): {line}")
        return tuple([f"{state}: {line}" for line in lines])

    def _compared(self, live: LiveAnswer, exchange: RecordedExchange, skipped: str) -> tuple[str, list[str]]:
        note, expected = live.decision.note, played(live.request, live.decision.actions)
        if note.code in UNMATCHED:
            return "no turn", [note.misses[0] if note.misses else note.code]
        if note.faults or (note.turn and note.code):
            return "not compared", ["the turn fails on purpose"]
        reason = skipped or unusable(expected, exchange)
        if reason:
            return "not compared", [reason]
        call = call_of(live.request, self._contract, lenient=True)
        drifts = drift(expected, exchange, call, self._broken)
        self.promises.update([found.promise for found in drifts])
        return ("differs" if drifts else "same"), [str(found) for found in drifts]

    def summary(self) -> list[str]:
        """Return what was found, for the end."""
        counts = ", ".join([f"{number} {state}" for state, number in sorted(self.counts.items())])
        promises = [f"  {promise}: {number}" for promise, number in self.promises.most_common()]
        return [f"Compared: {counts or 'nothing'}.", *promises]
