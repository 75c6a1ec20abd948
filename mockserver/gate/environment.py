"""The gate for pytest and schemathesis: options from the environment (GATE_…), as those of the command line."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mockserver.contracts.check import Deviation
from mockserver.contracts.document import ContractDocument
from mockserver.contracts.promises import PROMISES
from mockserver.gate import baseline
from mockserver.gate.complete_run import run_gate
from mockserver.gate.options import read_options
from mockserver.gate.runner import GateRun, promise_filter


@dataclass(frozen=True)
class Rules:
    """The contract, which promises are in force, what the baseline accepts, and whether D1's short sequence is due."""

    document: ContractDocument
    in_force: Callable[[str], bool]
    accepted: tuple[baseline.AcceptedDeviation, ...]
    short_sse: bool

    def accepts(self, deviation: Deviation) -> bool:
        """Return whether the baseline accepts a deviation."""
        return any(entry.accepts(deviation) for entry in self.accepted)


def run_from(arguments: Sequence[str]) -> GateRun:
    """Run the gate with these arguments and the options of the environment.

    Raises `OperatorError` if there is no gateway to examine, and `click.UsageError` if an option is wrong.
    """
    return run_gate(read_options(arguments))


def rules_from(arguments: Sequence[str]) -> Rules:
    """Return the rules of such a run, for a caller that checks exchanges of its own."""
    options = read_options(arguments)
    settings = options.settings()
    accepted = tuple(baseline.read(Path(options.baseline)) if options.baseline else ())
    document = ContractDocument.open(settings.contract, documented_only=settings.documented_only)
    is_chosen = promise_filter(settings, document.scopes)
    return Rules(document, lambda name: is_chosen(PROMISES[name]), accepted, settings.short_sse)
