"""The words of OpenAPI 3.0's schemas, as those of JSON Schema 2020-12, which 3.1 and 3.2 use.

3.0 says `nullable: true` where JSON Schema has the type null, and `exclusiveMinimum: true` beside `minimum` where JSON
Schema has a number.
"""

from collections.abc import Callable
from typing import Any

BOUNDS = (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum"))


def modern(node: Any) -> Any:
    """Return a part of a 3.0 document in the words of 3.1. Other parts of a document are not changed by it."""
    if isinstance(node, list):
        return [modern(item) for item in node]
    if not isinstance(node, dict):
        return node
    changed = {key: value if key in ("example", "default", "enum") else modern(value) for key, value in node.items()}
    for exclusive, bound in BOUNDS:
        if changed.get(exclusive) is True and bound in changed:
            changed[exclusive] = changed.pop(bound)
        elif isinstance(changed.get(exclusive), bool):
            del changed[exclusive]
    if changed.pop("nullable", None) is True:
        return _or_null(changed)
    return changed


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that allows null too."""
    if "$ref" in schema or "allOf" in schema or "oneOf" in schema or "anyOf" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    if isinstance(schema.get("enum"), list) and None not in schema["enum"]:
        schema = schema | {"enum": [*schema["enum"], None]}
    return schema | {"type": [schema["type"], "null"]} if isinstance(schema.get("type"), str) else schema


def shown(schema: Any, resolve: Callable[[Any], Any], depth: int = 8) -> Any:
    """Return the value that a schema itself shows: its example or default, or those of all required properties.

    None if it shows no whole value. `resolve` follows a reference.
    """
    schema = resolve(schema)
    if not isinstance(schema, dict) or not depth:
        return None
    examples = schema.get("examples")
    values = [
        schema.get("example"),
        *(examples if isinstance(examples, list) else []),
        schema.get("const"),
        schema.get("default"),
        *(schema.get("enum") or ()),
    ]
    value = next((each for each in values if each is not None), None)
    properties = schema.get("properties")
    if value is not None or not isinstance(properties, dict):
        return value
    parts = {name: shown(properties.get(name), resolve, depth - 1) for name in schema.get("required") or ()}
    return parts if parts and all(part is not None for part in parts.values()) else None
