"""The loader of YAML files: from disk to a checked pydantic model.

`read_document` reads a file of any kind, and `check` returns its model. `load` and `parse` do both for a scenario, and
return it together with its document, so that later checks can report the place of a mistake.

All mistakes of a file are reported at once, one `Problem` for each, in the order of the file. Their places and words
come from `validation_errors.py`. What reads YAML, and the models, are imported where a file is read: a server
that plays no file needs neither.
"""

from collections.abc import Callable
from pathlib import Path as FilePath
from stat import S_ISDIR, S_ISREG
from typing import TYPE_CHECKING, TypeVar

import msgspec

from mockserver.core.errors import AuthorError, OperatorError, Problem, did_you_mean
from mockserver.files.yaml_document import Path, YamlDocument
from mockserver.files.yaml_limits import MAX_BYTES

if TYPE_CHECKING:
    from pydantic import BaseModel

    from mockserver.scenarios.schema import Scenario

M = TypeVar("M", bound="BaseModel")


class Loaded(msgspec.Struct, frozen=True):
    """A checked scenario, and the document that it was read from."""

    scenario: "Scenario"
    document: YamlDocument

    def problem(self, path: Path, message: str) -> Problem:
        """Return a problem of the value at a path of the scenario, with its place in the file."""
        return self.document.problem(self.document.written(path), message)


def load(path: FilePath) -> Loaded:
    """Read and check a scenario file. Raises `OperatorError` if it cannot be read, `AuthorError` if it is wrong."""
    return scenario_of(read_document(path))


def read_document(path: FilePath) -> YamlDocument:
    """Read a YAML file. Raises `OperatorError` if it cannot be read, `AuthorError` if it is not YAML."""
    try:
        if not _is(S_ISREG, path):
            raise OperatorError(_no_file(path))
        with path.open("rb") as stream:
            source = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    return document_of(source, str(path))


def parse(source: bytes, file: str) -> Loaded:
    """Check the scenario in `source`; `file` is its name in messages. Raises `AuthorError` with every problem."""
    return scenario_of(document_of(source, file))


def document_of(source: bytes, file: str) -> YamlDocument:
    """Return a text as a YAML document. Raises `AuthorError` if it is not YAML."""
    from mockserver.files.yaml_reader import read

    return read(source, file)


def scenario_of(document: YamlDocument) -> Loaded:
    """Check the scenario in a document. Raises `AuthorError` with every problem."""
    from mockserver.scenarios.schema import Scenario

    return Loaded(check(Scenario, document), document)


def check(model: type[M], document: YamlDocument) -> M:
    """Return the `model` of a document. Raises `AuthorError` with every problem, each with its place."""
    from pydantic import ValidationError

    from mockserver.files.kinds import misplaced
    from mockserver.files.validation_errors import problems_of
    from mockserver.files.yaml_reader import MAX_PROBLEMS

    try:
        return model.model_validate(document.value)
    except ValidationError as error:
        # More than are reported, since each branch of a union is an error; bounded, since locating each takes time.
        details = error.errors(include_url=False)[: 5 * MAX_PROBLEMS]
    message = misplaced(model, document.value)
    if message is not None:
        raise AuthorError([document.problem((), message)])
    raise AuthorError(problems_of(model, document, details))


def discover(folder: FilePath) -> list[FilePath]:
    """Return the *.yaml and *.yml files directly in a folder, sorted. Links that lead out of it are left out."""
    try:
        if not _is(S_ISDIR, folder):
            raise OperatorError(_no_file(folder, "folder"))
        root = folder.resolve()
        return sorted(path for path in _yaml_files(folder) if path.is_file() and path.resolve().is_relative_to(root))
    except (OSError, ValueError) as error:
        raise _unreadable(folder, error) from error


def _is(kind: Callable[[int], bool], path: FilePath) -> bool:
    """Return whether a path is there and of a kind.

    Unlike `Path.is_file` of Python 3.14, it raises the `OSError` of a path that cannot be looked at.
    """
    try:
        return kind(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False


def _unreadable(path: FilePath, error: Exception) -> OperatorError:
    return OperatorError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}")


def _yaml_files(folder: FilePath) -> list[FilePath]:
    return [path for path in folder.iterdir() if path.suffix in (".yaml", ".yml")]


def _no_file(path: FilePath, kind: str = "file") -> str:
    if path.exists():
        return f"{path}: not a {kind}"
    if not path.parent.is_dir():
        return f"{path}: folder {path.parent} not found"
    others = path.parent.iterdir() if kind == "folder" else _yaml_files(path.parent)
    known = [other.name for other in others if other.exists()]
    return f"{path}: {kind} not found{f'; {did_you_mean(path.name, known)}' if known else ''}"
