"""The loader of the file of `serve --accounts`. No message shows a key: an author may have put one in a wrong place."""

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mockserver.accounts import keys
from mockserver.core.errors import AuthorError, Problem
from mockserver.files import loader
from mockserver.files.yaml_document import YamlDocument

if TYPE_CHECKING:
    from mockserver.accounts.schema import AccountsFile


def load_accounts(path: Path) -> "AccountsFile":
    """Return the accounts of a file. Raises `OperatorError` if it cannot be read, `AuthorError` with every mistake."""
    try:
        return accounts_of(loader.read_document(path))
    except AuthorError as error:
        raise AuthorError([without_keys(problem) for problem in error.problems]) from None


def accounts_of(document: YamlDocument) -> "AccountsFile":
    """Return the accounts of a document. Raises `AuthorError` with every mistake."""
    from mockserver.accounts.schema import AccountsFile

    try:
        accounts = loader.check(AccountsFile, document)
        problems = [document.problem(path, message) for path, message in accounts.mistakes()]
    except AuthorError as error:
        problems = error.problems
    if problems:
        raise AuthorError([without_keys(problem) for problem in problems])
    return accounts


def without_keys(problem: Problem) -> Problem:
    """Return the problem with every likely API key masked."""
    path, message = keys.hide_likely(problem.path), keys.hide_likely(problem.message)
    return msgspec.structs.replace(problem, path=path, message=message)
