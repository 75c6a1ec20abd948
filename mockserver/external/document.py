"""An OpenAPI document as a tree whose references are followed on the way.

A `DocumentNode` is a value and the file that it stands in; `get` and `items` go to its children, and what they give
is never a `{$ref: …}`. References lead to another place of the same file, or to a file that was loaded with it.
Nothing is fetched or read here: the files come as plain data.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from mockserver.openapi import refs
from mockserver.openapi.refs import ReferenceTarget


class DocumentFiles(NamedTuple):
    """All files of a document, by their path from the folder of the main one."""

    files: Mapping[str, object]
    main: str
    version: str

    @property
    def is_30(self) -> bool:
        """Whether its schemas are those of OpenAPI 3.0, which are no JSON Schema."""
        return self.version.startswith("3.0")

    @property
    def root(self) -> "DocumentNode":
        """The main file."""
        return DocumentNode(self, self.files[self.main], self.main)

    def place(self, reference: str, file: str) -> ReferenceTarget:
        """Return where a reference in `file` leads. Raises `UnresolvableReference` for a file that is not loaded."""
        return refs.locate(self.files, reference, file)

    def at(self, target: ReferenceTarget) -> object:
        """Return the value at a target. Raises `UnresolvableReference`."""
        return refs.value_at(self.files, target)


class DocumentNode(NamedTuple):
    """A value of a document, and the file that it stands in."""

    whole: DocumentFiles
    value: object
    file: str

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return bool(self.value)

    def resolved(self) -> "DocumentNode":
        """Return the node, or what its reference leads to. Raises `UnresolvableReference`."""
        return DocumentNode(self.whole, *refs.resolve(self.whole.files, self.value, self.file))

    def raw(self, key: str) -> object:
        """The child as it is written, or None."""
        return self.value.get(key) if isinstance(self.value, Mapping) else None

    def get(self, key: str) -> "DocumentNode":
        """The child under a key, its reference followed; a node of None if there is none."""
        return DocumentNode(self.whole, self.raw(key), self.file).resolved()

    def inside(self, key: str) -> "DocumentNode":
        """The child under a key as it is written, for schemas: they follow their references themselves."""
        return DocumentNode(self.whole, self.raw(key), self.file)

    def items(self) -> Iterator[tuple[str, "DocumentNode"]]:
        """The children of a mapping, references followed; extensions (x-…) are left out."""
        if isinstance(self.value, Mapping):
            for key, value in self.value.items():
                if not str(key).startswith("x-"):
                    yield str(key), DocumentNode(self.whole, value, self.file).resolved()

    def each(self) -> Iterator["DocumentNode"]:
        """The children of a list, references followed."""
        if isinstance(self.value, list):
            for value in self.value:
                yield DocumentNode(self.whole, value, self.file).resolved()

    def text(self, key: str, default: str = "") -> str:
        """The text under a key, or the default."""
        found = self.raw(key)
        return found if isinstance(found, str) else default
