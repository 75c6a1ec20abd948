"""A document judged by OpenAPI's own schema, which the openapi-spec-validator package ships."""

from collections.abc import Iterator, Mapping

import jsonschema_rs

from mockserver.core import json_pointer
from mockserver.core.errors import OperatorError, did_you_mean
from mockserver.external.document import DocumentFiles
from mockserver.external.mistake import Mistake
from mockserver.openapi import refs


def published_schema(version: str) -> dict[str, object]:
    """Return OpenAPI's own schema for documents of a version ("3.1"). Raises `OperatorError` without the package."""
    try:
        from openapi_spec_validator import schemas
    except ImportError:
        raise OperatorError(
            "--contract needs the openapi-spec-validator package: pip install 'ainative-mockserver[contract]'"
        ) from None
    by_version = {"3.0": schemas.schema_v30, "3.1": schemas.schema_v31, "3.2": schemas.schema_v32}
    return dict(by_version[version])


def schema_mistakes(whole: DocumentFiles) -> Iterator[Mistake]:
    """Yield what OpenAPI's own schema does not allow in the main file."""
    published = published_schema(whole.version[:3])
    validator = jsonschema_rs.validator_for(published, offline=True)
    for error in validator.iter_errors(whole.root.value):
        leaf = leaf_of(error)
        path = tuple(leaf.instance_path)
        if leaf.kind.name in ("additionalProperties", "unevaluatedProperties"):
            for name in getattr(leaf.kind, "unexpected", ()):
                known = _known_keys(published, leaf)
                hint = f"; {did_you_mean(name, known)}" if known else ""
                yield Mistake(whole.main, (*path, name), f"unknown key '{name:.60}'{hint}", True)
        elif leaf.kind.name == "required":
            yield Mistake(whole.main, path, f"'{getattr(leaf.kind, 'property', '')}' is missing")
        else:
            yield Mistake(whole.main, path, leaf.message[:300])


def leaf_of(error: jsonschema_rs.ValidationError) -> jsonschema_rs.ValidationError:
    """Return the error that the author made.

    OpenAPI's schemas offer a choice in many places, 3.0's "Schema or Reference" everywhere. The branch that the
    document got furthest with is the one that its author meant.
    """
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


def _known_keys(published: object, error: jsonschema_rs.ValidationError) -> list[str]:
    """Return the keys that are known where the error found an unknown one."""
    path = refs.parse(error.absolute_keyword_location or "").path
    schema = json_pointer.follow(published, path[:-1])
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    return [name for name in properties if name != "$ref"] if isinstance(properties, Mapping) else []
