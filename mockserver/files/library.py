"""The scenarios that a server knows: those shipped, and those that its operator names.

An operator names a scenario by its name, or by a file, or by a folder of files. A file's scenario hides a shipped one
of the same name; two files of one folder may not have the same name. Every file is read, checked and compiled
before anything is served, and every mistake in every file is reported at once.
"""

from collections.abc import Iterable
from contextlib import suppress
from hashlib import blake2b
from importlib.util import cache_from_source
from os import getpid
from pathlib import Path

import msgspec
import orjson

from mockserver.core import fast_yaml
from mockserver.core.conversation import JsonObject
from mockserver.core.errors import AuthorError, OperatorError, Problem, did_you_mean
from mockserver.files import bundled, loader
from mockserver.files.dry_run import dry_run
from mockserver.openapi.contract import Contract
from mockserver.scenarios.compile import Script, compile_scenario


class LibraryEntry(msgspec.Struct, frozen=True):
    """A scenario and the file that it comes from."""

    script: Script
    file: Path


class Library(msgspec.Struct, frozen=True):
    """The scenarios by name, and the one that plays by default, if any."""

    entries: dict[str, LibraryEntry]
    playing: str | None = None

    @property
    def scripts(self) -> dict[str, Script]:
        """The scripts by name."""
        return {name: entry.script for name, entry in self.entries.items()}


def load_contract() -> Contract:
    """The contract that is shipped.

    YAML of this size takes longer to parse than everything else at the start together, so the parsed document is kept
    as JSON where Python keeps its own compiled files, named after the text that it was parsed from.
    """
    source = bundled.OPENAPI.read_bytes()
    name = f"openapi-{blake2b(source, digest_size=8).hexdigest()}.json"
    kept = Path(cache_from_source(__file__)).parent / name
    with suppress(OSError, orjson.JSONDecodeError):
        return Contract(orjson.loads(kept.read_bytes()))
    document: JsonObject = fast_yaml.load(source)
    with suppress(OSError):  # a place that cannot be written to costs time, nothing else
        scratch = kept.with_suffix(f".{getpid()}")
        scratch.write_bytes(orjson.dumps(document))
        scratch.replace(kept)
    return Contract(document)


def load_library(contract: Contract, chosen: str | None = None) -> Library:
    """The shipped scenarios and what the operator chose: a name, a file or a folder.

    Raises `AuthorError` with every mistake in every file, `OperatorError` for a name or file that is not there.
    """
    entries = _read(loader.discover(bundled.SCENARIOS), contract, try_out=False)  # our own tests try these out
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
    """One file, read, checked, compiled and tried out. Raises `AuthorError` with every mistake, each with its line."""
    loaded = loader.load(file)
    script, complaints = compile_scenario(loaded.scenario, contract)
    if not complaints and try_out:
        complaints = dry_run(script, contract)
    if complaints:
        document = loaded.document
        raise AuthorError([document.problem(document.written(path), message) for path, message in complaints])
    return script
