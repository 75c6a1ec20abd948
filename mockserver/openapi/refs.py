"""`$ref`: where a reference leads, in one JSON value or in a document of several files.

Rules:

- Nothing is fetched. A document is a mapping of file names to plain values; a single value is a document of one file.
- The part of a reference after `#` is percent-decoded first and then read as a JSON Pointer (RFC 6901, section 6).
- A chain of references that lead to references has at most `MAX_HOPS` steps, so that a circle ends with an error.

Evaluated first: `referencing` 0.37 (alive; it needs attrs and the compiled rpds-py) and the registry of jsonschema-rs.
Both answer with the value alone. This project also reports the place of a value (file and path, for line numbers) and
the first name on the way that does not exist (for "did you mean"), so either library would still leave this module.
"""

import posixpath
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote

from mockserver.core import json_pointer
from mockserver.core.conversation import Json, JsonObject

MAX_HOPS = 64
"""The longest chain of references; real documents have chains of three or four."""


class UnresolvableReference(LookupError):
    """A reference that leads nowhere; the message says why."""


class Reference(NamedTuple):
    """A reference taken apart. At most one of `anchor` and `path` is not empty; without both it means the whole."""

    base: str
    anchor: str
    path: tuple[str, ...]


class ReferenceTarget(NamedTuple):
    """Where a reference leads: a file, and the path inside it."""

    file: str
    path: tuple[str, ...]


def parse(reference: str) -> Reference:
    """Return the parts of a reference; `base` is what stands before the `#`, as written."""
    base, _, fragment = reference.partition("#")
    fragment = unquote(fragment)
    if fragment.startswith("/"):
        return Reference(base, "", json_pointer.split(fragment))
    return Reference(base, fragment, ())


def locate(files: Mapping[str, object], reference: str, file: str = "") -> ReferenceTarget:
    """Return where a reference in `file` leads. The path need not exist.

    Raises `UnresolvableReference` for a file that is not in the document, and for an anchor.
    """
    parsed = parse(reference)
    if parsed.base:
        file = posixpath.normpath(posixpath.join(posixpath.dirname(file), unquote(parsed.base)))
        if file not in files:
            raise UnresolvableReference(f"the file '{file}' is not part of this document")
    if parsed.anchor:
        raise UnresolvableReference(
            f"'#{parsed.anchor}' is an anchor; write the path instead, such as '#/components/schemas/…'"
        )
    return ReferenceTarget(file, parsed.path)


def value_at(files: Mapping[str, object], target: ReferenceTarget) -> object:
    """Return the value at a target. Raises `UnresolvableReference` that names the first part which does not exist."""
    value = files[target.file]
    for part in target.path:
        value = json_pointer.follow(value, (part,))
        if value is json_pointer.MISSING:
            raise UnresolvableReference(f"there is no '{part}'")
    return value


def resolve(files: Mapping[str, object], value: object, file: str = "") -> tuple[object, str]:
    """Return the value, or what its `$ref` leads to in the end, with the file that holds it.

    Raises `UnresolvableReference`.
    """
    for _ in range(MAX_HOPS):
        reference = value.get("$ref") if isinstance(value, Mapping) else None
        if not isinstance(reference, str):
            return value, file
        target = locate(files, reference, file)
        value, file = value_at(files, target), target.file
    raise UnresolvableReference("circular reference")


def lookup(document: object, reference: str) -> Json:
    """Return what a reference leads to inside one document. Raises `UnresolvableReference`."""
    files = {"": document}
    return value_at(files, locate(files, reference))


def resolve_object(document: object, node: JsonObject) -> JsonObject:
    """Return the object itself, or what its `$ref` leads to inside one document.

    Raises `UnresolvableReference`, also where the reference leads to something other than an object.
    """
    resolved, _ = resolve({"": document}, node)
    if not isinstance(resolved, Mapping):
        raise UnresolvableReference(f"'{node['$ref']}' does not lead to an object")
    return resolved
