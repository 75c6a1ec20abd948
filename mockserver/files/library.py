"""The scenarios that a server knows: those shipped, and those that its operator chose.

The operator chooses a shipped scenario by its name, a file, or a folder of files. A file's scenario replaces a shipped
one of the same name; two files in one folder must have different names. Every file is read, checked and compiled
before anything is served, and the mistakes of all files are reported together.
"""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from mockserver.core.errors import AuthorError, OperatorError, Problem, did_you_mean
from mockserver.files import bundled, loader
from mockserver.files.dry_run import dry_run
from mockserver.files.yaml_document import YamlDocument
from mockserver.openapi.contract import Contract
from mockserver.scenarios.compile import Script, compile_scenario


class LibraryEntry(msgspec.Struct, frozen=True):
    """A compiled scenario and its file."""

    script: Script
    file: Path


class Library(msgspec.Struct, frozen=True):
    """The scenarios by name, and the name of the default one, if any."""

    entries: dict[str, LibraryEntry]
    playing: str | None = None

    @property
    def scripts(self) -> dict[str, Script]:
        """The scripts by name."""
        return {name: entry.script for name, entry in self.entries.items()}


def load_library(contract: Contract, chosen: str | None = None) -> Library:
    """Return the shipped scenarios and what the operator chose: a name, a file or a folder.

    Raises `AuthorError` with every mistake in every file, and `OperatorError` for an unknown name or missing file.
    """
    entries = _read(loader.discover(bundled.SCENARIOS), contract, try_out=False)  # the project's own tests do that
    if chosen is None:
        return Library(entries)
    path = Path(chosen)
    if path.is_dir():
        own = _read(loader.discover(path), contract)
        if not own:
            raise OperatorError(f"{chosen}: no scenario file (*.yaml) in this folder")
        return Library(entries | own, next(iter(own)) if len(own) == 1 else None)
    if path.is_file() or path.suffix in (".yaml", ".yml"):
        own = _read([path], contract)
        return Library(entries | own, next(iter(own)))
    if chosen not in entries:
        raise OperatorError(f"no scenario, file or folder is called '{chosen}'; {did_you_mean(chosen, entries)}")
    return Library(entries, chosen)


def _read(files: Iterable[Path], contract: Contract, *, try_out: bool = True) -> dict[str, LibraryEntry]:
    entries: dict[str, LibraryEntry] = {}
    problems: list[Problem] = []
    for file in files:
        try:
            script = read_script(file, contract, try_out=try_out)
        except AuthorError as error:
            problems += error.problems
            continue
        twin = entries.get(script.name)
        if twin is not None:
            problems.append(
                Problem(str(file), 1, 1, "scenario", f"'{script.name}' is also the name of {twin.file}; choose another")
            )
        entries[script.name] = LibraryEntry(script, file)
    if problems:
        raise AuthorError(problems)
    return entries


def read_script(file: Path, contract: Contract, *, try_out: bool = True) -> Script:
    """Return the script of one file. Raises `AuthorError` with every mistake, each with its line.

    `try_out` also plays every turn (see `dry_run.py`).
    """
    return script_of(loader.read_document(file), contract, try_out=try_out)


def script_of(document: YamlDocument, contract: Contract, *, try_out: bool = True) -> Script:
    """Return the script of a document, checked as by `read_script`."""
    loaded = loader.scenario_of(document)
    script, problems = compile_scenario(loaded.scenario, contract)
    if not problems and try_out:
        problems = dry_run(script, contract)
    if problems:
        raise AuthorError([loaded.problem(path, message) for path, message in problems])
    return script
