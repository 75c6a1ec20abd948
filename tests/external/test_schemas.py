"""Schemas of OpenAPI documents as self-contained JSON Schemas."""

from typing import Any

import pytest

from mockserver.external.document import DocumentNode
from mockserver.external.schemas import Reader, bundle, child, types_of, with_every_property
from tests.support.external import GOOD, document

JSON = {**GOOD, "content-type": "application/json"}


# Version | reader | schema of the document | bundled schema
SCHEMAS: list[tuple[str, Reader, dict[str, Any], dict[str, Any]]] = [
    ("3.0.3", "answer", {"type": "string", "nullable": True}, {"type": ["string", "null"]}),
    ("3.0.3", "answer", {"type": "string", "nullable": False}, {"type": "string"}),
    ("3.1.0", "answer", {"type": "string", "nullable": True}, {"type": "string"}),
    ("3.0.3", "answer", {"minLength": 1, "nullable": True}, {"minLength": 1}),
    ("3.0.3", "answer", {"minimum": 1, "exclusiveMinimum": True}, {"exclusiveMinimum": 1}),
    ("3.0.3", "answer", {"maximum": 1, "exclusiveMaximum": False}, {"maximum": 1}),
    ("3.1.0", "answer", {"exclusiveMinimum": 1}, {"exclusiveMinimum": 1}),
    ("3.1.0", "answer", {"exclusiveMinimum": True, "minimum": 0}, {"exclusiveMinimum": 0}),
    ("3.1.0", "answer", {"required": ["a", "b", "a"]}, {"required": ["a", "b"]}),
    ("3.1.0", "answer", {"$recursiveAnchor": True, "items": {"$recursiveRef": "#"}}, {"items": {}}),
    ("3.0.3", "answer", {"example": 1, "xml": {}, "x-a": 1}, {"examples": [1]}),
    (
        "3.0.3",
        "answer",
        {"allOf": [{"type": "object"}], "nullable": True},
        {"anyOf": [{"allOf": [{"type": "object"}]}, {"type": "null"}]},
    ),
    (
        "3.0.3",
        "answer",
        {"$ref": "#/components/schemas/B", "nullable": True},
        {"$ref": "#/$defs/B", "$defs": {"B": {"type": "integer"}}},
    ),
    (
        "3.1.0",
        "answer",
        {"$ref": "#/components/schemas/B", "minimum": 1},
        {"$ref": "#/$defs/B", "minimum": 1, "$defs": {"B": {"type": "integer"}}},
    ),
    (
        "3.1.0",
        "request",
        {"required": ["a", "b"], "properties": {"a": {"readOnly": True}, "b": {"writeOnly": True}}},
        {"required": ["b"], "properties": {"a": {"readOnly": True}, "b": {"writeOnly": True}}},
    ),
    (
        "3.1.0",
        "request",
        {"required": ["x-a"], "properties": {"x-a": {"readOnly": True}}},
        {"required": [], "properties": {"x-a": {"readOnly": True}}},
    ),
    (
        "3.1.0",
        "answer",
        {"required": ["a", "b"], "properties": {"a": {"readOnly": True}, "b": {"writeOnly": True}}},
        {"required": ["a"], "properties": {"a": {"readOnly": True}, "b": {"writeOnly": True}}},
    ),
    (
        "3.1.0",
        "answer",
        {"properties": {"example": {"enum": [{"$ref": "x"}]}}},
        {"properties": {"example": {"enum": [{"$ref": "x"}]}}},
    ),
]


@pytest.mark.parametrize(("version", "reader", "schema", "expected"), SCHEMAS)
def test_a_schema_is_bundled(version: str, reader: Reader, schema: dict[str, Any], expected: dict[str, Any]) -> None:
    files = document({"A": schema, "B": {"type": "integer"}}, version)
    assert bundle(DocumentNode(files, schema, "main"), reader) == expected


def test_two_schemas_of_the_same_name_stay_two() -> None:
    schemas = {"B": {"properties": {"B": {"type": "string"}}}, "C": {}}
    schema = {"allOf": [{"$ref": "#/components/schemas/B"}, {"$ref": "#/components/schemas/B/properties/B"}]}
    found = bundle(DocumentNode(document(schemas, "3.1.0"), schema, "main"), "answer")
    assert found["allOf"] == [{"$ref": "#/$defs/B"}, {"$ref": "#/$defs/B_2"}]


def test_every_property_that_does_not_lead_back_is_required() -> None:
    schema: dict[str, object] = {
        "properties": {"one": {"$ref": "#/$defs/A"}, "secret": {"writeOnly": True}},
        "$defs": {
            "A": {"required": ["x"], "properties": {"b": {"$ref": "#/$defs/B"}, "c": {}}},
            "B": {"properties": {"a": {"items": {"$ref": "#/$defs/A"}}, "d": {}}},
        },
    }
    found: Any = with_every_property(schema)
    assert found["required"] == ["one"]
    assert found["$defs"]["A"]["required"] == ["x", "c"]
    assert found["$defs"]["B"]["required"] == ["d"]


def test_what_a_schema_says_is_read_through_its_branches() -> None:
    shared: dict[str, object] = {"type": ["string", "null"]}
    schema: dict[str, object] = {
        "anyOf": [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/A"}, {"properties": {"a": {"const": 1}}}, True],
        "$defs": {"A": shared},
    }
    assert types_of(schema, schema) == {"string", "null", "object"}
    assert child(schema, schema, "properties", "a") == {"const": 1}
    assert child(schema, schema, "properties", "b") == {}
    assert child(schema, schema, "items") == {}
