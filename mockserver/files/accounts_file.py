"""The file of `serve --accounts`, read with the place of every mistake."""

from pathlib import Path

import msgspec

from mockserver.accounts import keys
from mockserver.accounts.schema import AccountsFile
from mockserver.core.errors import AuthorError, OperatorError, Problem
from mockserver.files import loader
from mockserver.files.yaml_limits import MAX_BYTES
from mockserver.files.yaml_reader import read


def load_accounts(path: Path) -> AccountsFile:
    """The accounts of a file. Raises `OperatorError` if it cannot be read, `AuthorError` if it is wrong."""
    try:
        with path.open("rb") as stream:
            source = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        told = getattr(error, "strerror", None) or error
        raise OperatorError(f"--accounts {path}: cannot be read: {told}") from error
    try:
        return loader.check(AccountsFile, read(source, str(path)))
    except AuthorError as error:
        raise AuthorError([_without_keys(problem) for problem in error.problems]) from None


def _without_keys(problem: Problem) -> Problem:
    """The same mistake, in which no key stands that was written in the wrong place."""
    path, message = keys.hide_likely(problem.path), keys.hide_likely(problem.message)
    return msgspec.structs.replace(problem, path=path, message=message)
