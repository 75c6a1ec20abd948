"""The snippets of the JSON Schemas: what an editor writes loads, as a file or as a part of one."""

import re
from collections.abc import Mapping

import pytest
import yaml

from mockserver.accounts.schema import AccountsFile
from mockserver.engine.chaos import Chaos, ChaosRule
from mockserver.files.editor_snippets import SNIPPETS, Snippet, snippets_of
from mockserver.scenarios.schema import Scenario, Turn

MODELS = {model.__name__: model for model in (Scenario, Turn, Chaos, ChaosRule, AccountsFile)}
CASES = [
    pytest.param(model, snippet, id=f"{model}-{snippet.label}")
    for model, snippets in SNIPPETS.items()
    for snippet in snippets
]


def written(body: object) -> object:
    """Return the file's text when every place to fill in keeps its words."""
    if isinstance(body, Mapping):
        return {written(key): written(value) for key, value in body.items()}
    if isinstance(body, list):
        return [written(value) for value in body]
    if isinstance(body, str):
        return yaml.safe_load(re.sub(r"\$\{\d+:([^}]*)\}", r"\1", body))
    return body


@pytest.mark.parametrize(
    ("model", "snippet"), CASES, ids=lambda value: value if isinstance(value, str) else value.label
)
def test_what_a_snippet_writes_is_valid(model: str, snippet: Snippet) -> None:
    MODELS[model].model_validate(written(snippet.body))


@pytest.mark.parametrize(
    ("model", "snippet"), CASES, ids=lambda value: value if isinstance(value, str) else value.label
)
def test_a_number_stands_for_one_thing(model: str, snippet: Snippet) -> None:
    places = set(re.findall(r"\$\{(\d+):([^}]*)\}", str(snippet.body)))
    assert len({number for number, _ in places}) == len(places)


def test_a_model_without_snippets_gets_no_keyword() -> None:
    assert snippets_of("Pace") == {}
