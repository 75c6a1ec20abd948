"""The loader of the file of `serve --accounts`."""

from pathlib import Path

import msgspec

from mockserver.accounts import keys
from mockserver.accounts.schema import AccountsFile
from mockserver.core.errors import AuthorError, OperatorError, Problem
from mockserver.files import loader
from mockserver.files.yaml_limits import MAX_BYTES
from mockserver.files.yaml_reader import read


def load_accounts(path: Path) -> AccountsFile:
    """Return the accounts of a file. Raises `OperatorError` if it cannot be read, `AuthorError` with every mistake."""
    try:
        with path.open("rb") as stream:
            source = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise OperatorError(f"--accounts {path}: cannot be read: {reason}") from error
    try:
        return loader.check(AccountsFile, read(source, str(path)))
    except AuthorError as error:
        raise AuthorError([_without_keys(problem) for problem in error.problems]) from None


def _without_keys(problem: Problem) -> Problem:
    """Return the problem with every likely API key hidden: an author may have written one in the wrong place."""
    path, message = keys.hide_likely(problem.path), keys.hide_likely(problem.message)
    return msgspec.structs.replace(problem, path=path, message=message)
