"""Says on standard error how far a command is, if it takes more than a second and somebody watches."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import click

T = TypeVar("T")

PATIENCE = 1.0
"""Seconds after which silence looks like a command that hangs."""

CLEAR = "\r\x1b[K"
"""Takes back what stands on the last line of a terminal."""


def with_progress(
    items: Sequence[T], words: str, *, is_terminal: bool | None = None, now: Callable[[], float] = time.monotonic
) -> Iterator[T]:
    """Yield the items; after a second, say which of them is at work: `Checking 17 of 300 …`."""
    shown = sys.stderr.isatty() if is_terminal is None else is_terminal
    begun, is_dirty = now(), False
    try:
        for number, item in enumerate(items, start=1):
            if shown and now() - begun > PATIENCE:
                click.echo(f"{CLEAR}{words} {number} of {len(items)} …", nl=False, err=True, color=True)
                is_dirty = True
            yield item
    finally:
        if is_dirty:
            click.echo(CLEAR, nl=False, err=True, color=True)
