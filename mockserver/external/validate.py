"""The mistakes of an OpenAPI document, all in one pass, each with the place where it stands.

Four kinds, in this order, and a document with one of the first two is not looked at further:

1. it is no OpenAPI document of a version that we know;
2. it is not what OpenAPI's own schema allows (from openapi-spec-validator; a misspelt key is named);
3. a reference leads nowhere, or out to where nothing may be fetched;
4. something does not fit together: a parameter without its place in the path, a name used twice, a security scheme that
   is not there, a schema that is none.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

import jsonschema_rs
import orjson

from mockserver.core import json_pointer
from mockserver.core.errors import OperatorError, did_you_mean
from mockserver.external.document import DocumentFiles, DocumentNode
from mockserver.external.operations import ExternalOperation, described
from mockserver.external.schemas import LIST, NAMED, ONE, without_legacy_keywords
from mockserver.openapi import refs
from mockserver.openapi.refs import UnresolvableReference
from mockserver.openapi.router import TEMPLATE
from mockserver.openapi.sampling.schema import SamplingError, compiled_validator

Keys: TypeAlias = tuple[str | int, ...]

VERSION = re.compile(r"3\.[012]\.\d+")
_META = {"$ref": "https://json-schema.org/draft/2020-12/schema"}
_DATA = {"example", "default", "enum", "const", "value", "dataValue", "serializedValue"}
"""Keys below which `$ref` is data. (`examples` is a mapping that may hold references, or a list of data.)"""
TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
_NAMES = {*NAMED, "definitions", "$defs", "schemas", "headers", "responses", "parameters", "examples", "callbacks"}
"""Keys below which keys are names, whatever they look like."""


class Mistake(NamedTuple):
    """What is wrong, and where: the file, and the keys on the way down."""

    file: str
    path: Keys
    message: str
    at_key: bool = False


def version_mistake(root: object, file: str) -> Mistake | None:
    """Whether the document is none that can be read."""
    if not isinstance(root, Mapping):
        return Mistake(file, (), "this is no OpenAPI document: it is not a mapping")
    if "swagger" in root:
        return Mistake(file, ("swagger",), "this is Swagger 2.0; convert it to OpenAPI 3 (swagger2openapi does)", True)
    if not isinstance(root.get("openapi"), str):
        return Mistake(file, (), "this is no OpenAPI document: it has no 'openapi: 3.1.0'")
    if not VERSION.fullmatch(root["openapi"]):
        return Mistake(file, ("openapi",), "this version is not known; 3.0, 3.1 and 3.2 are")
    return None


def mistakes(whole: DocumentFiles) -> list[Mistake]:
    """Every mistake of a document whose version is good."""
    found = list(_shape(whole))
    if not found:
        found = [*_references(whole)]
    if not found:
        found = [each for check in CHECKS for each in check(whole)]
    return found


# --- Its shape -----------------------------------------------------------------------------------------------------


def _published(version: str) -> dict[str, object]:
    """OpenAPI's own schema of documents, from the library that ships them. Raises `OperatorError` without it."""
    try:
        from openapi_spec_validator import schemas
    except ImportError:
        raise OperatorError(
            "--contract needs the openapi-spec-validator package: pip install 'ainative-mockserver[contract]'"
        ) from None
    by_version = {"3.0": schemas.schema_v30, "3.1": schemas.schema_v31, "3.2": schemas.schema_v32}
    return dict(by_version[version])


def _shape(whole: DocumentFiles) -> Iterator[Mistake]:
    published = _published(whole.version[:3])
    validator = jsonschema_rs.validator_for(published, offline=True)
    for error in validator.iter_errors(whole.root.value):
        leaf = _leaf(error)
        path, message = tuple(leaf.instance_path), leaf.message[:300]
        if leaf.kind.name in ("additionalProperties", "unevaluatedProperties"):
            for name in getattr(leaf.kind, "unexpected", ()):
                known = _known(published, leaf)
                hint = f"; {did_you_mean(name, known)}" if known else ""
                yield Mistake(whole.main, (*path, name), f"'{name:.60}' is not known here{hint}", True)
        elif leaf.kind.name == "required":
            yield Mistake(whole.main, path, f"'{getattr(leaf.kind, 'property', '')}' is missing here")
        else:
            yield Mistake(whole.main, path, message)


