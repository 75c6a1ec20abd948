"""Which wire an operation of any OpenAPI document speaks: its path says so, and so does the shape of its requests."""

from collections.abc import Callable, Mapping
from typing import Any

SHAPES: Mapping[str, tuple[str, frozenset[str]]] = {
    "anthropic": ("/messages", frozenset({"model", "messages", "max_tokens"})),
    "openai": ("/chat/completions", frozenset({"model", "messages"})),
}
"""Wire -> how the path of its conversations ends, and the fields that a request has."""

MOST_NESTED = 8


def wire_of(path: str, schema: Any, resolve: Callable[[Any], Any]) -> str:
    """Return the wire that a POST to a path speaks, or an empty text. `resolve` follows a reference."""
    ends = [(wire, fields) for wire, (end, fields) in SHAPES.items() if path.endswith(end)]
    names = _names(schema, resolve, MOST_NESTED) if ends else set()
    return next((wire for wire, fields in ends if fields <= names), "")


def _names(schema: Any, resolve: Callable[[Any], Any], depth: int) -> set[str]:
    """Return the names of a schema's fields, those of its parts too."""
    schema = resolve(schema)
    if not isinstance(schema, dict) or not depth:
        return set()
    parts = [part for word in ("allOf", "anyOf", "oneOf") for part in schema.get(word) or ()]
    return set(schema.get("properties") or ()).union(*(_names(part, resolve, depth - 1) for part in parts))
