"""What `mockserver lint` finds: every mistake of every file, whatever its kind."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from mockserver.core.errors import AuthorError, OperatorError, Problem
from mockserver.files import loader
from mockserver.files.accounts_file import accounts_of, without_keys
from mockserver.files.chaos_file import profile_of
from mockserver.files.kinds import KINDS, kind_of
from mockserver.files.library import script_of
from mockserver.files.yaml_document import YamlDocument
from mockserver.openapi.contract import Contract
from mockserver.scenarios.validate import unrouted_turns


def _check_scenario(document: YamlDocument, contract: Contract) -> str:
    return script_of(document, contract).name


def _check_chaos(document: YamlDocument, contract: Contract) -> None:
    profile_of(document, contract)


def _check_accounts(document: YamlDocument, contract: Contract) -> None:
    accounts_of(document)


CHECKS: Mapping[str, Callable[[YamlDocument, Contract], str | None]] = {
    "scenario": _check_scenario,
    "chaos": _check_chaos,
    "accounts": _check_accounts,
}
"""By kind: the function that raises `AuthorError` for mistakes, and returns a name that a folder may have once."""


def lint_files(files: Iterable[Path], contract: Contract) -> list[Problem]:
    """Return the mistakes of each file.

    Two scenarios of one name in one folder are a mistake, because they cannot be served together.
    """
    problems: list[Problem] = []
    owners: dict[tuple[Path, str], Path] = {}
    for file in files:
        try:
            name = _check(file, contract)
        except AuthorError as error:
            problems += error.problems
        except OperatorError as error:
            problems.append(Problem(str(file), 1, 1, "", str(error).removeprefix(f"{file}: ")))
        else:
            twin = owners.setdefault((file.parent.resolve(), name), file) if name is not None else file
            if twin.resolve() != file.resolve():
                message = f"'{name}' is also the name of {twin}; choose another"
                problems.append(Problem(str(file), 1, 1, "scenario", message))
    return problems


def lint_notes(files: Iterable[Path], contract: Contract) -> list[Problem]:
    """Return what is right and worth knowing in scenario files without mistakes: paths that are no operation."""
    notes: list[Problem] = []
    for file in files:
        with suppress(AuthorError, OperatorError):
            document = loader.read_document(file)
            kind = kind_of(document.value)
            if kind is not None and kind.name == "scenario":
                scenario = loader.scenario_of(document).scenario
                notes += [
                    document.problem(document.written(path), message)
                    for path, message in unrouted_turns(scenario, contract)
                ]
    return notes


def _check(file: Path, contract: Contract) -> str | None:
    """Check a file as its kind demands; return its name if no other file of the folder may have it."""
    try:
        document = loader.read_document(file)
    except AuthorError as error:  # it may be an accounts file
        raise AuthorError([without_keys(problem) for problem in error.problems]) from None
    kind = kind_of(document.value)
    if kind is None:
        raise AuthorError([document.problem((), _unknown_kind(document))])
    return CHECKS[kind.name](document, contract)


def _unknown_kind(document: YamlDocument) -> str:
    if isinstance(document.value, dict) and "openapi" in document.value:
        return "this is an OpenAPI document, which lint does not check; --contract takes it"
    marks = ", ".join([f"'{name}' of {kind.title}" for name, kind in KINDS.items()])
    return f"unknown kind of file; expected one of these keys at its top: {marks}"