def _leaf(error: jsonschema_rs.ValidationError) -> jsonschema_rs.ValidationError:
    """The error that is meant: 3.0's schema says `Schema or Reference` everywhere; we follow what was tried."""
    while error.kind.name in ("oneOf", "anyOf"):
        branches = [branch for branch in getattr(error.kind, "context", ()) if branch and not _wants_reference(branch)]
        if len(branches) != 1:
            deepest = [max(branch, key=lambda each: len(each.instance_path)) for branch in branches]
            below = [each for each in deepest if len(each.instance_path) > len(error.instance_path)]
            if not below:
                return error
            error = max(below, key=lambda each: len(each.instance_path))
            continue
        error = max(branches[0], key=lambda each: (len(each.instance_path), each.kind.name != "required"))
    return error


def _wants_reference(branch: list[jsonschema_rs.ValidationError]) -> bool:
    return any(each.kind.name == "required" and getattr(each.kind, "property", "") == "$ref" for each in branch)


def _known(published: object, error: jsonschema_rs.ValidationError) -> list[str]:
    """The keys that are known where one is not: those of the schema that the error's place leads to."""
    path = refs.parse(error.absolute_keyword_location or "").path
    found = json_pointer.follow(published, path[:-1])
    properties = found.get("properties") if isinstance(found, Mapping) else None
    return [name for name in properties if name != "$ref"] if isinstance(properties, Mapping) else []


# --- Its references --------------------------------------------------------------------------------------------------


def references(value: object, path: Keys = (), *, names: bool = False) -> Iterator[tuple[Keys, str]]:
    """Every `$ref` of a tree, with the path to it."""
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
        elif key not in _DATA and not key.startswith("x-"):
            yield from references(each, (*path, key), names=key in _NAMES)


