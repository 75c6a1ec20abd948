"""Boundary values of a field: on each limit, one step beyond it, and nothing that a lenient parser converts."""

from typing import Any

import pytest

from mockserver.contracts.boundaries import boundary_values, fields
from tests.gate.support import document, reference_gateway, run


@pytest.mark.parametrize(
    ("schema", "values"),
    [
        ({"type": "integer", "minimum": 1}, [1, 0, 1.5, "many"]),
        ({"type": ["number", "null"], "minimum": 0, "maximum": 2}, [0, -0.1, 2, 2.1, "many"]),
        ({"type": "boolean"}, [False, True, "perhaps"]),
        ({"enum": ["auto", None]}, ["auto", "no such value"]),
        ({"type": "string", "minLength": 1, "maxLength": 3}, ["x", "xxx", "", "xxxx", {"not": "a text"}]),
        ({"type": "string", "pattern": "^a", "maxLength": 2}, ["xxx", {"not": "a text"}]),
        ({"type": "string"}, ["", {"not": "a text"}]),
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 1}, [0.1, 0, 1, 1.1, "many"]),
        ({"anyOf": [{"type": "integer", "exclusiveMaximum": 9}, {"type": "null"}]}, [8, 9, 1.5, "many"]),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, []),
        ({"type": "array"}, []),
        ({"$ref": "#/components/schemas/NoSuchSchema"}, []),
        (True, []),
    ],
)
def test_the_values_of_a_plain_schema(schema: Any, values: list[Any]) -> None:
    assert boundary_values(document(), schema) == values


def test_the_fields_of_a_request_include_those_of_its_parts() -> None:
    found = fields(document(), document().operations["chat_byok"])
    assert found["temperature"]["maximum"] == 1  # the route's own, not that of the part
    assert {"top_p", "provider"} <= set(found)


def test_an_operation_without_a_request_has_no_fields() -> None:
    assert fields(document(), document().operations["models"]) == {}


def test_the_reference_gateway_keeps_every_boundary() -> None:
    with reference_gateway() as (url, _):
        done = run(url, "full", only=("boundary-*",))
    assert {entry.name: entry.state for entry in done.results.entries.values()} == {
        "boundary-accepted": "kept",
        "boundary-refused": "kept",
    }
