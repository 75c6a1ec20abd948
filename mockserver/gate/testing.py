"""A run for those who come from elsewhere (pytest, schemathesis): as on the command line, and from GATE_… variables."""

import click

from mockserver.commands.check import run_from
from mockserver.errors import OperatorError

MISTAKES = (OperatorError, click.UsageError)
"""What `run_from` raises if there is no gateway, or an option is wrong."""

__all__ = ["MISTAKES", "run_from"]
