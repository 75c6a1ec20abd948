"""References that lead nowhere: each is reported, with the nearest name where there is one."""

import pytest

from mockserver.external.document import DocumentFiles
from mockserver.external.references import reference_mistakes

PETS = {"Pet": {"properties": {"name": {"type": "string"}}}, "List": [{"type": "string"}]}


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("#/components/schemas/Pett", "there is no 'Pett'; did you mean 'Pet'?"),
        ("#/components/schemas/Pet/properties/nam", "there is no 'nam'; did you mean 'name'?"),
        ("#/components/schemas/Dog/properties/name", "there is no 'Dog'"),
        ("#/components/schemas/List/7", "there is no '7'"),
        ("other.yaml#/Pet", "the file 'other.yaml' is not part of this document"),
        ("#/components/schemas/Odd", "circular reference"),
    ],
)
def test_a_reference_that_leads_nowhere_is_reported(reference: str, message: str) -> None:
    schemas = {**PETS, "Odd": {"$ref": reference}}
    whole = DocumentFiles({"main": {"components": {"schemas": schemas}}}, "main", "3.1")
    [mistake] = reference_mistakes(whole)
    assert mistake.path == ("components", "schemas", "Odd", "$ref")
    assert mistake.message == f"'{reference}' cannot be resolved: {message}"


def test_a_reference_that_leads_somewhere_is_none() -> None:
    schemas = {**PETS, "Dog": {"$ref": "#/components/schemas/Pet"}}
    assert list(reference_mistakes(DocumentFiles({"main": {"components": {"schemas": schemas}}}, "main", "3.1"))) == []
