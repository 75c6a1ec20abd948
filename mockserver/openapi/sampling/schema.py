"""A client's JSON Schema held at arm's length: read, indexed, compiled, and its cost reckoned before it is run.

Rules: nothing is fetched (`offline`), a schema past `MAX_BYTES` or `MAX_REGEXES` is refused, and regular expressions
are compiled with a limit on their size and on their backtracking. Whoever walks or validates spends from one
`SamplingBudget`.

Theory: jsonschema_rs compiles any schema in time proportional to its size, but validates some in time exponential in
it: forty definitions that each refer to the next one twice in an `allOf` take 2**40 steps. `charge_validation` walks
the schema along the value as the validator would, branch by branch, and raises when the budget is spent. Only then is
the value validated.
"""

from collections.abc import Mapping
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
MAX_HOPS = 64  # references and branches one after another at one place
CACHED_BYTES = 32 * 1024  # a larger schema is read anew each time, so that the caches stay small

_REGEX = jsonschema_rs.FancyRegexOptions(backtrack_limit=10_000, size_limit=4 * 1024 * 1024)
# Keywords whose schemas apply to the same value: one schema, a list of them, an object of them.
_SAME_ONE = ("not", "if", "then", "else")
_SAME_LIST = ("allOf", "anyOf", "oneOf")
_SAME_NAMED = ("dependentSchemas", "dependencies")
REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")


class SamplingError(MockserverError):
    """No instance was found. `pointer` is the JSON Pointer of the part of the schema that stood in the way."""

    def __init__(self, pointer: str, reason: str) -> None:
        self.pointer = pointer
        self.reason = reason
        super().__init__(f"no sample for this schema: at '#{pointer}': {reason}")


class SubSchema(NamedTuple):
    """A schema that has not been looked into, and where it stands."""

    schema: object
    pointer: str

    def under(self, *keys: str | int) -> str:
        """The JSON Pointer of what stands under these keys."""
        return self.pointer + json_pointer.join(keys)


class SamplingBudget:
    """How much work may still be done."""

    def __init__(self, steps: int = MAX_STEPS) -> None:
        self.left = steps

    def spend(self, pointer: str, steps: int = 1) -> None:
        """Spend steps; raises `SamplingError` when none are left."""
        self.left -= steps
        if self.left < 0:
            raise SamplingError(pointer, "it takes too many steps")


class SchemaDocument:
    """A whole schema and the places in it that have a name."""

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
            seed = todo.pop()
            if isinstance(seed.schema, list):
                todo.extend(SubSchema(item, seed.under(at)) for at, item in enumerate(seed.schema))
            if not isinstance(seed.schema, dict):
                continue
            todo.extend(
                SubSchema(item, seed.under(key)) for key, item in seed.schema.items() if isinstance(item, list | dict)
            )
            named = seed.schema.get("patternProperties")
            regexes += ("pattern" in seed.schema) + (len(named) if isinstance(named, dict) else 0)
            if regexes > MAX_REGEXES:
                raise SamplingError(seed.pointer, f"it has more than {MAX_REGEXES} regular expressions")
            self._name(seed, seed.schema)
        root_id = next((base for base, seed in self.bases.items() if base and not seed.pointer), "")
        self.bases |= {urljoin(root_id, base): seed for base, seed in self.bases.items() if base and root_id}

    def _name(self, seed: SubSchema, schema: Mapping[str, object]) -> None:
        for key in ("$id", "id"):
            if isinstance(name := schema.get(key), str) and name.strip("#"):
                target = self.anchors if name.startswith("#") else self.bases
                target.setdefault(name.strip("#"), seed)
        for key in ("$anchor", "$dynamicAnchor"):
            if isinstance(name := schema.get(key), str):
                self.anchors.setdefault(name, seed)

    def resolve(self, reference: object) -> SubSchema | None:
        """What a `$ref` means; None if it is not in this document."""
        parsed = refs.parse(str(reference))
        base = self.bases.get(parsed.base)
        if base is None:
            return None
        if parsed.anchor:
            return self.anchors.get(parsed.anchor)
        schema = json_pointer.follow(base.schema, parsed.path)
        return None if schema is json_pointer.MISSING else SubSchema(schema, base.under(*parsed.path))


