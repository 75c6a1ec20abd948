"""The references of a document: find every `$ref`, and report those that lead nowhere."""

import re
from collections.abc import Iterator, Mapping

from mockserver.core.errors import did_you_mean
from mockserver.external.document import DocumentFiles, DocumentNode
from mockserver.external.mistake import Keys, Mistake
from mockserver.external.schemas import NAMED
from mockserver.openapi.refs import UnresolvableReference

DATA = {"example", "default", "enum", "const", "value", "dataValue", "serializedValue"}
"""Keys whose values are data, in which `$ref` means nothing. (`examples` is a mapping that may hold references, or a
list of data.)"""
NAMES = {
    *NAMED,
    *("definitions", "$defs", "schemas", "headers", "responses", "parameters", "examples", "callbacks", "content"),
    *("securitySchemes", "variables", "links", "requestBodies", "pathItems", "mediaTypes"),
}
"""Keys whose values are mappings by name; a name may look like any keyword."""


def references(value: object, path: Keys = (), *, names: bool = False) -> Iterator[tuple[Keys, str]]:
    """Yield every `$ref` of a tree with its path. `names` says that the keys of `value` are names."""
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield from references(each, (*path, number))
    if not isinstance(value, Mapping):
        return
    for key, each in value.items():
        if names:
            yield from references(each, (*path, key))
        elif key == "$ref" and isinstance(each, str):
            yield (*path, key), each
        elif key == "examples" and isinstance(each, list):
            continue
        elif key not in DATA and not key.startswith("x-"):
            yield from references(each, (*path, key), names=key in NAMES)


def is_remote(reference: str) -> bool:
    """Return whether a reference is a URL or an absolute path."""
    return bool(re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|//|/|\\", reference))


def reference_mistakes(whole: DocumentFiles) -> Iterator[Mistake]:
    """Yield the references that cannot be resolved, each with the nearest existing name."""
    for file, tree in whole.files.items():
        for path, reference in references(tree):
            try:
                DocumentNode(whole, {"$ref": reference}, file).resolved()
            except UnresolvableReference as error:
                hint = _nearest(whole, reference, file)
                yield Mistake(file, path, f"'{reference:.200}' cannot be resolved: {error}{hint}")


def _nearest(whole: DocumentFiles, reference: str, file: str) -> str:
    """Return the end of a message that suggests an existing name, or nothing."""
    try:
        target = whole.locate(reference, file)
        siblings = whole.at(target._replace(path=target.path[:-1]))
    except UnresolvableReference:
        return ""
    if not isinstance(siblings, Mapping) or not target.path or target.path[-1] in siblings:
        return ""
    return f"; {did_you_mean(target.path[-1], map(str, siblings))}"
