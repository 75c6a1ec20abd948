"""Schemas that can be sampled: one for each format, and those that people write."""

from typing import TypeAlias

Json: TypeAlias = dict[str, object]

FORMATS: list[tuple[str, Json | bool]] = [
    (name, {"type": "string", "format": name})
    for name in (
        "date-time",
        "date",
        "time",
        "duration",
        "email",
        "idn-email",
        "uri",
        "uri-reference",
        "iri",
        "uri-template",
        "uuid",
        "ipv4",
        "ipv6",
        "hostname",
        "idn-hostname",
        "json-pointer",
        "relative-json-pointer",
        "regex",
        "byte",
        "binary",
        "password",
        "made-up",
    )
]
CASES: list[tuple[str, Json | bool]] = [
    ("anything", True),
    ("empty", {}),
    (
        "flat tool",
        {
            "type": "object",
            "properties": {"path": {"type": "string"}, "limit": {"type": "integer"}},
            "required": ["path"],
            "additionalProperties": False,
        },
    ),
    (
        "weather tool",
        {
            "type": "object",
            "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}},
            "required": ["city", "unit"],
        },
    ),
    ("required without properties", {"type": "object", "required": ["a", "b"]}),
    ("const", {"const": {"a": [1, None]}}),
    ("enum", {"enum": ["red", 2, None]}),
    ("enum narrowed by type", {"type": "integer", "enum": ["red", 2, None]}),
    ("enum narrowed by bound", {"enum": [1, 5, 9], "minimum": 6}),
    ("default", {"type": "string", "default": "tea", "minLength": 2}),
    ("wrong default", {"type": "string", "default": 5, "minLength": 2}),
    ("examples", {"type": "string", "examples": ["x", "long enough"], "minLength": 5}),
    (
        "wrong example inside",
        {"type": "object", "properties": {"a": {"type": "integer", "examples": ["no"]}}, "required": ["a"]},
    ),
    ("type list", {"type": ["null", "integer"]}),
    ("openapi nullable", {"type": "string", "nullable": True}),
    ("null", {"type": "null"}),
    ("boolean", {"type": "boolean"}),
    ("integer range", {"type": "integer", "minimum": 17, "maximum": 19}),
    ("exclusive range", {"type": "integer", "exclusiveMinimum": 4, "exclusiveMaximum": 6}),
    (
        "draft 4 exclusive",
        {
            "$schema": "http://json-schema.org/draft-04/schema#",
            "type": "integer",
            "minimum": 4,
            "exclusiveMinimum": True,
            "maximum": 6,
            "exclusiveMaximum": True,
        },
    ),
    (
        "draft 4 exclusive, unsaid",
        {"type": "number", "minimum": 0, "exclusiveMinimum": True, "maximum": 1, "exclusiveMaximum": True},
    ),
    ("negative", {"type": "number", "maximum": -7.5}),
    ("narrow number", {"type": "number", "exclusiveMinimum": 0.1, "exclusiveMaximum": 0.2}),
    ("multiple", {"type": "integer", "multipleOf": 7, "minimum": 100}),
    ("money", {"type": "number", "multipleOf": 0.01, "minimum": 3.05, "maximum": 3.1}),
    ("two multiples", {"allOf": [{"multipleOf": 4}, {"multipleOf": 6}], "type": "integer", "minimum": 1}),
    ("huge minimum", {"type": "integer", "minimum": 1e20}),
    ("length", {"type": "string", "minLength": 40, "maxLength": 41}),
    ("short", {"type": "string", "maxLength": 1}),
    ("empty string", {"type": "string", "maxLength": 0}),
    ("pattern", {"type": "string", "pattern": "^[A-Z]{3}-\\d{4}$"}),
    ("pattern, no anchors", {"type": "string", "pattern": "[0-9]+"}),
    ("pattern and length", {"type": "string", "pattern": "^[a-z]+$", "minLength": 12, "maxLength": 14}),
    ("lookahead pattern", {"type": "string", "pattern": "^(?=.*[A-Z])(?=.*[0-9]).{8,}$"}),
    ("two patterns", {"type": "string", "allOf": [{"pattern": "^[a-f0-9]+$"}, {"pattern": "[0-9]"}], "minLength": 4}),
    ("unicode property", {"type": "string", "pattern": "^\\p{L}+$"}),
    ("negated class", {"type": "string", "pattern": "^[^\\s/]{2,5}$"}),
    *FORMATS,
    ("format and length", {"type": "string", "format": "email", "minLength": 30}),
    ("array", {"type": "array", "items": {"type": "string"}}),
    ("min items", {"type": "array", "items": {"type": "integer"}, "minItems": 3}),
    ("no items", {"type": "array", "items": {"type": "integer"}, "maxItems": 0}),
    ("unique", {"type": "array", "items": {"enum": ["a", "b", "c"]}, "minItems": 3, "uniqueItems": True}),
    (
        "unique integers",
        {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 5}, "minItems": 5, "uniqueItems": True},
    ),
    ("tuple", {"type": "array", "prefixItems": [{"const": 1}, {"type": "string"}], "items": False, "minItems": 2}),
    (
        "draft 7 tuple",
        {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "items": [{"const": 1}, {"type": "string"}],
            "additionalItems": {"type": "null"},
            "type": "array",
            "minItems": 4,
        },
    ),
    ("contains", {"type": "array", "items": {"type": "integer"}, "contains": {"minimum": 50}, "minContains": 2}),
    (
        "nested",
        {
            "type": "object",
            "required": ["user"],
            "properties": {
                "user": {
                    "type": "object",
                    "required": ["email", "tags"],
                    "properties": {
                        "email": {"type": "string", "format": "email"},
                        "tags": {"type": "array", "minItems": 2, "items": {"type": "string"}},
                    },
                }
            },
        },
    ),
    (
        "min properties",
        {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}, "minProperties": 2},
    ),
    ("min properties, additional", {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 3}),
    (
        "pattern properties",
        {
            "type": "object",
            "patternProperties": {"^x-[a-z]+$": {"type": "boolean"}},
            "additionalProperties": False,
            "minProperties": 2,
        },
    ),
    ("required by pattern", {"type": "object", "patternProperties": {"^n": {"type": "number"}}, "required": ["n1"]}),
    ("property names", {"type": "object", "propertyNames": {"pattern": "^[a-c]{2}$"}, "minProperties": 2}),
    (
        "dependent",
        {
            "type": "object",
            "required": ["card"],
            "properties": {"card": {"type": "integer"}, "address": {"type": "string"}},
            "dependentRequired": {"card": ["address"]},
        },
    ),
    (
        "draft 7 dependencies",
        {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "type": "object",
            "required": ["a"],
            "dependencies": {"a": ["b"], "b": {"required": ["c"]}},
        },
    ),
    (
        "dependent schema",
        {
            "type": "object",
            "required": ["a"],
            "dependentSchemas": {"a": {"properties": {"z": {"type": "integer"}}, "required": ["z"]}},
        },
    ),
    (
        "defs",
        {
            "$defs": {"id": {"type": "string", "format": "uuid"}},
            "type": "object",
            "properties": {"id": {"$ref": "#/$defs/id"}},
            "required": ["id"],
        },
    ),
    ("definitions, escaped", {"definitions": {"a/b c~": {"type": "integer"}}, "$ref": "#/definitions/a~1b%20c~0"}),
    ("ref beside keywords", {"$defs": {"s": {"type": "string"}}, "$ref": "#/$defs/s", "minLength": 9}),
    ("anchor", {"$defs": {"s": {"$anchor": "here", "type": "boolean"}}, "$ref": "#here"}),
    (
        "id and ref",
        {
            "$id": "https://example.com/tree",
            "$defs": {"n": {"type": "integer"}},
            "type": "object",
            "properties": {"n": {"$ref": "https://example.com/tree#/$defs/n"}},
            "required": ["n"],
        },
    ),
    (
        "allOf",
        {
            "allOf": [
                {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
                {"properties": {"a": {"minimum": 10}, "b": {"type": "string"}}, "required": ["b"]},
            ]
        },
    ),
    ("anyOf, first impossible", {"anyOf": [False, {"type": "integer"}]}),
    (
        "anyOf beside properties",
        {
            "type": "object",
            "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
            "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
        },
    ),
    (
        "oneOf",
        {
            "oneOf": [
                {
                    "type": "object",
                    "required": ["kind"],
                    "properties": {"kind": {"const": "cat"}, "lives": {"type": "integer"}},
                },
                {
                    "type": "object",
                    "required": ["kind", "bark"],
                    "properties": {"kind": {"const": "dog"}, "bark": {"type": "string"}},
                },
            ]
        },
    ),
    ("overlapping oneOf", {"oneOf": [{"type": "number"}, {"type": "integer"}]}),
    (
        "oneOf exclusive by required",
        {
            "type": "object",
            "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
            "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
        },
    ),
    (
        "pydantic optional",
        {
            "type": "object",
            "properties": {"x": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}},
            "required": ["x"],
        },
    ),
    (
        "if then else",
        {
            "type": "object",
            "required": ["country"],
            "properties": {"country": {"enum": ["NO", "US"]}},
            "if": {"properties": {"country": {"const": "US"}}},
            "then": {"required": ["zip"], "properties": {"zip": {"type": "string", "pattern": "^[0-9]{5}$"}}},
            "else": {"required": ["postnummer"]},
        },
    ),
    (
        "if then, by default",
        {"type": "object", "if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"required": ["c"]}},
    ),
    ("not type", {"not": {"type": ["string", "object"]}}),
    ("not const", {"type": "boolean", "not": {"const": True}}),
    ("not required", {"type": "object", "properties": {"a": {"type": "string"}}, "not": {"required": ["a"]}}),
    ("not enum", {"type": "string", "enum": ["a", "b", "c"], "not": {"enum": ["a", "b"]}}),
    (
        "linked list",
        {
            "$defs": {
                "node": {
                    "type": "object",
                    "required": ["value", "next"],
                    "properties": {
                        "value": {"type": "integer"},
                        "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
                    },
                }
            },
            "$ref": "#/$defs/node",
        },
    ),
    (
        "tree",
        {
            "type": "object",
            "required": ["name", "children"],
            "properties": {"name": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#"}}},
        },
    ),
    (
        "expression",
        {
            "$defs": {
                "e": {
                    "oneOf": [
                        {
                            "type": "object",
                            "required": ["add"],
                            "additionalProperties": False,
                            "properties": {"add": {"type": "array", "minItems": 2, "items": {"$ref": "#/$defs/e"}}},
                        },
                        {"type": "number"},
                    ]
                }
            },
            "type": "object",
            "required": ["e"],
            "properties": {"e": {"$ref": "#/$defs/e"}},
        },
    ),
    (
        "unevaluated",
        {
            "allOf": [{"properties": {"a": {"type": "integer"}}, "required": ["a"]}],
            "type": "object",
            "unevaluatedProperties": False,
        },
    ),
    ("false property", {"type": "object", "properties": {"a": False, "b": {"type": "integer"}}, "minProperties": 1}),
    (
        "closed allOf",
        {
            "type": "object",
            "allOf": [
                {"properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}, "additionalProperties": False}
            ],
            "minProperties": 2,
        },
    ),
    (
        "openapi 3.0 style",
        {
            "type": "object",
            "required": ["id", "status", "price"],
            "properties": {
                "id": {"type": "integer", "format": "int64", "readOnly": True},
                "status": {"type": "string", "nullable": True, "enum": ["open", "closed", None]},
                "price": {"type": "number", "format": "double", "minimum": 0, "exclusiveMinimum": True},
            },
            "discriminator": {"propertyName": "status"},
        },
    ),
    (
        "recursive ref",
        {
            "$schema": "https://json-schema.org/draft/2019-09/schema",
            "$recursiveAnchor": True,
            "type": "object",
            "properties": {"v": {"type": "integer"}, "kid": {"$recursiveRef": "#"}},
            "required": ["v"],
        },
    ),
    ("content", {"type": "string", "contentMediaType": "application/json"}),
    ("base64", {"type": "string", "contentEncoding": "base64"}),
    ("typeless properties", {"properties": {"a": {"minimum": 3}}, "required": ["a"]}),
    ("typeless items", {"items": {"minLength": 3}, "minItems": 1}),
    ("large items", {"type": "array", "items": {"type": "integer"}, "minItems": 300}),
]
