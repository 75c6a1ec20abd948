"""The request body of a foreign operation: its media type, and JSON and form bodies by their schema.

Other bodies (text, multipart, binary) are taken as they come; that there is one is all that is checked.
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
from mockserver.openapi.request_body import FORM, TOO_DEEP, parse_json
from mockserver.openapi.sampling.schema import compiled_validator
from mockserver.openapi.violations import field_of, violation

MOST_FIELDS = 10_000


class MediaSchema(NamedTuple):
    """The schema of one media type, compiled, where there is one."""

    schema: Schema
    validator: jsonschema_rs.Validator | None


class RequestBody(NamedTuple):
    """What a request may bring: its media types, each with its schema."""

    required: bool
    media: dict[str, MediaSchema]

    def read(self, asked: HandlerRequest, status: int) -> object:
        """The body, or None where it is not looked into.

        Raises `Refusal`: this status for one that is missing or wrong, 415 for another media type.
        """
        if not asked.body:
            if self.required:
                raise Refusal(status, "invalid_request", "body: Field required", param="body")
            return None
        if not self.media:
            return None
        sent = essence(asked.headers.get("content-type", "")) or next(iter(self.media))
        name = best(self.media, sent)
        if name is None:
            known = ", ".join(self.media)
            raise Refusal(415, "unsupported_media_type", f"The body must be {known}, not {sent[:80]!r}.")
        wanted = self.media[name]
        if sent.endswith("/*") or not (is_json(sent) or sent == FORM):
            return None
        value = parse_json(asked.body, status) if is_json(sent) else _form(wanted.schema, asked.body, status)
        if wanted.validator is not None:
            _judge(wanted.validator, value, status)
        return value


def body(operation: DocumentNode) -> RequestBody | None:
    """What an operation says of its request body, if it has one."""
    node = operation.get("requestBody")
    if not node:
        return None
    return RequestBody(
        node.raw("required") is True, {name.lower(): _wanted(media) for name, media in node.get("content").items()}
    )


def _wanted(media: DocumentNode) -> MediaSchema:
    node = media.inside("schema")
    if node.value is None:
        return MediaSchema({}, None)
    schema = bundle(node, "request")
    return MediaSchema(schema, compiled_validator(orjson.dumps(schema)))


def _form(schema: Schema, raw: bytes, status: int) -> object:
    """The fields of a form; one that comes again is a list."""
    try:
        pairs = parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Refusal(status, "invalid_request", f"The form has more than {MOST_FIELDS} fields.") from None
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return typed(schema, schema, {name: found[0] if len(found) == 1 else found for name, found in fields.items()})


def _judge(validator: jsonschema_rs.Validator, value: object, status: int) -> None:
    try:
        validator.validate(value)
    except jsonschema_rs.ValidationError as error:
        field = field_of(error)
        raise Refusal(status, "invalid_request", f"{field}: {violation(error)}", param=field) from None
    except ValueError:
        raise Refusal(status, "invalid_json", TOO_DEEP) from None
