"""The turns of a project's scenario files, with file and line, whether anything plays them or not."""

import os
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path

from mockserver.core.errors import AuthorError
from mockserver.coverage.value import TurnPlace
from mockserver.files import yaml_reader
from mockserver.files.yaml_document import YamlDocument
from mockserver.files.yaml_limits import MAX_BYTES

ENVIRONMENT = "pyvenv.cfg"
"""The file that marks the folder of a Python environment, which holds no scenarios of the project."""


def turns_of(document: YamlDocument, file: str) -> list[TurnPlace]:
    """Return the turns of a document; none if it is no scenario. `file` is its name in reports."""
    value = document.value
    turns = value.get("turns") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(value.get("scenario"), str) or not isinstance(turns, list):
        return []
    name = value["scenario"]
    return [
        TurnPlace(file, document.mark(("turns", index)).line, f"{name}, turn {index + 1}")
        for index in range(len(turns))
    ]


def project_turns(root: Path, folders: Iterable[Path], skipped: Iterable[str]) -> list[TurnPlace]:
    """Return the turns of every scenario file in these folders, named from `root`.

    `skipped` are patterns of folders' names, as in pytest's `norecursedirs`. A file that is not YAML is left out:
    `mockserver lint` is there to say so.
    """
    patterns = tuple(skipped)
    files = {file.resolve() for folder in folders for file in _files(folder, patterns)}
    return sorted([place for file in files for place in _turns(file, file_name(file, root))])


def file_name(file: Path, root: Path) -> str:
    """Return the name of a file in reports: from the project's root if it is in there."""
    path = file.resolve()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _files(folder: Path, skipped: tuple[str, ...]) -> Iterator[Path]:
    if folder.is_file():
        yield folder
    for place, folders, files in os.walk(folder):
        folders[:] = [
            name
            for name in folders
            if not any(fnmatch(name, pattern) for pattern in skipped) and not Path(place, name, ENVIRONMENT).exists()
        ]
        yield from [Path(place, name) for name in files if name.endswith((".yaml", ".yml"))]


def _turns(file: Path, name: str) -> list[TurnPlace]:
    try:
        with file.open("rb") as stream:
            source = stream.read(MAX_BYTES + 1)
        if b"scenario" not in source or b"turns" not in source:
            return []  # most YAML of a project is something else, and reading it takes time
        return turns_of(yaml_reader.read(source, name), name)
    except (OSError, AuthorError):
        return []
