"""The files that the package ships, by name, made into values when they are first asked for.

A server knows thirty scenarios and plays one or two. Their files are read at once, since a step does no I/O; to check
and compile one takes some milliseconds, and is done once. Each file has the name of what is in it.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Generic, TypeVar

from mockserver.files import loader
from mockserver.files.yaml_document import YamlDocument

T = TypeVar("T")


class Shipped(Mapping[str, T], Generic[T]):
    """The values of a shipped folder by name; `make` makes one from its document."""

    def __init__(self, folder: Path, make: Callable[[YamlDocument], T]) -> None:
        self.files = {file.stem: file for file in loader.discover(folder)}
        self._sources = {name: file.read_bytes() for name, file in self.files.items()}
        self._make = make
        self._made: dict[str, T] = {}

    def __getitem__(self, name: str) -> T:
        """Return a value. Raises `KeyError` for an unknown name."""
        if name not in self._made:
            self._made[name] = self._make(self.document(name))
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)

    def __contains__(self, name: object) -> bool:
        return name in self.files

    def document(self, name: str) -> YamlDocument:
        """Return the document of a value. Raises `KeyError` for an unknown name."""
        return loader.document_of(self._sources[name], str(self.files[name]))
