"""How much of another document a run has reached: which of its operations were answered as they should be.

A promise can be kept by refusals alone. So a run that got a success from less than half of the operations, or examined
less than half of the promises, says too little about the target: it is unfinished.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from mockserver.contracts.document import ContractDocument
from mockserver.contracts.exchange import CheckedExchange

LEAST = 0.5
"""The share of the operations that must have answered with a success, and of the promises that must be examined."""

MOST_NAMED = 6
"""Operations that a sentence names."""


@dataclass
class OperationCoverage:
    """The statuses that each operation of a document was answered with."""

    document: ContractDocument
    statuses: dict[str, Counter[int]] = field(default_factory=dict)
    """Operation -> how often each status came."""

    def see(self, exchange: CheckedExchange) -> None:
        """Count an answer. What speaks a wire has another name in the wire's own contract, so the path decides."""
        operation = self.document.find(exchange.request.method, exchange.request.path)
        if operation is not None:
            self.statuses.setdefault(operation.name, Counter())[exchange.response.status] += 1

    @property
    def reached(self) -> list[str]:
        """The operations that answered with a success."""
        return [name for name in self._names if any(200 <= status < 400 for status in self.statuses.get(name, ()))]

    @property
    def _names(self) -> list[str]:
        """The operations for which the document lists a success."""
        return [name for name, operation in self.document.operations.items() if operation.may_succeed]

    def note(self) -> str:
        """Return how many operations answered with a success, and why the others did not."""
        names, reached = self._names, self.reached
        words = f"Operations: {len(reached)} of {len(names)} answered with a success"
        reasons: dict[str, list[str]] = {}
        for name in names:
            if name not in reached:
                reasons.setdefault(self._why(name), []).append(self._label(name))
        return "; ".join([words, *(f"{why}: {_some(labels)}" for why, labels in reasons.items())]) + "."

    def gaps(self, examined: float) -> Iterator[str]:
        """Yield why the run says too little. `examined` is the percentage of the promises that were examined."""
        names, reached = self._names, self.reached
        if examined < 100 * LEAST:
            yield f"Only {examined:.0f} % of the document's promises could be examined."
        if len(reached) >= LEAST * len(names):
            return
        yield f"Only {len(reached)} of {len(names)} operations of the document answered with a success."
        refused = [name for name in names if set(self.statuses.get(name, ())) & {401, 403} and name not in reached]
        if refused:
            yield (
                f"{len(refused)} refused the credential: give --key KEY, or --credential SCHEME=KEY "
                "for one of the document's security schemes."
            )
        if len(reached) + len(refused) < LEAST * len(names):
            yield "Give the document examples of the parameters and bodies that its operations need."

    def _label(self, name: str) -> str:
        operation = self.document.operations[name]
        return f"{operation.method} {operation.path}"

    def _why(self, name: str) -> str:
        statuses = self.statuses.get(name)
        if not statuses:
            return "not called, because the document shows no example"
        return f"status {statuses.most_common(1)[0][0]}"


def _some(labels: list[str]) -> str:
    rest = len(labels) - MOST_NAMED
    return ", ".join([*labels[:MOST_NAMED], *([f"and {rest} more"] if rest > 0 else [])])
