"""How a command reports a mistake of its caller: one line for each on standard error, and exit code 2."""

import errno
import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import click

from mockserver.cli.output import discard_output
from mockserver.core.errors import AuthorError, OperatorError

P = ParamSpec("P")

INTERRUPTED = 130
"""The exit code after Ctrl-C: 128 and the number of the signal, as in every shell."""


def report_errors(command: Callable[P, None]) -> Callable[P, None]:
    """Make a command report its caller's mistakes without a traceback."""

    @wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except AuthorError as error:
            click.echo(str(error), err=True)
            count = len(error.problems)
            click.echo(f"{count} mistake{'s' if count > 1 else ''} found; nothing is served.", err=True)
            sys.exit(2)
        except OperatorError as error:
            click.echo(f"mockserver: {error}", err=True)
            sys.exit(2)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            discard_output()
            click.echo(f"mockserver: cannot write: {error.strerror}", err=True)
            sys.exit(2)

    return wrapper
