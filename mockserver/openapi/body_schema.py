"""The schema of a request body, compiled on first use because most runs call few operations."""

from collections.abc import Callable, Iterator

import jsonschema_rs

from mockserver.core.conversation import Json, JsonObject
from mockserver.openapi import refs


class BodySchema:
    """A schema of a document that compiles itself when it validates its first body."""

    __slots__ = ("_document", "_schema", "_validator", "validate")

    def __init__(self, document: JsonObject, schema: JsonObject) -> None:
        self._document = document
        self._schema = schema
        self._validator: jsonschema_rs.Draft202012Validator | None = None
        self.validate: Callable[[Json], None] = self._compile_and_validate
        """Raises `jsonschema_rs.ValidationError` for a body that does not satisfy the schema."""

    def _compile_and_validate(self, body: Json) -> None:
        self.validate = self._compiled().validate
        self.validate(body)

    def errors(self, body: Json) -> Iterator[jsonschema_rs.ValidationError]:
        """Yield every error of a body."""
        yield from self._compiled().iter_errors(body)

    def _compiled(self) -> jsonschema_rs.Draft202012Validator:
        if self._validator is None:
            self._validator = compile_schema(self._document, self._schema)
        return self._validator


def compile_schema(document: JsonObject, schema: JsonObject) -> jsonschema_rs.Draft202012Validator:
    """Return the validator of a schema; its references lead into the document's `components`."""
    named = (document.get("components") or {}).get("schemas", {})
    return jsonschema_rs.Draft202012Validator({**schema, "components": {"schemas": needed_schemas(schema, named)}})


def needed_schemas(schema: JsonObject, named: JsonObject) -> JsonObject:
    """Return those of the named schemas that a schema refers to, also through others.

    A validator takes memory and time for every schema that it is given, needed or not.
    """
    needed: dict[str, Json] = {}
    waiting = list(_references(schema))
    while waiting:
        name = waiting.pop()
        if name in named and name not in needed:
            needed[name] = named[name]
            waiting += _references(named[name])
    return needed


def _references(value: Json) -> Iterator[str]:
    """Yield the names of the schemas to which a value refers. What only looks like a reference does no harm."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "$ref" and isinstance(item, str):
                yield from refs.parse(item).path[2:3]
            else:
                yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)
