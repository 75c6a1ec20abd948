"""A client's JSON Schema, treated as hostile: read, indexed, compiled, and its cost estimated before it is used.

Rules: nothing is fetched (`offline`). A schema past `MAX_BYTES` or `MAX_REGEXES` is refused. Regular expressions are
compiled with a limit on their size and on their backtracking. Every walk over a schema and every validation spends from
one `SamplingBudget`.

Theory: jsonschema_rs compiles any schema in time proportional to its size, but validates some in time exponential in
it: forty definitions that each refer to the next one twice in an `allOf` take 2**40 steps. `charge_validation` walks
the schema along the value as the validator would, branch by branch, and raises when the budget is spent. Only then is
the value validated.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urljoin

import jsonschema_rs
import orjson

from mockserver.core import json_pointer
from mockserver.core.errors import MockserverError
from mockserver.openapi import refs

MAX_BYTES = 512 * 1024  # compiling as much takes up to half a second
MAX_REGEXES = 256  # the worst takes 3 ms to compile
MAX_STEPS = 60_000  # of everything done for one sample: under a second at worst
MAX_HOPS = 64  # references and branches one after another at one location
CACHED_BYTES = 32 * 1024  # larger schemas are not cached, so that the caches stay small

_REGEX = jsonschema_rs.FancyRegexOptions(backtrack_limit=10_000, size_limit=4 * 1024 * 1024)
# Keywords whose schemas apply to the same value: one schema, a list of schemas, a mapping of schemas.
_SAME_ONE = ("not", "if", "then", "else")
_SAME_LIST = ("allOf", "anyOf", "oneOf")
_SAME_NAMED = ("dependentSchemas", "dependencies")
REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")


class SamplingError(MockserverError):
    """No instance was found. `pointer` is the JSON Pointer of the part of the schema that prevents one."""

    def __init__(self, pointer: str, reason: str) -> None:
        self.pointer = pointer
        self.reason = reason
        super().__init__(f"no sample for this schema: at '#{pointer}': {reason}")


class SubSchema(NamedTuple):
    """A schema inside the document that has not been read yet, and its JSON Pointer."""

    schema: object
    pointer: str

    def under(self, *keys: str | int) -> str:
        """Return the JSON Pointer of what is under these keys."""
        return self.pointer + json_pointer.join(keys)


class SamplingBudget:
    """The steps that are left for one sample."""

    def __init__(self, steps: int = MAX_STEPS) -> None:
        self.left = steps

    def spend(self, pointer: str, steps: int = 1) -> None:
        """Spend steps. Raises `SamplingError` when none are left."""
        self.left -= steps
        if self.left < 0:
            raise SamplingError(pointer, "it takes too many steps")

    def stop_if_spent(self, error: SamplingError) -> None:
        """Raise the error again if no steps are left for another attempt."""
        if self.left < 0:
            raise error


class SchemaDocument:
    """A whole schema, its subschemas that have an id or an anchor, and its validator."""

    def __init__(self, raw: bytes) -> None:
        if len(raw) > MAX_BYTES:
            raise SamplingError("", f"it is longer than {MAX_BYTES} bytes")
        self.root: object = orjson.loads(raw)
        self.bases = {"": SubSchema(self.root, "")}
        self.anchors: dict[str, SubSchema] = {}
        self._index()
        self.validator = compiled_validator(raw)

    def _index(self) -> None:
        todo = [SubSchema(self.root, "")]
        regexes = 0
        while todo:
            subschema = todo.pop()
            if isinstance(subschema.schema, list):
                todo.extend(SubSchema(item, subschema.under(at)) for at, item in enumerate(subschema.schema))
            if not isinstance(subschema.schema, dict):
                continue
            todo.extend(
                SubSchema(item, subschema.under(key))
                for key, item in subschema.schema.items()
                if isinstance(item, list | dict)
            )
            named = subschema.schema.get("patternProperties")
            regexes += ("pattern" in subschema.schema) + (len(named) if isinstance(named, dict) else 0)
            if regexes > MAX_REGEXES:
                raise SamplingError(subschema.pointer, f"it has more than {MAX_REGEXES} regular expressions")
            self._name(subschema, subschema.schema)
        root_id = next((base for base, subschema in self.bases.items() if base and not subschema.pointer), "")
        self.bases |= {urljoin(root_id, base): subschema for base, subschema in self.bases.items() if base and root_id}

    def _name(self, subschema: SubSchema, schema: Mapping[str, object]) -> None:
        for key in ("$id", "id"):
            if isinstance(name := schema.get(key), str) and name.strip("#"):
                target = self.anchors if name.startswith("#") else self.bases
                target.setdefault(name.strip("#"), subschema)
        for key in ("$anchor", "$dynamicAnchor"):
            if isinstance(name := schema.get(key), str):
                self.anchors.setdefault(name, subschema)

    def resolve(self, reference: object) -> SubSchema | None:
        """Return the schema that a `$ref` leads to, or None if it is not in this document."""
        parsed = refs.parse(str(reference))
        base = self.bases.get(parsed.base)
        if base is None:
            return None
        if parsed.anchor:
            return self.anchors.get(parsed.anchor)
        schema = json_pointer.follow(base.schema, parsed.path)
        return None if schema is json_pointer.MISSING else SubSchema(schema, base.under(*parsed.path))


def _compile(raw: bytes) -> jsonschema_rs.Validator:
    """Return the validator of the draft that the schema names, else of the newest draft that can read it."""
    schema = orjson.loads(raw)
    problem: ValueError
    try:
        return jsonschema_rs.validator_for(schema, validate_formats=True, offline=True, pattern_options=_REGEX)
    except ValueError as error:
        problem = error
    # `nullable` schemas of OpenAPI 3.0 are draft 4 without saying so; others name a meta-schema that is not published.
    if isinstance(schema, dict):
        schema.pop("$schema", None)
        for draft in (
            jsonschema_rs.Draft202012Validator,
            jsonschema_rs.Draft7Validator,
            jsonschema_rs.Draft4Validator,
        ):
            try:
                return draft(schema, validate_formats=True, offline=True, pattern_options=_REGEX)
            except ValueError:
                continue
    path = problem.instance_path if isinstance(problem, jsonschema_rs.ValidationError) else []
    reason = getattr(problem, "message", str(problem))
    raise SamplingError(SubSchema(None, "").under(*path), f"it is not a JSON Schema: {reason[:200]}")


_cached_validator = lru_cache(maxsize=512)(_compile)
_cached_document = lru_cache(maxsize=128)(SchemaDocument)


def compiled_validator(raw: bytes) -> jsonschema_rs.Validator:
    """Return the validator of a schema, given as JSON. Raises `SamplingError` if it is not a schema."""
    return _cached_validator(raw) if len(raw) <= CACHED_BYTES else _compile(raw)


def schema_document(schema: object) -> SchemaDocument:
    """Return the document of a schema. Raises `SamplingError` for a value that is not a schema."""
    try:
        raw = orjson.dumps(schema)
    except TypeError as error:
        raise SamplingError("", f"it is not JSON: {error}") from None
    return _cached_document(raw) if len(raw) <= CACHED_BYTES else SchemaDocument(raw)


def _children(schema: Mapping[str, object], value: object) -> list[tuple[object, object]]:
    """Return the pairs of schema and inner value that a validator applies at worst."""
    pairs: list[tuple[object, object]] = []
    if isinstance(value, dict):
        declared = schema.get("properties")
        matching = schema.get("patternProperties")
        every = [*(matching.values() if isinstance(matching, dict) else ())]
        every += [schema[key] for key in ("additionalProperties", "unevaluatedProperties") if key in schema]
        for name, item in value.items():
            if isinstance(declared, dict) and name in declared:
                pairs.append((declared[name], item))
            pairs.extend((each, item) for each in every)
            if "propertyNames" in schema:
                pairs.append((schema["propertyNames"], name))
    if isinstance(value, list):
        keys = ("items", "additionalItems", "unevaluatedItems", "contains")
        every = [schema[key] for key in keys if isinstance(schema.get(key), dict)]
        pairs.extend((each, item) for each in every for item in value)
        for key in ("prefixItems", "items"):
            if isinstance(tuple_ := schema.get(key), list):
                pairs.extend(zip(tuple_, value, strict=False))
    return pairs


def charge_validation(whole: SchemaDocument, value: object, budget: SamplingBudget) -> None:
    """Spend what validating the value costs at worst. Raises `SamplingError` when the budget does not cover it."""
    todo: list[tuple[object, object, int]] = [(whole.root, value, 0)]
    while todo:
        schema, item, hops = todo.pop()
        if not isinstance(schema, dict):
            continue
        # The validator goes through long keywords (`enum`, `required`) member by member, but quickly.
        budget.spend("", 1 + sum(len(each) for each in schema.values() if isinstance(each, list | dict)) // 8)
        if hops > MAX_HOPS:
            raise SamplingError("", f"circular reference, or a chain of more than {MAX_HOPS} references")
        in_place = [schema[key] for key in _SAME_ONE if key in schema]
        for key in _SAME_LIST:
            if isinstance(several := schema.get(key), list):
                in_place.extend(several)
        for key in _SAME_NAMED:
            if isinstance(named := schema.get(key), dict):
                in_place.extend(named.values())
        for key in REFERENCES:
            if key in schema and (target := whole.resolve(schema[key])):
                in_place.append(target.schema)
        todo.extend((each, item, hops + 1) for each in in_place)
        children = _children(schema, item)
        budget.spend("", len(children))
        todo.extend((each, child, 0) for each, child in children)


def violations(schema: Mapping[str, object], value: object) -> Iterator[jsonschema_rs.ValidationError]:
    """Yield the errors of a value; none if the value is costly to validate, or the schema is none."""
    try:
        whole = schema_document(schema)
        charge_validation(whole, value, SamplingBudget())
    except SamplingError:
        return
    yield from whole.validator.iter_errors(value)
