"""One valid, readable, repeatable instance of any JSON Schema, however hostile the schema."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockserver.openapi.sampling.sampler import sample
from mockserver.openapi.sampling.schema import SamplingError
from tests.support.hostile_schemas import HOSTILE
from tests.support.properties import examples
from tests.support.sample_schemas import CASES, Json


def is_valid(schema: object, value: object) -> bool:
    """Return whether a value is valid by the draft that the schema names, else by the newest one that can read it."""
    assert isinstance(schema, dict | bool)
    for draft in (jsonschema_rs.validator_for, jsonschema_rs.Draft7Validator, jsonschema_rs.Draft4Validator):
        try:
            return draft(schema, validate_formats=True, offline=True).is_valid(value)
        except ValueError:
            continue
    raise AssertionError("not a schema of any draft")


@pytest.mark.parametrize(("_name", "schema"), CASES, ids=[name for name, _ in CASES])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_sample_satisfies_its_schema(_name: str, schema: Json, seed: int) -> None:
    assert is_valid(schema, sample(schema, "seed", seed))


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_schema_ends_in_a_valid_value_or_cannot_sample(name: str) -> None:
    try:
        value = sample(HOSTILE[name], 1)
    except SamplingError as error:
        assert error.reason
    else:
        assert is_valid(HOSTILE[name], value)


@pytest.mark.parametrize(
    ("schema", "pointer"),
    [
        ({"type": "object", "required": ["a"], "properties": {"a": {"minLength": 3, "maxLength": 2, "type": "string"}}},
         "/properties/a/minLength"),
        ({"$ref": "#/$defs/a~0b", "$defs": {"a~b": {"enum": [1], "type": "string"}}}, "/$defs/a~0b/enum"),
        ({"type": "array", "minItems": 1, "items": False}, "/items"),
        ({"properties": {"a": {"$ref": "#/x"}}, "required": ["a"], "type": "object"}, ""),
        ({"type": "object", "required": ["a", "b"], "maxProperties": 1}, "/maxProperties"),
        ({"properties": {"a": {"type": "text"}}}, "/properties/a/type"),
        ({"type": "object", "not": {"type": "object", "maxProperties": 5, "not": {"required": ["a"]}}}, None),
    ],
)  # fmt: skip
def test_the_error_names_the_part_of_the_schema_that_prevents_a_value(schema: Json, pointer: str | None) -> None:
    if pointer is None:
        assert is_valid(schema, {"a": 1})
        return
    with pytest.raises(SamplingError) as caught:
        sample(schema, 1)
    assert caught.value.pointer == pointer
    assert f"'#{pointer}'" in str(caught.value)


READABLE: list[tuple[Json, object]] = [
    ({"type": "object", "properties": {"a": {"type": "string"}}}, {}),
    ({"type": "string", "const": "a", "examples": ["b"]}, "a"),
    ({"type": "string", "examples": ["b"], "default": "c", "enum": ["b", "c", "d"]}, "b"),
    ({"type": "string", "default": "c", "enum": ["b", "c", "d"]}, "c"),
    ({"type": ["null", "string"], "enum": [None, "b"]}, "b"),
    ({"anyOf": [{"type": "null"}, {"const": "b"}], "default": None}, "b"),
    ({"type": "array", "items": {"const": 1}}, [1]),
    ({"type": "string", "format": "date", "default": "today", "examples": ["2020-02-02"]}, "2020-02-02"),
]


@pytest.mark.parametrize(("schema", "expected"), READABLE)
def test_what_the_schema_itself_names_comes_first(schema: Json, expected: object) -> None:
    assert sample(schema, 1) == expected


@pytest.mark.parametrize(
    ("name", "kind", "known"),
    [
        ("city", "string", {"Oslo", "Paris", "Kyoto", "Lagos", "Lima"}),
        ("file_path", "string", {"/tmp/example.txt", "/tmp/notes.md", "src/main.py"}),
        ("filePath", "string", {"/tmp/example.txt", "/tmp/notes.md", "src/main.py"}),
        ("port", "integer", {8080, 8000}),
        ("latitude", "number", {59.91, 48.85}),
        ("count", "integer", set(range(1, 11))),
    ],
)
def test_the_name_of_a_property_decides_where_the_schema_is_silent(name: str, kind: str, known: set[object]) -> None:
    schema: Json = {"type": "object", "properties": {name: {"type": kind}}, "required": [name]}
    for seed in range(20):
        value = sample(schema, seed)
        assert isinstance(value, dict)
        assert value[name] in known


SIZES: list[tuple[Json, object]] = [
    ({"type": "object", "required": ["a"], "dependencies": {"a": ["b"]}}, {"a", "b"}),
    ({"type": "object", "minProperties": 2, "propertyNames": {"enum": ["x", "y"]}}, {"x", "y"}),
    ({"type": "object", "minProperties": 2, "patternProperties": {"^[ab]$": {}, "^c$": {}}}, None),
]


@pytest.mark.parametrize(("schema", "names"), SIZES)
def test_an_object_gets_the_properties_that_it_needs(schema: Json, names: set[str] | None) -> None:
    value = sample(schema, 1)
    assert isinstance(value, dict)
    assert names is None or set(value) == names
    assert len(value) >= 2


@pytest.mark.parametrize("more", [{"propertyNames": {"enum": ["x", "y"]}}, {"additionalProperties": False}])
def test_an_object_that_cannot_have_enough_properties_is_an_error(more: Json) -> None:
    with pytest.raises(SamplingError) as caught:
        sample({"type": "object", "minProperties": 3, "patternProperties": {"^x$": {}}, **more}, 1)
    assert caught.value.pointer in ("/minProperties", "/propertyNames/enum")


def test_properties_come_in_the_order_of_the_schema() -> None:
    schema: Json = {"properties": {"b": {}, "a": {}, "c": {}}, "required": ["c", "a", "b"], "type": "object"}
    value = sample(schema, 1)
    assert isinstance(value, dict)
    assert list(value) == ["b", "a", "c"]


def test_the_same_seed_gives_the_same_value() -> None:
    for _, schema in CASES:
        assert json.dumps(sample(schema, "a", 7)) == json.dumps(sample(schema, "a", 7))


def test_another_seed_gives_other_values_where_there_is_a_choice() -> None:
    for name in ("flat tool", "weather tool", "uuid", "pattern", "integer range", "nested", "enum", "boolean"):
        schema = dict(CASES)[name]
        assert len({json.dumps(sample(schema, seed)) for seed in range(20)}) > 1, name


def test_values_never_change() -> None:
    schema: Json = {
        "type": "object",
        "required": ["path", "code", "id", "count", "ratio", "when"],
        "properties": {
            "path": {"type": "string"},
            "code": {"type": "string", "pattern": "^[A-Z]{2}-[^ab]{3}$"},
            "id": {"type": "string", "format": "uuid"},
            "count": {"type": "integer"},
            "ratio": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
            "when": {"type": "string", "format": "date-time"},
        },
    }
    assert sample(schema, "for", "ever") == {
        "path": "src/main.py",
        "code": "EX-iq0",
        "id": "e3012c07-7fb2-4b48-a382-ab2e204ad9c3",
        "count": 8,
        "ratio": 1,
        "when": "2025-03-17T02:30:00Z",
    }


@pytest.mark.process
def test_values_do_not_depend_on_the_hash_seed_of_the_process() -> None:
    program = (
        "import json; from mockserver.openapi.sampling.sampler import sample; "
        "print(json.dumps(sample({'pattern': '^[^ab]{9}$'}, 1)))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


def test_threads_do_not_disturb_one_another() -> None:
    jobs = [(schema, seed) for _, schema in CASES for seed in range(5)]
    alone = [json.dumps(sample(schema, seed)) for schema, seed in jobs]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda job: json.dumps(sample(*job)), jobs))
    assert together == alone


def test_a_value_is_the_callers_own() -> None:
    schema: Json = {"const": {"a": [1]}}
    value = sample(schema, 1)
    assert isinstance(value, dict)
    value["a"] = "changed"
    assert sample(schema, 1) == {"a": [1]}
    assert schema == {"const": {"a": [1]}}


@pytest.mark.parametrize("schema", [5, "string", None, [], [{"type": "string"}]])
def test_a_value_that_is_not_a_schema_cannot_be_sampled(schema: Json) -> None:
    with pytest.raises(SamplingError):
        sample(schema, 1)


small = st.integers(-3, 12)
sizes = st.integers(0, 5)
names = st.sampled_from(["a", "b", "path", "x-1"])
plain = st.one_of(st.none(), st.booleans(), small, st.sampled_from(["", "a", "long text"]), st.just([]), st.just({}))
types = st.sampled_from(["object", "array", "string", "integer", "number", "boolean", "null"])
references = st.sampled_from(["#", "#/$defs/d", "#/properties/a", "#/nowhere"])


def keywords(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """Return a strategy for schemas of a few keywords around inner ones; most can be satisfied, many cannot."""
    several = st.lists(inner, min_size=1, max_size=3)
    table = {
        "type": types | st.lists(types, min_size=1, max_size=3, unique=True),
        "const": plain,
        "enum": st.lists(plain, min_size=1, max_size=4),
        "default": plain,
        "examples": st.lists(plain, max_size=2),
        **dict.fromkeys(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"], small | st.floats(-2, 9)),
        "multipleOf": st.sampled_from([1, 2, 0.5, 0.1, 7]),
        **dict.fromkeys(["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"], sizes),
        "pattern": st.sampled_from(["^[a-z]{2,4}$", "\\d", "^(?=.*x).+$", "^(a|b)+$", "[^a]", "(?!a)b"]),
        "format": st.sampled_from(["email", "date", "uuid", "uri", "ipv6", "unknown"]),
        "required": st.lists(names, max_size=3, unique=True),
        "properties": st.dictionaries(names, inner, max_size=3),
        "patternProperties": st.dictionaries(st.sampled_from(["^x-", "a"]), inner, max_size=2),
        **dict.fromkeys(["additionalProperties", "items", "contains", "not", "if", "then", "else"], inner),
        **dict.fromkeys(["propertyNames", "unevaluatedProperties", "unevaluatedItems"], inner),
        **dict.fromkeys(["allOf", "anyOf", "oneOf", "prefixItems"], several),
        "uniqueItems": st.booleans(),
        "dependentRequired": st.dictionaries(names, st.lists(names, max_size=2, unique=True), max_size=2),
        "dependentSchemas": st.dictionaries(names, inner, max_size=2),
        "$ref": references,
        "$defs": st.fixed_dictionaries({"d": inner}),
    }
    return st.lists(st.sampled_from(sorted(table)), max_size=5, unique=True).flatmap(
        lambda chosen: st.fixed_dictionaries({key: table[key] for key in chosen})
    )


schemas: st.SearchStrategy[object] = st.recursive(st.booleans() | keywords(st.booleans()), keywords, max_leaves=6)


@settings(max_examples=examples(300), deadline=None, suppress_health_check=list(HealthCheck))
@given(schema=schemas, seed=st.integers(0, 3))
def test_any_schema_ends_in_a_valid_value_or_cannot_sample(schema: Json | bool, seed: int) -> None:
    try:
        value = sample(schema, seed)
    except SamplingError:
        return
    assert is_valid(schema, value)
    assert json.dumps(sample(schema, seed)) == json.dumps(value)
