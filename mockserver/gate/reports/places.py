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
    """Where in the contract's file an operation stands."""

    def __init__(self, contract: Path) -> None:
        ours = contract == Path(bundled.OPENAPI)
        self.file = "openapi.yaml" if ours else Path(os.path.relpath(contract)).as_posix()
        self._lines = contract.read_text(encoding="utf-8").splitlines()

    def line(self, entry: PromiseResult) -> int:
        """The line of the path that the first finding asked, from 1; the first line if it asked none of them."""
        exchange = next((one.exchange for one in entry.findings if one.exchange is not None), None)
        path = re.escape(exchange.request.path.partition("?")[0]) if exchange is not None else None
        wanted = re.compile(rf"""\s*["']?{path}["']?:\s*""")
        return next((number for number, line in enumerate(self._lines, 1) if path and wanted.fullmatch(line)), 1)


def message(entry: PromiseResult) -> str:
    """Return the promise, its source, and the first deviation."""
    got = entry.findings[0].got if entry.findings else ""
    return f"{entry.promise.sentence} ({entry.promise.source}) Got: {printable(got)}"
