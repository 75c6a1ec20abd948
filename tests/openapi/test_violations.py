"""Every keyword of a schema has a sentence for the client whose request violates it."""

import jsonschema_rs
import pytest
from pydantic import JsonValue

from mockserver.openapi.violations import field_of, violation


def error_of(schema: dict[str, JsonValue], value: JsonValue) -> jsonschema_rs.ValidationError:
    """Return the first error of a value that the schema does not allow."""
    return next(jsonschema_rs.Draft202012Validator(schema, validate_formats=True).iter_errors(value))


SENTENCES: list[tuple[dict[str, JsonValue], JsonValue, str]] = [
    ({"required": ["a"]}, {}, "Field required"),
    ({"type": "integer"}, "1", "Input should be of type integer"),
    ({"type": ["null", "string"]}, 1, "Input should be of type null or string"),
    ({"enum": ["a", "b"]}, "c", "Input should be 'a' or 'b'"),
    ({"const": "a"}, "b", "Input should be 'a'"),
    ({"minimum": 1}, 0, "Input should be greater than or equal to 1"),
    ({"maximum": 1}, 2, "Input should be less than or equal to 1"),
    ({"exclusiveMinimum": 0}, 0, "Input should be greater than 0"),
    ({"exclusiveMaximum": 1}, 1, "Input should be less than 1"),
    ({"minLength": 2}, "a", "Input should have at least 2 characters"),
    ({"maxLength": 1}, "ab", "Input should have at most 1 character"),
    ({"minItems": 1}, [], "Input should have at least 1 item"),
    ({"maxItems": 2}, [1, 2, 3], "Input should have at most 2 items"),
    ({"minProperties": 1}, {}, "Input should have at least 1 property"),
    ({"maxProperties": 0}, {"a": 1}, "Input should have at most 0 properties"),
    ({"pattern": "^a$"}, "b", "Input should match the pattern ^a$"),
    ({"format": "email"}, "b", "Input should be a valid email"),
    ({"multipleOf": 2}, 3, "Input should be a multiple of 2"),
    ({"uniqueItems": True}, [1, 1], "Input should have no duplicate items"),
    ({"anyOf": [{"type": "string"}, {"const": 2}]}, 1, "Input should match one of the documented forms"),
    ({"oneOf": [{"type": "string"}, {"const": 2}]}, 1, "Input should match one of the documented forms"),
    (
        {"properties": {"a": {}}, "additionalProperties": False},
        {"secret": 1},
        "Input should have no other properties than the documented ones",
    ),
    (
        {"properties": {"a": {}}, "unevaluatedProperties": False},
        {"secret": 1},
        "Input should have no other properties than the documented ones",
    ),
    ({"allOf": [False]}, 1, "Input is not allowed here"),
    ({"not": {}}, 1, "Input is not valid (not)"),
]


@pytest.mark.parametrize(("schema", "value", "sentence"), SENTENCES)
def test_every_keyword_has_a_sentence(schema: dict[str, JsonValue], value: JsonValue, sentence: str) -> None:
    assert violation(error_of(schema, value)) == sentence


FIELDS: list[tuple[dict[str, JsonValue], JsonValue, str]] = [
    ({"type": "object"}, 1, "body"),
    ({"required": ["a"]}, {}, "a"),
    ({"properties": {"a": {"items": {"properties": {"b": {"type": "string"}}}}}}, {"a": [{"b": 1}]}, "a.0.b"),
    ({"properties": {"a": {"items": {"required": ["b"]}}}}, {"a": [{}]}, "a.0.b"),
]


@pytest.mark.parametrize(("schema", "value", "field"), FIELDS)
def test_a_field_is_named_by_its_path(schema: dict[str, JsonValue], value: JsonValue, field: str) -> None:
    assert field_of(error_of(schema, value)) == field
