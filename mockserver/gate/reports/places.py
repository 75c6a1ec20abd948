"""Where a code host shows a broken promise, and what it says there.

The place is the line of openapi.yaml at which the operation begins. No file of a repository has what the gateway said,
but that line has what it should say. A repository that does not have the file gets no place: an annotation must not
point at a line of another file.
"""

import os
import re
from pathlib import Path

from mockserver.files import bundled
from mockserver.gate.reports.text import printable
from mockserver.gate.results import PromiseResult


class Places:
    """The lines of the contract's file at which operations begin."""

    def __init__(self, contract: Path, folder: Path | None = None) -> None:
        """Read the contract. `folder` is the user's repository: the current folder."""
        content = contract.read_bytes()
        self.file = _inside(contract, content, folder or Path.cwd())
        self._lines = content.decode("utf-8", "replace").splitlines()

    def line(self, entry: PromiseResult) -> int:
        """Return the line, from 1, of the path that the first deviation's request has; line 1 if there is none."""
        exchange = entry.exchange
        path = re.escape(exchange.request.path.partition("?")[0]) if exchange is not None else None
        pattern = re.compile(rf"""\s*["']?{path}["']?:\s*""")
        return next((number for number, line in enumerate(self._lines, 1) if path and pattern.fullmatch(line)), 1)


def _inside(contract: Path, content: bytes, folder: Path) -> str:
    """Return the file of the contract as its repository names it, or an empty string if it is not in there."""
    own = folder / "openapi.yaml"
    if contract == Path(bundled.OPENAPI) and own.is_file() and own.read_bytes() == content:
        return own.name
    relative = os.path.relpath(contract, folder)
    return "" if relative.startswith(os.pardir) or contract == Path(bundled.OPENAPI) else Path(relative).as_posix()


def message(entry: PromiseResult) -> str:
    """Return the promise, its source, and the first deviation."""
    got = entry.deviations[0].got if entry.deviations else ""
    return f"{entry.promise.sentence} ({entry.promise.source}) Got: {printable(got)}"
