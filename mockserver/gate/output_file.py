"""Files that an operator names on the command line: reports, baselines."""

from pathlib import Path

from mockserver.core.errors import OperatorError


def write_file(file: Path, content: bytes) -> None:
    """Write a file that the operator named. Raises `OperatorError` if it cannot be written."""
    try:
        file.write_bytes(content)
    except OSError as error:
        raise OperatorError(f"{file}: cannot be written: {error.strerror}") from None
