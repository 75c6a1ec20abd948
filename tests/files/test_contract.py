"""The shipped contract and its extensions."""

import pytest

from mockserver.core.errors import OperatorError
from mockserver.files.contract import extension_names, load_contract


def test_the_contract_alone_has_no_operation_of_an_extension() -> None:
    assert {path for path in load_contract().document["paths"] if "/responses" in path} == set()


def test_an_extension_adds_its_paths() -> None:
    assert "/v1/responses" in load_contract(["responses"]).document["paths"]


def test_an_unknown_extension_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(OperatorError, match="no extension is called 'response'; did you mean 'responses'"):
        load_contract(["response"])


def test_the_names_of_extensions_are_those_of_their_files() -> None:
    assert extension_names() == ["embeddings", "responses"]
