"""The file of `serve --accounts`, read with the place of every mistake."""

from pathlib import Path

from mockserver import loader
from mockserver.account import AccountsFile
from mockserver.errors import OperatorError
from mockserver.yamlfile import MAX_BYTES, read


def load_accounts(path: Path) -> AccountsFile:
    """The accounts of a file. Raises `OperatorError` if it cannot be read, `AuthorError` if it is wrong."""
    try:
        with path.open("rb") as stream:
            source = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        told = getattr(error, "strerror", None) or error
        raise OperatorError(f"--accounts {path}: cannot be read: {told}") from error
    return loader.check(AccountsFile, read(source, str(path)))
