"""What OpenAPI's own schema cannot check: whether the parts of a document fit together.

A check is one function from the document to its mistakes, listed in `CHECKS`.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

import jsonschema_rs
import orjson

from mockserver.core.errors import did_you_mean
from mockserver.external.document import DocumentFiles, DocumentNode
from mockserver.external.mistake import Keys, Mistake
from mockserver.external.operations import ExternalOperation, described
from mockserver.external.published import leaf_of
from mockserver.external.references import DATA, NAMES
from mockserver.external.schemas import LIST, NAMED, ONE, without_legacy_keywords
from mockserver.openapi.router import TEMPLATE
from mockserver.openapi.sampling.schema import SamplingError, compiled_validator

TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")

_META = {"$ref": "https://json-schema.org/draft/2020-12/schema"}


def path_parameters(whole: DocumentFiles) -> Iterator[Mistake]:
    """Yield path parameters that are not declared, not in the path, or twice in the path."""
    for each in described(whole):
        nodes = {}
        for holder in (each.item, each.node):
            nodes.update({(node.text("name"), node.text("in")): node for node in holder.get("parameters").each()})
        declared = {name for name, place in nodes if place == "path"}
        in_path = Counter(TEMPLATE.findall(each.path))
        for name in sorted(in_path.keys() - declared):
            message = f"the path contains {{{name}}}, but no path parameter '{name}' is declared"
            yield Mistake(whole.main, each.location, message)
        for name in sorted(declared - in_path.keys()):
            hint = did_you_mean(name, in_path) if in_path else "the path has no parameters"
            yield Mistake(whole.main, each.location, f"the path parameter '{name}' is not in the path; {hint}")
        for name in sorted(name for name, times in in_path.items() if times > 1):
            yield Mistake(whole.main, each.location, f"the path contains {{{name}}} more than once")


def operation_ids(whole: DocumentFiles) -> Iterator[Mistake]:
    """Yield every operationId that an earlier operation already has."""
    first: dict[str, ExternalOperation] = {}
    for each in described(whole):
        name = each.node.text("operationId")
        if name and name in first:
            other = f"{first[name].method.upper()} {first[name].path}"
            message = f"{other} already has the operationId '{name}'"
            yield Mistake(whole.main, (*each.location, "operationId"), message)
        first.setdefault(name, each)


def security_schemes(whole: DocumentFiles) -> Iterator[Mistake]:
    """Yield every security scheme that is used but not declared."""
    known = dict(whole.root.get("components").get("securitySchemes").items())
    holders: list[tuple[Keys, DocumentNode]] = [((), whole.root)]
    holders += [(each.location, each.node) for each in described(whole)]
    for location, node in holders:
        for number, alternative in enumerate(node.get("security").each()):
            for name in dict(alternative.items()):
                if name not in known and "/" not in name:
                    message = f"no security scheme is called '{name}'; {did_you_mean(name, known)}"
                    yield Mistake(whole.main, (*location, "security", number, name), message, True)


def schemas(whole: DocumentFiles) -> Iterator[Mistake]:
    """Yield schemas of 3.1 and 3.2 that are not JSON Schemas, and unreadable regular expressions."""
    validator = jsonschema_rs.validator_for(_META, offline=True)
    for file, tree in whole.files.items():
        for path, schema in _schemas_of(tree, (), schema=False):
            if not whole.is_30:
                # Each schema is checked without the schemas inside it, so that a mistake is reported once.
                for error in validator.iter_errors(_alone(schema)):
                    leaf = leaf_of(error)
                    yield Mistake(file, (*path, *leaf.instance_path), _schema_message(leaf))
            pattern = schema.get("pattern") if isinstance(schema, Mapping) else None
            if isinstance(pattern, str) and not _is_regex(pattern):
                yield Mistake(file, (*path, "pattern"), "not a valid regular expression")


def _schemas_of(value: object, path: Keys, *, schema: bool, names: bool = False) -> Iterator[tuple[Keys, object]]:
    """Yield every schema of a tree with its path.

    `schema` says that the value is a schema or a list of schemas, `names` that it is a mapping by name.
    """
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield from _schemas_of(each, (*path, number), schema=schema)
        return
    if schema and not names:
        yield path, value
    for key, each in value.items() if isinstance(value, Mapping) else ():
        if names:
            yield from _schemas_of(each, (*path, key), schema=schema)
        elif schema and key in ONE | LIST | NAMED:
            yield from _schemas_of(each, (*path, key), schema=True, names=key in NAMED)
        elif not schema and key not in DATA and not key.startswith("x-"):
            inner = key in ("schema", "itemSchema", "schemas")
            yield from _schemas_of(each, (*path, key), schema=inner, names=key in NAMES)


def _schema_message(error: jsonschema_rs.ValidationError) -> str:
    if list(error.instance_path)[:1] == ["type"] and isinstance(error.instance, str):
        return f"unknown type '{error.instance:.60}'; {did_you_mean(error.instance, TYPES)}"
    return f"not a valid JSON Schema: {error.message[:200]}"


def _alone(schema: object) -> object:
    """Return a schema as `bundle` will use it, without the schemas inside it."""
    if not isinstance(schema, Mapping):
        return schema
    return {key: value for key, value in without_legacy_keywords(schema).items() if key not in ONE | LIST | NAMED}


def _is_regex(pattern: str) -> bool:
    try:
        compiled_validator(orjson.dumps({"pattern": pattern}))
    except SamplingError:
        return False
    return True


CHECKS: tuple[Callable[[DocumentFiles], Iterator[Mistake]], ...] = (
    path_parameters,
    operation_ids,
    security_schemes,
    schemas,
)
"""Every check, in the order in which mistakes are reported."""
