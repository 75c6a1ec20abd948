"""Files of a coverage: one that several runs add to, and reports."""

from pathlib import Path

from mockserver.core.errors import OperatorError
from mockserver.coverage.value import GatewayCoverage, from_json


def read_coverage(file: Path) -> GatewayCoverage:
    """Return the coverage in a file. Raises `OperatorError` if it cannot be read."""
    try:
        return from_json(file.read_bytes(), str(file))
    except OSError as error:
        raise OperatorError(f"{file}: cannot be read: {error.strerror or error}") from None


def append(file: Path, coverage: GatewayCoverage) -> GatewayCoverage:
    """Add a coverage to that in a file, which need not exist, and return both together. Raises `OperatorError`."""
    together = read_coverage(file).merge(coverage) if file.exists() else coverage
    write(file, together.to_json())
    return together


def write(file: Path, content: bytes) -> None:
    """Write a file. Raises `OperatorError` if that is not possible."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    except OSError as error:
        raise OperatorError(f"{file}: cannot be written: {error.strerror or error}") from None
