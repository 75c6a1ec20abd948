"""The schema of a request body, compiled on first use because most runs call few operations."""

from collections.abc import Callable, Iterator

import jsonschema_rs

from mockserver.core.conversation import Json, JsonObject


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
    components = document.get("components") or {}
    return jsonschema_rs.Draft202012Validator({**schema, "components": {"schemas": components.get("schemas", {})}})