def _compile(raw: bytes) -> jsonschema_rs.Validator:
    """The validator of the draft that the schema names, else of the newest draft that can read it."""
    schema = orjson.loads(raw)
    problem: ValueError
    try:
        return jsonschema_rs.validator_for(schema, validate_formats=True, offline=True, pattern_options=_REGEX)
    except ValueError as error:
        problem = error
    # `nullable` schemas of OpenAPI 3.0 are of draft 4 and do not say so; some name a meta-schema nobody has.
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
    where = problem.instance_path if isinstance(problem, jsonschema_rs.ValidationError) else []
    reason = getattr(problem, "message", str(problem))
    raise SamplingError(SubSchema(None, "").under(*where), f"it is not a JSON Schema: {reason[:200]}")


_kept_validator = lru_cache(maxsize=512)(_compile)
_kept_document = lru_cache(maxsize=128)(SchemaDocument)


def compiled_validator(raw: bytes) -> jsonschema_rs.Validator:
    """The validator of a schema's JSON; those of small schemas are kept."""
    return _kept_validator(raw) if len(raw) <= CACHED_BYTES else _compile(raw)


def schema_document(schema: object) -> SchemaDocument:
    """The document of a schema: any JSON value, and `SamplingError` if it is no schema."""
    try:
        raw = orjson.dumps(schema)
    except TypeError as error:
        raise SamplingError("", f"it is not JSON: {error}") from None
    return _kept_document(raw) if len(raw) <= CACHED_BYTES else SchemaDocument(raw)


def _children(schema: Mapping[str, object], value: object) -> list[tuple[object, object]]:
    """The schemas that a validator may apply to the parts of a value, at worst."""
    found: list[tuple[object, object]] = []
    if isinstance(value, dict):
        declared = schema.get("properties")
        matching = schema.get("patternProperties")
        every = [*(matching.values() if isinstance(matching, dict) else ())]
        every += [schema[key] for key in ("additionalProperties", "unevaluatedProperties") if key in schema]
        for name, item in value.items():
            if isinstance(declared, dict) and name in declared:
                found.append((declared[name], item))
            found.extend((each, item) for each in every)
            if "propertyNames" in schema:
                found.append((schema["propertyNames"], name))
    if isinstance(value, list):
        keys = ("items", "additionalItems", "unevaluatedItems", "contains")
        every = [schema[key] for key in keys if isinstance(schema.get(key), dict)]
        found.extend((each, item) for each in every for item in value)
        for key in ("prefixItems", "items"):
            if isinstance(tuple_ := schema.get(key), list):
                found.extend(zip(tuple_, value, strict=False))
    return found


def charge_validation(whole: SchemaDocument, value: object, budget: SamplingBudget) -> None:
    """Spend what validating the value costs at worst."""
    todo: list[tuple[object, object, int]] = [(whole.root, value, 0)]
    while todo:
        schema, item, hops = todo.pop()
        if not isinstance(schema, dict):
            continue
        # Long keywords (`enum`, `required`) are gone through one by one, but quickly.
        budget.spend("", 1 + sum(len(each) for each in schema.values() if isinstance(each, list | dict)) // 8)
        if hops > MAX_HOPS:
            raise SamplingError("", f"its references go in a circle, or over more than {MAX_HOPS} steps")
        same = [schema[key] for key in _SAME_ONE if key in schema]
        for key in _SAME_LIST:
            if isinstance(several := schema.get(key), list):
                same.extend(several)
        for key in _SAME_NAMED:
            if isinstance(named := schema.get(key), dict):
                same.extend(named.values())
        for key in REFERENCES:
            if key in schema and (target := whole.resolve(schema[key])):
                same.append(target.schema)
        todo.extend((each, item, hops + 1) for each in same)
        children = _children(schema, item)
        budget.spend("", len(children))
        todo.extend((each, child, 0) for each, child in children)
