"""An OpenAPI document as a tree that follows references.

A `DocumentNode` is a value and the file that holds it. `get`, `items` and `each` return its children; a child is never
a `{$ref: …}`, because its reference has been followed, within the file or to another file of the document. Nothing is
fetched or read here: the files arrive as plain data.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from mockserver.openapi import refs
from mockserver.openapi.refs import ReferenceTarget


class DocumentFiles(NamedTuple):
    """All files of a document, by their path relative to the folder of the main file."""

    files: Mapping[str, object]
    main: str
    version: str

    @property
    def is_30(self) -> bool:
        """Return whether this is OpenAPI 3.0, whose schemas are not quite JSON Schema."""
        return self.version.startswith("3.0")

    @property
    def root(self) -> "DocumentNode":
        """Return the main file."""
        return DocumentNode(self, self.files[self.main], self.main)

    def locate(self, reference: str, file: str) -> ReferenceTarget:
        """Return where a reference in `file` leads. Raises `UnresolvableReference` for a file that is not loaded."""
        return refs.locate(self.files, reference, file)

    def at(self, target: ReferenceTarget) -> object:
        """Return the value at a target. Raises `UnresolvableReference`."""
        return refs.value_at(self.files, target)


class DocumentNode(NamedTuple):
    """A value of a document, and the file that holds it."""

    whole: DocumentFiles
    value: object
    file: str

    def __bool__(self) -> bool:
        return bool(self.value)

    def resolved(self) -> "DocumentNode":
        """Return the node, or what its reference leads to. Raises `UnresolvableReference`."""
        return DocumentNode(self.whole, *refs.resolve(self.whole.files, self.value, self.file))

    def raw(self, key: str) -> object:
        """Return the child as it is written, or None."""
        return self.value.get(key) if isinstance(self.value, Mapping) else None

    def get(self, key: str) -> "DocumentNode":
        """Return the child under a key, its reference followed; a node of None if there is no child."""
        return self.inside(key).resolved()

    def inside(self, key: str) -> "DocumentNode":
        """Return the child under a key with its reference not followed; `schemas` keeps the references of schemas."""
        return DocumentNode(self.whole, self.raw(key), self.file)

    def items(self) -> Iterator[tuple[str, "DocumentNode"]]:
        """Yield the children of a map from names to values, with references followed. A name may begin with x-."""
        if isinstance(self.value, Mapping):
            for key, value in self.value.items():
                yield str(key), DocumentNode(self.whole, value, self.file).resolved()

    def fields(self) -> Iterator[tuple[str, "DocumentNode"]]:
        """Yield the children of an object with patterned fields (paths, responses), without its extensions (x-…)."""
        if isinstance(self.value, Mapping):
            kept = {key: value for key, value in self.value.items() if not str(key).startswith("x-")}
            yield from DocumentNode(self.whole, kept, self.file).items()

    def each(self) -> Iterator["DocumentNode"]:
        """Yield the children of a list with references followed."""
        if isinstance(self.value, list):
            for value in self.value:
                yield DocumentNode(self.whole, value, self.file).resolved()

    def text(self, key: str, default: str = "") -> str:
        """Return the text under a key, or the default."""
        value = self.raw(key)
        return value if isinstance(value, str) else default