def remote(reference: str) -> bool:
    """Whether a reference leads to another machine, or to a place that is named from the root of this one."""
    return bool(re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|//|/|\\", reference))


def _references(whole: DocumentFiles) -> Iterator[Mistake]:
    for file, tree in whole.files.items():
        for path, reference in references(tree):
            try:
                DocumentNode(whole, {"$ref": reference}, file).resolved()
            except UnresolvableReference as error:
                yield Mistake(file, path, f"'{reference:.200}' leads nowhere: {error}{_near(whole, reference, file)}")


def _near(whole: DocumentFiles, reference: str, file: str) -> str:
    """The nearest name beside the one that is not there."""
    try:
        place = whole.place(reference, file)
        beside = whole.at(place._replace(path=place.path[:-1]))
    except UnresolvableReference:
        return ""
    if not isinstance(beside, Mapping) or not place.path or place.path[-1] in beside:
        return ""
    return f"; {did_you_mean(place.path[-1], map(str, beside))}"


# --- What does not fit together ------------------------------------------------------------------------------------


def _paths(whole: DocumentFiles) -> Iterator[Mistake]:
    """Path templates and the parameters that stand in them."""
    for each in described(whole):
        found = {}
        for holder in (each.item, each.node):
            found.update({(node.text("name"), node.text("in")): node for node in holder.get("parameters").each()})
        given = {name for name, place in found if place == "path"}
        wanted = Counter(TEMPLATE.findall(each.path))
        for name in sorted(wanted.keys() - given):
            yield _of(whole, each, f"the path has {{{name}}}, but no path parameter of that name is described")
        for name in sorted(given - wanted.keys()):
            hint = did_you_mean(name, wanted) if wanted else "it has none"
            yield _of(whole, each, f"the path parameter '{name}' is not in the path; {hint}")
        for name in sorted(name for name, times in wanted.items() if times > 1):
            yield _of(whole, each, f"the path has {{{name}}} twice")


def _ids(whole: DocumentFiles) -> Iterator[Mistake]:
    """An operationId names one operation."""
    first: dict[str, ExternalOperation] = {}
    for each in described(whole):
        name = each.node.text("operationId")
        if name and name in first:
            other = f"{first[name].method} {first[name].path}"
            yield Mistake(whole.main, (*each.place, "operationId"), f"'{name}' is also the operationId of {other}")
        first.setdefault(name, each)


def _security(whole: DocumentFiles) -> Iterator[Mistake]:
    """Security names schemes that are described."""
    known = dict(whole.root.get("components").get("securitySchemes").items())
    holders: list[tuple[Keys, DocumentNode]] = [((), whole.root)]
    holders += [(each.place, each.node) for each in described(whole)]
    for place, node in holders:
        for number, need in enumerate(node.get("security").each()):
            for name in dict(need.items()):
                if name not in known and "/" not in name:
                    message = f"no security scheme is called '{name}'; {did_you_mean(name, known)}"
                    yield Mistake(whole.main, (*place, "security", number, name), message, True)


def _schemas(whole: DocumentFiles) -> Iterator[Mistake]:
    """Schemas of 3.1 and 3.2 are JSON Schema, and every regular expression can be read."""
    validator = jsonschema_rs.validator_for(_META, offline=True)
    for file, tree in whole.files.items():
        for path, schema in _places(tree, (), schema=False):
            if not whole.is_30:
                # Without the schemas inside it: a part of a wrong one is told once, where it stands.
                for error in validator.iter_errors(_alone(schema)):
                    leaf = _leaf(error)
                    yield Mistake(file, (*path, *leaf.instance_path), _told(leaf))
            pattern = schema.get("pattern") if isinstance(schema, Mapping) else None
            if isinstance(pattern, str) and not _readable(pattern):
                yield Mistake(file, (*path, "pattern"), "this is no regular expression")


def _places(value: object, path: Keys, *, schema: bool, names: bool = False) -> Iterator[tuple[Keys, object]]:
    """Every schema of a tree, with the path to it."""
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield from _places(each, (*path, number), schema=schema)
        return
    if schema and not names:
        yield path, value
    for key, each in value.items() if isinstance(value, Mapping) else ():
        if names:
            yield from _places(each, (*path, key), schema=schema)
        elif schema and key in ONE | LIST | NAMED:
            yield from _places(each, (*path, key), schema=True, names=key in NAMED)
        elif not schema and key not in _DATA and not key.startswith("x-"):
            inner = key in ("schema", "itemSchema", "schemas")
            yield from _places(each, (*path, key), schema=inner, names=key in _NAMES)


def _told(error: jsonschema_rs.ValidationError) -> str:
    """What a schema breaks of JSON Schema."""
    if list(error.instance_path)[:1] == ["type"] and isinstance(error.instance, str):
        return f"'{error.instance:.60}' is no type; {did_you_mean(error.instance, TYPES)}"
    return f"this is no JSON Schema: {error.message[:200]}"


def _alone(schema: object) -> object:
    """A schema as it will be used, without the schemas inside it."""
    if not isinstance(schema, Mapping):
        return schema
    return {key: value for key, value in without_legacy_keywords(schema).items() if key not in ONE | LIST | NAMED}


def _readable(pattern: str) -> bool:
    try:
        compiled_validator(orjson.dumps({"pattern": pattern}))
    except SamplingError:
        return False
    return True


def _of(whole: DocumentFiles, each: ExternalOperation, message: str) -> Mistake:
    return Mistake(whole.main, each.place, message)


CHECKS: tuple[Callable[[DocumentFiles], Iterator[Mistake]], ...] = (_paths, _ids, _security, _schemas)
"""What must fit together, in the order in which it is told."""
