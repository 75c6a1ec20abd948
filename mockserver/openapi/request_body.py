"""A request body, JSON or (where documented) a form: parsed and validated by the contract."""

from urllib.parse import parse_qsl

import jsonschema_rs
import orjson

from mockserver.core import json_text
from mockserver.core.conversation import Json, JsonObject
from mockserver.core.errors import Refusal
from mockserver.openapi.body_schema import BodySchema
from mockserver.openapi.operation import Operation
from mockserver.openapi.violations import field_of, violation

FORM = "application/x-www-form-urlencoded"
"""The media type of a form."""
_NO_PROVIDER = (
    "{path} is the bring-your-own-key route. Without a provider, set the client's base URL to …/api/v1 ({other}), "
    "or run `mockserver serve --lenient`"
)
TOO_DEEP = f"The request body is nested more than {json_text.MAX_DEPTH} levels deep."


def read_body(operation: Operation, body: bytes, media_type: str = "") -> JsonObject:
    """Return the body of a request, parsed and valid; {} if the operation reads none.

    Raises `Refusal` with the operation's own status.
    """
    validator = operation.validator
    if validator is None or (operation.body_optional and not body):
        return {}
    parsed: JsonObject
    if operation.form is not None and media_type.startswith(FORM):
        validator, parsed = operation.form, dict(parse_qsl(body.decode("utf-8", "replace")))
    else:
        parsed = parse_json(body, operation.invalid_status)
    try:
        validator.validate(parsed)
    except jsonschema_rs.ValidationError as error:
        raise _refusal(operation, error) from None
    return parsed


def check_body(operation: Operation, body: Json, schema: BodySchema | None = None) -> None:
    """Check a body against a schema, the operation's own unless given. Raises `Refusal` with its status."""
    schema = schema or operation.validator
    assert schema is not None, "only an operation that reads a body has one to check"
    try:
        schema.validate(body)
    except jsonschema_rs.ValidationError as error:
        raise _refusal(operation, error) from None


def parse_json(body: bytes, status: int) -> Json:
    """Return the value of a JSON body. Raises `Refusal` with this status."""
    try:
        return json_text.parse_json(body)
    except json_text.TooDeepError:
        raise Refusal(status, "invalid_json", TOO_DEEP) from None
    except orjson.JSONDecodeError as error:
        message = f"The request body is not valid JSON: {error.msg} at byte {error.pos}."
        raise Refusal(status, "invalid_json", message) from None


def _refusal(operation: Operation, error: jsonschema_rs.ValidationError) -> Refusal:
    """Return the refusal of an invalid body, worded as D4 words it where the status is 422."""
    field = field_of(error)
    message = f"{field}: {violation(error)}"
    if operation.invalid_status != 422:
        return Refusal(operation.invalid_status, "invalid_request", message, param=field)
    if field == "provider" and operation.without_provider is not None:
        message += f". {_NO_PROVIDER.format(path=operation.path, other=operation.without_provider.path)}"
    if field == "tools" or field.startswith("tools."):
        message = f"Validation error - Invalid tool parameters: {message}"
    return Refusal(422, "validation_error", message, param=field)
