"""A schema of an OpenAPI document as one self-contained JSON Schema of draft 2020-12.

Rules:

- Every reference becomes one into `$defs`, which holds what the schema reaches and nothing more.
- OpenAPI 3.0 schemas are rewritten: `nullable`, boolean `exclusiveMinimum` and `exclusiveMaximum`, `example`; what
  stands beside a `$ref` is left out, as 3.0 says. `nullable` beside `allOf`, `oneOf` or `anyOf` means that null is
  good too, which 3.0.3 does not say but everybody means.
- Who reads matters: `required` does not name a `readOnly` property for requests, nor a `writeOnly` one for answers.

Theory: validators are strict about what they must accept, but a generated answer should be rich.
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
"""Who reads -> the mark of properties that are not for them."""

ONE = {
    *("items", "additionalItems", "additionalProperties", "unevaluatedItems", "unevaluatedProperties", "contains"),
    *("propertyNames", "not", "if", "then", "else", "contentSchema"),
}
LIST = {"allOf", "anyOf", "oneOf", "prefixItems"}
NAMED = {"properties", "patternProperties", "dependentSchemas"}
"""The keywords whose values are schemas: one, a list of them, a mapping of them."""
DROPPED = {
    *("$defs", "definitions", "$id", "$schema", "$comment", "$recursiveAnchor", "$recursiveRef"),
    *("discriminator", "xml", "externalDocs", "nullable"),
}
"""Keywords that a bundle does not need: `$defs` are reached by reference, the rest says nothing about values."""


def bundle(node: DocumentNode, reader: Reader) -> Schema:
    """The schema of a node, self-contained. Raises `UnresolvableReference`."""
    return _Bundler(node, reader).made()


class _Bundler:
    """One walk over everything that a schema reaches."""

    def __init__(self, node: DocumentNode, reader: Reader) -> None:
        self.node = node
        self.whole = node.whole
        self.reader = reader
        self.names: dict[ReferenceTarget, str] = {}
        self.todo: list[ReferenceTarget] = []

    def made(self) -> Schema:
        root = self.convert(self.node.value, self.node.file)
        found: Schema = root if isinstance(root, dict) else {} if root is not False else {"not": {}}
        definitions: Schema = {}
        while self.todo:
            place = self.todo.pop()
            definitions[self.names[place]] = self.convert(self.whole.at(place), place.file)
        return {**found, "$defs": definitions} if definitions else found

    def convert(self, schema: object, file: str) -> object:
        if not isinstance(schema, Mapping):
            return schema
        reference = schema.get("$ref")
        if isinstance(reference, str):
            name = self.name(self.whole.place(reference, file))
            if self.whole.is_30:
                return {"$ref": f"#/$defs/{name}"}
            schema = {**schema, "$ref": f"#/$defs/{name}"}
        found = {key: self.child(key, value, file) for key, value in schema.items() if key not in DROPPED}
        found = without_legacy_keywords({key: value for key, value in found.items() if not key.startswith("x-")})
        if isinstance(schema.get("required"), list):
            found["required"] = self.required(schema, file)
        return _from_30(found, schema.get("nullable") is True) if self.whole.is_30 else found

    def child(self, key: str, value: object, file: str) -> object:
        if key in ONE and isinstance(value, Mapping | bool):
            return self.convert(value, file)
        if (key in LIST or key in ONE) and isinstance(value, list):
            return [self.convert(each, file) for each in value]
        if key in NAMED and isinstance(value, Mapping):
            return {name: self.convert(each, file) for name, each in value.items()}
        return value

    def name(self, place: ReferenceTarget) -> str:
        """The name in `$defs` of what stands at a place."""
        if place not in self.names:
            self.whole.at(place)  # raises, while we know who asks
            wanted = "".join([letter if letter.isalnum() else "_" for letter in (place.path or ("root",))[-1]]) or "_"
            taken = set(self.names.values())
            numbered = (f"{wanted}_{number}" for number in range(2, len(taken) + 3))
            self.names[place] = wanted if wanted not in taken else next(name for name in numbered if name not in taken)
            self.todo.append(place)
        return self.names[place]

    def required(self, schema: Mapping[str, object], file: str) -> list[object]:
        """The required names without those that are hidden from the reader."""
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
    """A schema without what was good in OpenAPI 3.0, and still stands in published documents of 3.1."""
    found = {key: value for key, value in schema.items() if key not in DROPPED}
    for exclusive, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(found.get(exclusive), bool) and found.pop(exclusive) and limit in found:
            found[exclusive] = found.pop(limit)
    listed = found.get("required")
    if isinstance(listed, list):
        found["required"] = [name for number, name in enumerate(listed) if name not in listed[:number]]
    return found


def _from_30(schema: Schema, nullable: bool) -> Schema:
    """A converted schema of OpenAPI 3.0 as one of JSON Schema 2020-12."""
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
    """The schema, and every one that it refers to, or that is a branch of it, for the same value."""
    seen: list[object] = []
    todo = [schema]
    while todo:
        found = todo.pop()
        if not isinstance(found, Mapping) or any(found is other for other in seen):
            continue
        seen.append(found)
        yield found
        if isinstance(found.get("$ref"), str):
            todo.append(_defined(whole).get(_name_of(found["$ref"])))
        for key in ("allOf", "anyOf", "oneOf"):
            todo.extend(found[key] if isinstance(found.get(key), list) else ())


def types_of(whole: Schema, schema: object) -> set[str]:
    """The types that a value of the schema may have; nothing means that it does not say."""
    found: set[str] = set()
    for part in applicable(whole, schema):
        said = part.get("type")
        found.update([said] if isinstance(said, str) else said if isinstance(said, list) else ())
        found.update([kind for key, kind in (("properties", "object"), ("items", "array")) if key in part])
    return found


def child(whole: Schema, schema: object, key: str, name: str | None = None) -> object:
    """The first schema that stands under a keyword (and a name in it) of the schema or its branches, or {}."""
    for part in applicable(whole, schema):
        found = part.get(key)
        if name is not None:
            found = found.get(name) if isinstance(found, Mapping) else None
        if isinstance(found, Mapping):
            return found
    return {}


def _defined(schema: Schema) -> Mapping[str, object]:
    found = schema.get("$defs")
    return found if isinstance(found, Mapping) else {}


def _name_of(reference: str) -> str:
    return reference.removeprefix("#/$defs/")


# --- The richest form ----------------------------------------------------------------------------------------------


def with_every_property(schema: Schema) -> Schema:
    """The schema, but asking for every declared property that does not lead back to where it stands."""
    definitions = _defined(schema)
    direct = {name: _referred(each) for name, each in definitions.items()}
    reached = {name: _reach(name, direct) for name in direct}

    def leads_back(value: object, owner: str) -> bool:
        return any(owner == name or owner in reached.get(name, ()) for name in _referred(value))

    def rich(value: object, owner: str) -> object:
        if isinstance(value, list):
            return [rich(each, owner) for each in value]
        if not isinstance(value, Mapping):
            return value
        found = {key: each for key, each in value.items() if key != "$defs"}
        for key in found.keys() & {"items", "additionalProperties", "allOf", "anyOf", "oneOf", "prefixItems"}:
            found[key] = rich(found[key], owner)
        properties = found.get("properties")
        if isinstance(properties, Mapping):
            found["properties"] = {name: rich(each, owner) for name, each in properties.items()}
            wanted = [name for name, each in properties.items() if _may_ask(each) and not leads_back(each, owner)]
            listed = found.get("required")
            found["required"] = list(dict.fromkeys([*(listed if isinstance(listed, list) else ()), *wanted]))
        return found

    made = rich(schema, "")
    assert isinstance(made, dict), "a bundled schema is an object"
    return {**made, "$defs": {name: rich(each, name) for name, each in definitions.items()}} if definitions else made


def _may_ask(schema: object) -> bool:
    return schema is not False and not (isinstance(schema, Mapping) and schema.get("writeOnly") is True)


def _referred(schema: object) -> set[str]:
    """The names in `$defs` that a schema refers to, at any depth."""
    found: set[str] = set()
    todo = [schema]
    while todo:
        each = todo.pop()
        if isinstance(each, list):
            todo.extend(each)
        elif isinstance(each, Mapping):
            if isinstance(each.get("$ref"), str):
                found.add(_name_of(each["$ref"]))
            todo.extend(each.values())
    return found


def _reach(name: str, direct: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    todo = list(direct[name])
    while todo:
        each = todo.pop()
        if each not in found:
            found.add(each)
            todo.extend(direct.get(each, ()))
    return found


__all__ = ["Reader", "Schema", "applicable", "bundle", "child", "types_of", "with_every_property"]
