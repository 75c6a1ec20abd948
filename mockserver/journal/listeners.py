"""Calls of listeners, none of which can harm the answer it observes or another listener."""

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVarTuple

log = logging.getLogger("mockserver")

Arguments = TypeVarTuple("Arguments")


class GuardedCalls:
    """Calls listeners. What a listener raises is logged the first time, and otherwise ignored."""

    def __init__(self) -> None:
        self._reported: set[str] = set()

    def call(self, listener: Callable[[*Arguments], object], *arguments: *Arguments) -> None:
        """Call a listener, which may fail."""
        try:
            listener(*arguments)
        except Exception as error:
            self._report(listener, error)

    def _report(self, listener: object, error: Exception) -> None:
        kind = listener if hasattr(listener, "__qualname__") else type(listener)
        name = f"{kind.__module__}.{getattr(kind, '__qualname__', '')}"
        if name in self._reported:
            return
        self._reported.add(name)
        with suppress(Exception):  # the log may be what fails
            log.error("the listener %s failed; its later failures are not logged", name, exc_info=error)
