"""An OpenAPI document as a tree whose references are followed on the way.

A `DocumentNode` is a value and the file that it stands in; `get` and `items` go to its children, and what they give
is never a `{$ref: …}`. References lead to another place of the same file, or to a file that was loaded with it.
Nothing is fetched or read here: the files come as plain data.
"""

import posixpath
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import unquote

MAX_HOPS = 64
"""References that lead to references; the longest honest chain is three or four."""


class BadReference(LookupError):
    """A reference that leads nowhere; the message says why."""


class ReferenceTarget(NamedTuple):
    """Where a reference leads: the file, and the keys on the way down."""

    file: str
    path: tuple[str, ...]


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
        """Where a reference that stands in `file` leads. Raises `BadReference` for a file that is not here."""
        target, _, fragment = reference.partition("#")
        if target:
            target = posixpath.normpath(posixpath.join(posixpath.dirname(file), unquote(target)))
            if target not in self.files:
                raise BadReference(f"the file '{target}' is not part of this document")
            file = target
        fragment = unquote(fragment)
        if fragment and not fragment.startswith("/"):
            raise BadReference(
                f"'#{fragment}' is an anchor; refer to it by its place, such as '#/components/schemas/…'"
            )
        parts = fragment.split("/")[1:] if fragment else []
        return ReferenceTarget(file, tuple([part.replace("~1", "/").replace("~0", "~") for part in parts]))

    def at(self, place: ReferenceTarget) -> object:
        """What stands at a place. Raises `BadReference` if there is nothing."""
        found = self.files[place.file]
        for part in place.path:
            if isinstance(found, Mapping) and part in found:
                found = found[part]
            elif isinstance(found, list) and part.isdecimal() and len(part) < 10 and int(part) < len(found):
                found = found[int(part)]
            else:
                raise BadReference(f"there is no '{part}'")
        return found


class DocumentNode(NamedTuple):
    """A value of a document, and the file that it stands in."""

    whole: DocumentFiles
    value: object
    file: str

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return bool(self.value)

    def resolved(self) -> "DocumentNode":
        """The node, or what its reference leads to. Raises `BadReference`."""
        found = self
        for _ in range(MAX_HOPS):
            if not (isinstance(found.value, Mapping) and isinstance(found.value.get("$ref"), str)):
                return found
            place = self.whole.place(found.value["$ref"], found.file)
            found = DocumentNode(self.whole, self.whole.at(place), place.file)
        raise BadReference("its references go in a circle")

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
