"""A run for those who come from elsewhere (pytest, schemathesis): as on the command line, and from GATE_… variables."""

from collections.abc import Callable, Sequence

import click

from mockserver.cli.contract_check import rules_from, run_from
from mockserver.contracts.document import ContractDocument
from mockserver.contracts.promises import PROMISES
from mockserver.core.errors import OperatorError
from mockserver.gate.runner import chosen

__all__ = ["MISTAKES", "judging_from", "run_from"]

MISTAKES = (OperatorError, click.UsageError)
"""What these raise if there is no gateway, or an option is wrong."""


def judging_from(arguments: Sequence[str]) -> tuple[ContractDocument, Callable[[str], bool], bool]:
    """For who judges answers without a run: the contract, whether a promise is in force, whether streams are short."""
    settings, accepted = rules_from(arguments)
    wanted = chosen(settings)
    document = ContractDocument.open(settings.contract, documented_only=settings.documented_only)
    return document, lambda name: name not in accepted and wanted(PROMISES[name]), settings.short_sse
