"""A schema of an OpenAPI document as one self-contained JSON Schema of draft 2020-12.

Rules:

- Every reference becomes one into `$defs`, which holds exactly what the schema reaches.
- OpenAPI 3.0 schemas are rewritten: `nullable`, boolean `exclusiveMinimum` and `exclusiveMaximum`, `example`. Keywords
  beside a `$ref` are dropped, as 3.0 says. `nullable` beside `allOf`, `oneOf` or `anyOf` allows null, which 3.0.3 does
  not say but authors mean.
- `required` does not name a `readOnly` property in requests, nor a `writeOnly` one in answers.

Theory: validation must accept everything that the document allows, but a generated answer should be rich.
`with_every_property` requires every declared property except those that lead back to the schema itself. A generated
value is still validated by the original schema.
"""

from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias

from mockserver.core.conversation import JsonObject
from mockserver.external.document import DocumentNode
from mockserver.openapi.refs import ReferenceTarget

Reader: TypeAlias = Literal["request", "answer"]
Schema: TypeAlias = dict[str, object]

HIDDEN: Mapping[Reader, str] = {"request": "readOnly", "answer": "writeOnly"}
"""The mark of the properties that do not occur in a request or an answer."""

ONE = {
    *("items", "additionalItems", "additionalProperties", "unevaluatedItems", "unevaluatedProperties", "contains"),
    *("propertyNames", "not", "if", "then", "else", "contentSchema"),
}
LIST = {"allOf", "anyOf", "oneOf", "prefixItems"}
NAMED = {"properties", "patternProperties", "dependentSchemas"}
"""The keywords whose values are schemas: `ONE` schema, a `LIST` of them, a mapping of `NAMED` ones."""
DROPPED = {
    *("$defs", "definitions", "$id", "$schema", "$comment", "$recursiveAnchor", "$recursiveRef"),
    *("discriminator", "xml", "externalDocs", "nullable"),
}
"""Keywords that a bundle does not need: `$defs` are reached by reference, the others do not restrict values."""


def bundle(node: DocumentNode, reader: Reader) -> Schema:
    """Return the schema of a node, self-contained. Raises `UnresolvableReference`."""
    return _Bundler(node, reader).bundled()


class _Bundler:
    """One walk over everything that a schema reaches."""

    def __init__(self, node: DocumentNode, reader: Reader) -> None:
        self.node = node
        self.whole = node.whole
        self.reader = reader
        self.names: dict[ReferenceTarget, str] = {}
        self.todo: list[ReferenceTarget] = []

    def bundled(self) -> Schema:
        root = self.convert(self.node.value, self.node.file)
        schema: Schema = root if isinstance(root, dict) else {} if root is not False else {"not": {}}
        definitions: Schema = {}
        while self.todo:
            target = self.todo.pop()
            definitions[self.names[target]] = self.convert(self.whole.at(target), target.file)
        return {**schema, "$defs": definitions} if definitions else schema

    def convert(self, schema: object, file: str) -> object:
        """Return one schema of a file with its references renamed, and those inside it likewise."""
        if not isinstance(schema, Mapping):
            return schema
        reference = schema.get("$ref")
        if isinstance(reference, str):
            name = self.name(self.whole.locate(reference, file))
            if self.whole.is_30:
                return {"$ref": f"#/$defs/{name}"}
            schema = {**schema, "$ref": f"#/$defs/{name}"}
        kept = {key: value for key, value in schema.items() if key not in DROPPED and not key.startswith("x-")}
        converted = without_legacy_keywords({key: self.child(key, value, file) for key, value in kept.items()})
        if isinstance(schema.get("required"), list):
            converted["required"] = self.required(schema, file)
        return _from_30(converted, schema.get("nullable") is True) if self.whole.is_30 else converted

    def child(self, key: str, value: object, file: str) -> object:
        """Return the value of a keyword with the schemas in it converted."""
        if key in ONE and isinstance(value, Mapping | bool):
            return self.convert(value, file)
        if (key in LIST or key in ONE) and isinstance(value, list):
            return [self.convert(each, file) for each in value]
        if key in NAMED and isinstance(value, Mapping):
            return {name: self.convert(each, file) for name, each in value.items()}
        return value

    def name(self, target: ReferenceTarget) -> str:
        """Return the name in `$defs` of the schema at a target."""
        if target not in self.names:
            self.whole.at(target)  # raises here, where the referring schema is known
            last = (target.path or ("root",))[-1]
            base = "".join([letter if letter.isalnum() else "_" for letter in last]) or "_"
            taken = set(self.names.values())
            numbered = (f"{base}_{number}" for number in range(2, len(taken) + 3))
            self.names[target] = base if base not in taken else next(name for name in numbered if name not in taken)
            self.todo.append(target)
        return self.names[target]

    def required(self, schema: Mapping[str, object], file: str) -> list[object]:
        """Return the required names without those that are hidden from the reader."""
        mark = HIDDEN[self.reader]
        hidden = set()
        beside = schema.get("allOf")
        for part in (schema, *(beside if isinstance(beside, list) else ())):
            properties = DocumentNode(self.whole, part, file).resolved().inside("properties")
            for name, each in properties.items():
                if each.raw(mark) is True:
                    hidden.add(name)
        listed = schema["required"]
        return list(dict.fromkeys([name for name in listed if name not in hidden])) if isinstance(listed, list) else []


