"""Schemas of a hostile client: endless, exponential, contradictory, huge, or not schemas at all."""

from tests.support.sample_schemas import Json


def through_definitions(count: int, keyword: str, times: int = 2) -> Json:
    """Return definitions that each refer to the next one several times: times**count paths through them."""
    definitions: Json = {f"a{at}": {keyword: [{"$ref": f"#/$defs/a{at + 1}"}] * times} for at in range(count)}
    return {"$ref": "#/$defs/a0", "$defs": {**definitions, f"a{count}": {"type": "string"}}}


def nested(depth: int) -> Json:
    """Return an object schema that is nested as deep as this."""
    schema: Json = {"type": "object"}
    for _ in range(depth):
        schema = {"type": "object", "properties": {"a": schema}, "required": ["a"]}
    return schema


HOSTILE: dict[str, Json] = {
    "endless required recursion": {"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#"}}},
    "endless recursion by two": {
        "type": "object",
        "required": ["a", "b"],
        "properties": {"a": {"$ref": "#"}, "b": {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]}},
    },
    "itself": {"$ref": "#"},
    "all of itself": {"allOf": [{"$ref": "#"}]},
    "any of itself": {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]},
    "not itself": {"not": {"$ref": "#"}},
    "one another": {
        "$ref": "#/$defs/a",
        "$defs": {"a": {"allOf": [{"$ref": "#/$defs/b"}] * 2}, "b": {"oneOf": [{"$ref": "#/$defs/a"}, {"const": 1}]}},
    },
    "dynamic itself": {"$dynamicAnchor": "n", "allOf": [{"$dynamicRef": "#n"}]},
    "a chain": through_definitions(5_000, "allOf", 1),
    "doubled allOf": through_definitions(40, "allOf"),
    "doubled anyOf": through_definitions(40, "anyOf"),
    "doubled oneOf": through_definitions(24, "oneOf"),
    "ten thousand properties": {
        "type": "object",
        "properties": {f"p{at}": {"type": "string"} for at in range(10_000)},
        "required": [f"p{at}" for at in range(10_000)],
    },
    "branches by branches": {
        "allOf": [{"oneOf": [{"required": [f"a{i}{j}"], "type": "object"} for j in range(12)]} for i in range(12)]
    },
    "branches that never fit": {
        "type": "string",
        "allOf": [{"anyOf": [{"minLength": 5, "maxLength": 4}] * 12} for _ in range(12)],
    },
    "many ifs": {
        "allOf": [{"if": {"properties": {f"a{i}": {"const": 1}}}, "then": {"required": [f"b{i}"]}} for i in range(100)]
    },
    "nested repeats": {"type": "string", "pattern": "^(((((a+)+)+)+)+)+$", "minLength": 9_000},
    "nested counts": {"type": "string", "pattern": "^(((a{1,100}){1,100}){1,100}){1,100}$"},
    "a huge count": {"type": "string", "pattern": "^a{1000000000}$"},
    "backtracking": {"type": "string", "pattern": "^(a|a)*(?=b)(a*)*\\1c$"},
    "deep groups": {"type": "string", "pattern": "(" * 5_000 + "a" + ")" * 5_000},
    "a broken pattern": {"type": "string", "pattern": "a("},
    "many patterns": {"patternProperties": {f"^(a{{1,50}}){{1,50}}{at}$": {} for at in range(2_000)}},
    "a pattern never matched": {"type": "string", "pattern": "^a$", "minLength": 2},
    "minItems": {"type": "array", "minItems": 10**9},
    "minItems of minItems": {"type": "array", "minItems": 999, "items": {"type": "array", "minItems": 999}},
    "minContains": {"type": "array", "contains": {}, "minContains": 10**9},
    "minLength": {"type": "string", "minLength": 10**12},
    "minProperties": {"type": "object", "minProperties": 10**9},
    "many large constants": {"type": "array", "minItems": 5_000, "items": {"const": list(range(5_000))}},
    "a long enum": {"type": "array", "minItems": 500, "items": {"enum": [{"a": at} for at in range(20_000)]}},
    "too few different": {"type": "array", "items": {"type": "boolean"}, "minItems": 3, "uniqueItems": True},
    "bounds crossed": {"type": "integer", "minimum": 5, "maximum": 4},
    "nothing between": {"type": "integer", "exclusiveMinimum": 4, "exclusiveMaximum": 5},
    "types crossed": {"allOf": [{"type": "string"}, {"type": "integer"}]},
    "const against type": {"const": 1, "type": "string"},
    "required but closed": {"type": "object", "required": ["a"], "additionalProperties": False},
    "required but false": {"type": "object", "required": ["a"], "properties": {"a": False}},
    "not anything": {"not": {}},
    "no type": {"type": []},
    "an unknown type": {"type": "text"},
    "no enum": {"enum": []},
    "nowhere": {"$ref": "#/$defs/absent"},
    "elsewhere": {"$ref": "http://127.0.0.1:9/schema.json"},
    "a file": {"$ref": "file:///etc/passwd"},
    "keywords of the wrong type": {"properties": [], "required": "a", "type": 7},
    "many multiples": {"type": "integer", "minimum": 1, "allOf": [{"multipleOf": at} for at in range(1, 2_000)]},
    "tiny multiples": {"type": "number", "minimum": 1e308, "multipleOf": 1e-300},
    "too long": {"description": "x" * 2_000_000},
    "too deep to be JSON": nested(5_000),
    "deeper than we go": nested(60),
    "beyond 64 bits": {"type": "integer", "minimum": 10**400},
    "not text": {"const": "\ud800"},
    "not JSON": {"const": object()},
}
