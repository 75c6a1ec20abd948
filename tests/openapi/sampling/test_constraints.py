"""What several schemas demand together: types, sizes, numbers."""

from fractions import Fraction

import pytest

from mockserver.core.rng import Rng
from mockserver.openapi.sampling.constraints import (
    Constraint,
    allowed_types,
    local_validator,
    numeric_bounds,
    scalar_candidates,
    size_range,
)
from mockserver.openapi.sampling.schema import SamplingBudget, SamplingError
from mockserver.openapi.sampling.values import Bounds
from tests.support.sample_schemas import Json


def constraints(*schemas: Json) -> list[Constraint]:
    """Return a constraint for each schema, at /0, /1 and so on."""
    return [Constraint(schema, f"/{number}") for number, schema in enumerate(schemas)]


TYPES: list[tuple[list[Json], list[str]]] = [
    ([{"type": "string"}], ["string"]),
    ([{"type": ["null", "string"]}], ["string", "null"]),
    ([{"type": ["string", "number"]}, {"type": ["number", "string"]}], ["string", "number"]),
    ([{"type": "number"}, {"type": "integer"}], ["integer"]),
    ([{"type": "integer"}, {"type": "number"}], ["integer"]),
    ([{"type": "string"}, {"type": "integer"}], []),
    ([{"type": ["string", "number"]}, {"not": {"type": "number"}}], ["string"]),
    ([{"type": ["string", "integer"]}, {"not": {"type": "number"}}], ["string"]),
    ([{"not": {"type": "string", "minLength": 1}}, {"type": "string"}], ["string"]),
    ([{"minimum": 1}], ["number", "string", "object", "array", "integer", "boolean", "null"]),
]


@pytest.mark.parametrize(("schemas", "types"), TYPES)
def test_the_allowed_types_are_those_of_every_schema(schemas: list[Json], types: list[str]) -> None:
    assert allowed_types(constraints(*schemas)) == types


def test_the_largest_minimum_and_the_smallest_maximum_count() -> None:
    both = constraints({"minItems": 1, "maxItems": 9}, {"minItems": 3, "maxItems": 5})
    assert size_range(both, "minItems", "maxItems", 100) == (3, 5)
    assert size_range(both, "minItems", "maxItems", 4) == (3, 4)
    with pytest.raises(SamplingError) as caught:
        size_range(both, "minItems", "maxItems", 2)
    assert (caught.value.pointer, caught.value.reason) == ("/0/minItems", "more than 2 are not possible")


BOUNDS: list[tuple[list[Json], Bounds]] = [
    ([{"minimum": 1}, {"exclusiveMinimum": 1}], Bounds(low=Fraction(1), low_open=True)),
    ([{"minimum": 1, "exclusiveMinimum": True}], Bounds(low=Fraction(1), low_open=True)),
    ([{"maximum": 2}, {"exclusiveMaximum": 3}], Bounds(high=Fraction(2))),
    ([{"multipleOf": 0.1}, {"multipleOf": 0}], Bounds(steps=(Fraction(1, 10),))),
]


@pytest.mark.parametrize(("schemas", "bounds"), BOUNDS)
def test_the_narrowest_interval_counts(schemas: list[Json], bounds: Bounds) -> None:
    assert numeric_bounds(constraints(*schemas)) == bounds


def test_a_subschema_has_its_own_pointer() -> None:
    constraint = Constraint({"prefixItems": [{"const": 1}]}, "/a")
    assert constraint.subschema("prefixItems", 0) == ({"const": 1}, "/a/prefixItems/0")
    assert constraint.subschema("absent") == (True, "/a/absent")
    assert constraint.subschemas("absent") == []
    assert constraint.mapping("prefixItems") == {}


def test_an_invalid_schema_is_reported_at_its_own_place() -> None:
    with pytest.raises(SamplingError) as caught:
        local_validator(constraints({"type": 7}), SamplingBudget())
    assert caught.value.pointer == "/0"


@pytest.mark.parametrize(
    ("type_", "schema", "candidate"),
    [("null", {}, None), ("string", {"contentMediaType": "application/json"}, "{}"), ("boolean", {}, True)],
)
def test_a_type_has_candidates(type_: str, schema: Json, candidate: object) -> None:
    assert candidate in scalar_candidates(type_, constraints(schema), "", Rng("seed"), SamplingBudget(), 0, False)


def test_an_unknown_type_has_no_candidates() -> None:
    assert not [*scalar_candidates("text", constraints({}), "", Rng("seed"), SamplingBudget(), 0, False)]