def without_legacy_keywords(schema: Mapping[str, object]) -> Schema:
    """Return a schema without the OpenAPI 3.0 keywords that published documents of 3.1 still use."""
    current = {key: value for key, value in schema.items() if key not in DROPPED}
    for exclusive, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(current.get(exclusive), bool) and current.pop(exclusive) and limit in current:
            current[exclusive] = current.pop(limit)
    listed = current.get("required")
    if isinstance(listed, list):
        current["required"] = [name for number, name in enumerate(listed) if name not in listed[:number]]
    return current


def _from_30(schema: Schema, nullable: bool) -> Schema:
    """Return a converted schema of OpenAPI 3.0 as JSON Schema 2020-12."""
    if "example" in schema:
        schema["examples"] = [schema.pop("example")]
    if not nullable:
        return schema
    if isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
        return schema
    if LIST & schema.keys():
        return {"anyOf": [schema, {"type": "null"}]}
    return schema


# --- Reading a bundled schema --------------------------------------------------------------------------------------


def applicable(whole: Schema, schema: object) -> Iterator[JsonObject]:
    """Yield the schema and every schema that it refers to or that is a branch of it, for the same value."""
    seen: list[object] = []
    todo = [schema]
    while todo:
        each = todo.pop()
        if not isinstance(each, Mapping) or any(each is other for other in seen):
            continue
        seen.append(each)
        yield each
        if isinstance(each.get("$ref"), str):
            todo.append(_definitions(whole).get(_definition_name(each["$ref"])))
        for key in ("allOf", "anyOf", "oneOf"):
            todo.extend(each[key] if isinstance(each.get(key), list) else ())


def types_of(whole: Schema, schema: object) -> set[str]:
    """Return the types that a value of the schema may have; empty if the schema does not say."""
    types: set[str] = set()
    for part in applicable(whole, schema):
        declared = part.get("type")
        types.update([declared] if isinstance(declared, str) else declared if isinstance(declared, list) else ())
        types.update([name for key, name in (("properties", "object"), ("items", "array")) if key in part])
    return types


def child(whole: Schema, schema: object, key: str, name: str | None = None) -> object:
    """Return the first schema under a keyword (and a name in it) of the schema or its branches, or {}."""
    for part in applicable(whole, schema):
        inner = part.get(key)
        if name is not None:
            inner = inner.get(name) if isinstance(inner, Mapping) else None
        if isinstance(inner, Mapping):
            return inner
    return {}


def _definitions(schema: Schema) -> Mapping[str, object]:
    definitions = schema.get("$defs")
    return definitions if isinstance(definitions, Mapping) else {}


def _definition_name(reference: str) -> str:
    return reference.removeprefix("#/$defs/")


# --- The richest form ----------------------------------------------------------------------------------------------


def with_every_property(schema: Schema) -> Schema:
    """Return a bundled schema that requires every declared property, except those that lead back to their owner."""
    definitions = _definitions(schema)
    direct = {name: _referred(each) for name, each in definitions.items()}
    reached = {name: _reach(name, direct) for name in direct}

    def leads_back(value: object, owner: str) -> bool:
        return any(owner == name or owner in reached.get(name, ()) for name in _referred(value))

    def rich(value: object, owner: str) -> object:
        if isinstance(value, list):
            return [rich(each, owner) for each in value]
        if not isinstance(value, Mapping):
            return value
        changed = {key: each for key, each in value.items() if key != "$defs"}
        for key in changed.keys() & {"items", "additionalProperties", "allOf", "anyOf", "oneOf", "prefixItems"}:
            changed[key] = rich(changed[key], owner)
        properties = changed.get("properties")
        if isinstance(properties, Mapping):
            changed["properties"] = {name: rich(each, owner) for name, each in properties.items()}
            added = [name for name, each in properties.items() if _can_require(each) and not leads_back(each, owner)]
            listed = changed.get("required")
            changed["required"] = list(dict.fromkeys([*(listed if isinstance(listed, list) else ()), *added]))
        return changed

    root = rich(schema, "")
    assert isinstance(root, dict), "a bundled schema is an object"
    return {**root, "$defs": {name: rich(each, name) for name, each in definitions.items()}} if definitions else root


def _can_require(schema: object) -> bool:
    return schema is not False and not (isinstance(schema, Mapping) and schema.get("writeOnly") is True)


def _referred(schema: object) -> set[str]:
    """Return the names in `$defs` that a schema refers to, at any depth."""
    names: set[str] = set()
    todo = [schema]
    while todo:
        each = todo.pop()
        if isinstance(each, list):
            todo.extend(each)
        elif isinstance(each, Mapping):
            if isinstance(each.get("$ref"), str):
                names.add(_definition_name(each["$ref"]))
            todo.extend(each.values())
    return names


def _reach(name: str, direct: Mapping[str, set[str]]) -> set[str]:
    """Return the names that a definition refers to, directly or through others."""
    names: set[str] = set()
    todo = list(direct[name])
    while todo:
        each = todo.pop()
        if each not in names:
            names.add(each)
            todo.extend(direct.get(each, ()))
    return names
