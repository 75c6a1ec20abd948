"""Standard output of a server, which outlives it: `mockserver serve | head -3`, a full disk, `>/dev/full`.

A line that cannot be printed must not cost an answer. So the first failure is reported once, in the log (on standard
error, if that is still there), and from then on nothing is printed.
"""

import logging
import os
import sys
from contextlib import suppress

import click

from mockserver.core.errors import OperatorError

log = logging.getLogger("mockserver")

LOST = "standard output is lost (%s); requests are answered as before, but no more lines are printed"


class Output:
    """Prints lines on standard output, or on standard error, for as long as it is there."""

    def __init__(self, *, to_stderr: bool = False) -> None:
        self._to_stderr = to_stderr
        self._is_lost = False

    def begin(self, text: str) -> None:
        """Print what a server says at its start, in one write. Raise `OperatorError` if it cannot be printed."""
        try:
            click.echo(text, err=self._to_stderr)
        except OSError as error:
            discard_output()
            name = "standard error" if self._to_stderr else "standard output"
            raise OperatorError(f"cannot write to {name}: {error.strerror or error}; nothing is served") from None

    def line(self, text: str, *, err: bool = False) -> None:
        """Print a line on standard output, or on standard error if `err` is true. Never raise."""
        if self._is_lost and not err:
            return
        try:
            click.echo(text, err=err)
        except (OSError, ValueError) as error:  # ValueError: the stream is closed
            if err:
                return
            self._is_lost = True
            discard_output()
            log.warning(LOST, getattr(error, "strerror", None) or error)

    def end(self, text: str) -> None:
        """Print the last line, where the first ones were printed. If that fails, nobody misses it."""
        if not self._is_lost:
            with suppress(OSError, ValueError):
                click.echo(text, err=self._to_stderr)


def discard_output() -> None:
    """Send standard output to nowhere, so that Python does not fail when it flushes it at its end."""
    with suppress(OSError, ValueError):  # ValueError: a stream without a descriptor, as in tests
        number = sys.stdout.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, number)
        os.close(nowhere)
