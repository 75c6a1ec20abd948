"""The schemas that a validator is given: those that a schema needs, whatever its references look like."""

from typing import Any

import jsonschema_rs
import pytest

from mockserver.openapi.body_schema import compile_schema, needed_schemas
from tests.support.engine import contract

NAMED: dict[str, Any] = {
    "Leaf": {"type": "string"},
    "Odd/Name ~": {"type": "integer"},
    "Circle": {"properties": {"next": {"$ref": "#/components/schemas/Circle"}}},
    "Branch": {"anyOf": [{"$ref": "#/components/schemas/Leaf"}, {"$ref": "#/components/schemas/Circle"}]},
    "Part": {"properties": {"deep": {"$ref": "#/components/schemas/Leaf"}}},
    "Other": {},
}

NEEDED: dict[str, tuple[dict[str, Any], set[str]]] = {
    "none": ({"type": "object"}, set()),
    "one": ({"$ref": "#/components/schemas/Leaf"}, {"Leaf"}),
    "through others": ({"items": {"$ref": "#/components/schemas/Branch"}}, {"Branch", "Leaf", "Circle"}),
    "a part of one": ({"$ref": "#/components/schemas/Part/properties/deep"}, {"Part", "Leaf"}),
    "an escaped name": ({"$ref": "#/components/schemas/Odd~1Name%20~0"}, {"Odd/Name ~"}),
    "an unknown name": ({"$ref": "#/components/schemas/Missing"}, set()),
    "itself": ({"$ref": "#"}, set()),
    "a property called $ref": ({"properties": {"$ref": {"type": "string"}}}, set()),
}


@pytest.mark.parametrize("title", NEEDED)
def test_a_validator_is_given_the_schemas_that_it_needs(title: str) -> None:
    schema, names = NEEDED[title]
    assert needed_schemas(schema, NAMED) == {name: NAMED[name] for name in names}


def test_a_validator_still_follows_its_references() -> None:
    validator = compile_schema({"components": {"schemas": NAMED}}, {"items": {"$ref": "#/components/schemas/Branch"}})
    assert (validator.is_valid(["a", {"next": {}}]), validator.is_valid([1, {"next": 1}])) == (True, True)
    with pytest.raises(ValueError, match="Pointer"):
        compile_schema({"components": {"schemas": NAMED}}, {"$ref": "#/components/schemas/Missing"})


def test_every_schema_of_the_contract_compiles() -> None:
    document = contract().document
    for schema in document["components"]["schemas"].values():
        assert isinstance(compile_schema(document, schema), jsonschema_rs.Draft202012Validator)
