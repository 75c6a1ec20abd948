"""Where a code host shows a broken promise, and what it says there.

The place is the line of openapi.yaml at which the operation begins. No file of a repository has what the gateway said,
but that line has what it should say.
"""

import os
import re
from pathlib import Path

from mockserver.files import bundled
from mockserver.gate.reports.text import printable
from mockserver.gate.results import PromiseResult


class Places:
    """The lines of the contract's file at which operations begin."""

    def __init__(self, contract: Path) -> None:
        ours = contract == Path(bundled.OPENAPI)
        self.file = "openapi.yaml" if ours else Path(os.path.relpath(contract)).as_posix()
        self._lines = contract.read_text(encoding="utf-8").splitlines()

    def line(self, entry: PromiseResult) -> int:
        """Return the line, from 1, of the path that the first deviation's request has; line 1 if there is none."""
        exchange = entry.exchange
        path = re.escape(exchange.request.path.partition("?")[0]) if exchange is not None else None
        pattern = re.compile(rf"""\s*["']?{path}["']?:\s*""")
        return next((number for number, line in enumerate(self._lines, 1) if path and pattern.fullmatch(line)), 1)


def message(entry: PromiseResult) -> str:
    """Return the promise, its source, and the first deviation."""
    got = entry.deviations[0].got if entry.deviations else ""
    return f"{entry.promise.sentence} ({entry.promise.source}) Got: {printable(got)}"
