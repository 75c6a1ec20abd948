"""docs/editors.md: its table of snippets, and the entries for SchemaStore beside it."""

import json
from urllib.parse import urlsplit

import pytest

from tests.project.source import ROOT
from tools.snippet_table import PAGE, with_table

CATALOGUE = json.loads((PAGE.parent / "editors" / "schemastore.json").read_text(encoding="utf-8"))


def test_the_table_of_snippets_is_up_to_date() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert with_table(text) == text, "docs/editors.md is stale; run: python -m tools.snippet_table"


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: str(entry["name"]))
def test_an_entry_for_schemastore_names_a_schema_of_the_repository(entry: dict[str, object]) -> None:
    assert list(entry) == ["name", "description", "fileMatch", "url"]
    path = urlsplit(str(entry["url"])).path.split("/main/", maxsplit=1)[1]
    assert (ROOT / path).is_file()


def test_no_two_entries_claim_the_same_files() -> None:
    patterns = [pattern for entry in CATALOGUE for pattern in entry["fileMatch"]]
    assert sorted(patterns) == sorted(set(patterns))
