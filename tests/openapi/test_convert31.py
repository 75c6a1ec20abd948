"""`mockserver openapi --version 3.1`: the contract for tools that do not know OpenAPI 3.2."""

from functools import cache

import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

from mockserver.files import bundled
from mockserver.openapi.contract import Contract
from mockserver.openapi.convert31 import convert_to_31
from tests.support.engine import contract


@cache
def converted() -> str:
    """Return openapi.yaml as OpenAPI 3.1."""
    return convert_to_31(bundled.OPENAPI.read_text(encoding="utf-8"))


def test_the_conversion_is_valid_openapi_3_1() -> None:
    document = yaml.load(converted(), Loader=yaml.CSafeLoader)
    assert document["openapi"].startswith("3.1.")
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_the_schema_of_an_event_replaces_the_item_schema() -> None:
    assert "itemSchema" not in converted()
    document = yaml.load(converted(), Loader=yaml.CSafeLoader)
    stream = document["components"]["responses"]["MessagesOk"]["content"]["text/event-stream"]
    original = contract().document["components"]["responses"]["MessagesOk"]["content"]["text/event-stream"]
    assert stream["schema"] == original["itemSchema"]


def test_the_conversion_has_the_same_operations() -> None:
    found = Contract(yaml.load(converted(), Loader=yaml.CSafeLoader))
    assert [operation.id for operation in found.operations] == [operation.id for operation in contract().operations]
