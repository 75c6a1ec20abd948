"""The request body of an external operation: its media type, and JSON and form bodies by their schema.

Of other bodies (text, multipart, binary) only their presence is checked.
"""

from typing import NamedTuple
from urllib.parse import parse_qsl

import jsonschema_rs
import orjson

from mockserver.core.errors import Refusal
from mockserver.external.document import DocumentNode
from mockserver.external.media import best, essence, is_json
from mockserver.external.parameters import typed
from mockserver.external.schemas import Schema, bundle
from mockserver.openapi.operation import HandlerRequest
from mockserver.openapi.request_body import FORM, parse_json
from mockserver.openapi.sampling.schema import compiled_validator
from mockserver.openapi.violations import field_of, violation

MAX_FIELDS = 10_000
"""The most fields of a form."""


class MediaSchema(NamedTuple):
    """The schema of one media type; `validator` is None if the document gives no schema."""

    schema: Schema
    validator: jsonschema_rs.Validator | None


class RequestBody(NamedTuple):
    """The documented request body: its media types, each with its schema."""

    required: bool
    media: dict[str, MediaSchema]

    def read(self, request: HandlerRequest, status: int) -> object:
        """Return the parsed body, or None for a body that is absent or neither JSON nor a form.

        Raises `Refusal`: with this status for a body that is missing or not valid, 415 for another media type.
        """
        if not request.body:
            if self.required:
                raise Refusal(status, "invalid_request", "body: Field required", param="body")
            return None
        if not self.media:
            return None
        sent = essence(request.headers.get("content-type", "")) or next(iter(self.media))
        name = best(self.media, sent)
        if name is None:
            documented = ", ".join(self.media)
            raise Refusal(415, "unsupported_media_type", f"The body must be {documented}, not {sent[:80]!r}.")
        expected = self.media[name]
        if sent.endswith("/*") or not (is_json(sent) or sent == FORM):
            return None
        if is_json(sent):
            value: object = parse_json(request.body, status)
        else:
            value = _parse_form(expected.schema, request.body, status)
        if expected.validator is not None:
            _validate(expected.validator, value, status)
        return value


def body(operation: DocumentNode) -> RequestBody | None:
    """Return the request body that an operation documents, or None."""
    node = operation.get("requestBody")
    if not node:
        return None
    media = {name.lower(): _media_schema(media) for name, media in node.get("content").items()}
    return RequestBody(node.raw("required") is True, media)


def _media_schema(media: DocumentNode) -> MediaSchema:
    node = media.inside("schema")
    if node.value is None:
        return MediaSchema({}, None)
    schema = bundle(node, "request")
    return MediaSchema(schema, compiled_validator(orjson.dumps(schema)))


def _parse_form(schema: Schema, raw: bytes, status: int) -> object:
    """Return the fields of a form, typed by the schema; a repeated field becomes a list."""
    try:
        pairs = parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise Refusal(status, "invalid_request", f"The form has more than {MAX_FIELDS} fields.") from None
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return typed(schema, schema, {name: values[0] if len(values) == 1 else values for name, values in fields.items()})


def _validate(validator: jsonschema_rs.Validator, value: object, status: int) -> None:
    """Raise `Refusal` with this status for a body that does not satisfy its schema."""
    try:
        validator.validate(value)
    except jsonschema_rs.ValidationError as error:
        field = field_of(error)
        raise Refusal(status, "invalid_request", f"{field}: {violation(error)}", param=field) from None
