"""Values on the boundaries of what a schema permits: the smallest, the largest, and one step beyond.

The coverage phase of schemathesis makes four thousand bodies for our contract, in twelve seconds, and fills in every
field of each. Here one field varies and the others are absent, so a refusal names its cause. Only plain fields vary:
texts, numbers, switches and lists of words. Values that a lenient parser converts, such as "1" for 1, are left out, and
so is null.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.contracts.document import ContractDocument, OperationSpec

LONGEST = 100_000
"""Characters of a text that are worth sending."""

STEP = 0.1
"""The distance beyond the limit of a number that is not whole."""

LIMITS = (("minimum", "exclusiveMinimum", -1), ("maximum", "exclusiveMaximum", 1))
"""The words for the limits of a number, and which way is outwards."""


def fields(document: ContractDocument, operation: OperationSpec) -> Mapping[str, Any]:
    """Return the schema of each field of an operation's request; what `allOf` adds comes first, the own fields win."""
    return dict(_fields(document, operation.request_schema, 0))


def _fields(document: ContractDocument, schema: Any, depth: int) -> Iterator[tuple[str, Any]]:
    schema = _resolved(document, schema)
    if not isinstance(schema, dict) or depth > MOST_NESTED:
        return
    for part in schema.get("allOf") or ():
        yield from _fields(document, part, depth + 1)
    yield from (schema.get("properties") or {}).items()


MOST_NESTED = 8
"""How deep `allOf` is followed."""


def _resolved(document: ContractDocument, schema: Any) -> Any:
    for _ in range(MOST_NESTED):
        reference = schema.get("$ref") if isinstance(schema, dict) else None
        if not isinstance(reference, str) or not reference.startswith("#/components/schemas/"):
            return schema
        schema = document.components["schemas"].get(reference.rpartition("/")[2])
    return schema


def boundary_values(document: ContractDocument, schema: Any) -> list[Any]:
    """Return values on and beyond the boundaries of a plain schema. The contract says which of them are valid."""
    schema = _without_null(document, _resolved(document, schema))
    if not isinstance(schema, dict):
        return []
    words = schema.get("enum")
    if isinstance(words, list):
        return [*(word for word in words if word is not None), "no such value"]
    kinds = schema.get("type")
    kinds = {kinds} if isinstance(kinds, str) else set(kinds or ()) - {"null"}
    if kinds == {"boolean"}:
        return [False, True, "perhaps"]
    if kinds in ({"integer"}, {"number"}):
        return [*_numbers(schema, whole=kinds == {"integer"}), "many"]
    return [*_texts(schema), {"not": "a text"}] if kinds == {"string"} else []


def _without_null(document: ContractDocument, schema: Any) -> Any:
    """Return the only part of a schema beside null, as pydantic writes an optional field; or the schema itself."""
    parts = [_resolved(document, part) for part in schema.get("anyOf") or ()] if isinstance(schema, dict) else []
    plain = [part for part in parts if part != {"type": "null"}]
    return plain[0] if len(plain) == 1 else schema


def _numbers(schema: Mapping[str, Any], *, whole: bool) -> Iterator[Any]:
    step = 1 if whole else STEP
    for name, exclusive, outwards in LIMITS:
        if isinstance(schema.get(name), int | float):
            yield from (schema[name], schema[name] + outwards * step)
        elif isinstance(schema.get(exclusive), int | float):
            yield from (schema[exclusive] - outwards * step, schema[exclusive])
    if whole:
        yield 1.5


def _texts(schema: Mapping[str, Any]) -> Iterator[str]:
    least, most = schema.get("minLength", 0), schema.get("maxLength", LONGEST + 1)
    if "pattern" not in schema and "format" not in schema:
        yield from ("x" * length for length in (least, most) if length <= LONGEST)
    yield from ("x" * length for length in (least - 1, most + 1) if 0 <= length <= LONGEST)
