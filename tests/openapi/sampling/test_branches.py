"""The branches of a schema: which are possible, in which order, and where they end."""

import pytest

from mockserver.openapi.sampling.branches import Branches
from mockserver.openapi.sampling.schema import MAX_HOPS, SamplingBudget, SamplingError, SubSchema, schema_document
from tests.support.sample_schemas import Json


def branches(schema: Json, rotation: int = 0) -> Branches:
    """Return the branches of a schema whose choices begin at an index."""
    return Branches(schema_document(schema), SamplingBudget(), lambda size: rotation % size)


def pointers(schema: Json, rotation: int = 0) -> list[list[str]]:
    """Return the pointers of the constraints of each alternative, without the root's."""
    alternatives = branches(schema, rotation).alternatives([SubSchema(schema, "")])
    return [[each.pointer for each in alternative if each.pointer] for alternative in alternatives]


ALTERNATIVES: list[tuple[Json, list[list[str]]]] = [
    ({"type": "string"}, [[]]),
    ({"allOf": [{"minLength": 1}, {"allOf": [{}]}]}, [["/allOf/0", "/allOf/1", "/allOf/1/allOf/0"]]),
    ({"anyOf": [{"const": 1}, {"const": 2}]}, [["/anyOf/0"], ["/anyOf/1"]]),
    ({"anyOf": [{"type": "null"}, {"type": "string"}]}, [["/anyOf/1"], ["/anyOf/0"]]),
    ({"anyOf": [{"const": None}, {}]}, [["/anyOf/1"], ["/anyOf/0"]]),
    ({"type": "string", "anyOf": [{"type": "integer"}, {"minLength": 1}]}, [["/anyOf/1"]]),
    ({"anyOf": [False, {}]}, [["/anyOf/1"]]),
    ({"if": {"const": 1}, "then": {}, "else": True}, [["/if", "/then"], []]),
    ({"$defs": {"a": {"minLength": 1}}, "$ref": "#/$defs/a"}, [["/$defs/a"]]),
]


@pytest.mark.parametrize(("schema", "expected"), ALTERNATIVES)
def test_the_alternatives_of_a_schema(schema: Json, expected: list[list[str]]) -> None:
    assert pointers(schema) == expected


def test_a_later_attempt_begins_with_another_branch() -> None:
    assert pointers({"anyOf": [{}, {}, {}]}, rotation=1) == [["/anyOf/1"], ["/anyOf/2"], ["/anyOf/0"]]


@pytest.mark.parametrize("reference", ["#/absent", "http://example.com/a", "#absent"])
def test_a_reference_to_nothing_is_an_error(reference: str) -> None:
    with pytest.raises(SamplingError) as caught:
        pointers({"$recursiveRef": reference})
    assert (caught.value.pointer, caught.value.reason) == (
        "/$recursiveRef",
        "the reference leads to nothing in this document",
    )


def test_a_circle_ends() -> None:
    with pytest.raises(SamplingError, match="circular reference"):
        pointers({"$ref": "#"})


def test_a_branch_recurses_if_it_leads_into_an_open_schema() -> None:
    chain: Json = {f"a{at}": {"$ref": f"#/$defs/a{at + 1}"} for at in range(MAX_HOPS + 1)}
    schema: Json = {"$defs": {**chain, f"a{MAX_HOPS + 1}": {}}, "$ref": "#/$defs/a0"}
    search = branches(schema)
    search.open["/$defs/a2"] += 1
    assert search.recurses([SubSchema({"$ref": "#/$defs/a0"}, "/x")])
    assert not search.recurses([SubSchema({"$ref": f"#/$defs/a{MAX_HOPS}"}, "/x")])
    search.open.clear()
    assert not search.recurses([SubSchema({"$ref": "#/$defs/a0"}, "/x")])
    assert not search.recurses([SubSchema(True, "/x"), SubSchema({"$ref": "#/absent"}, "/y")])
