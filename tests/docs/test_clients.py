"""docs/clients.md says what docs/clients.json holds, and every case of a stream is in it."""

import json
from pathlib import Path
from typing import Any

import pytest

from tools.matrix.__main__ import HEALTHY, cases
from tools.matrix.pages import COLUMNS, MARKS, markdown

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DOCS / "clients.json").read_text(encoding="utf-8"))
    return found


def test_the_page_is_written_from_the_figures(document: dict[str, Any]) -> None:
    assert (DOCS / "clients.md").read_text(encoding="utf-8") == markdown(document), "run make matrix"


def test_every_case_of_a_stream_was_measured_with_the_faults_that_it_has(document: dict[str, Any]) -> None:
    measured = {name: case["faults"] for name, case in document["cases"].items()}
    assert measured == {case.name: case.faults for case in cases() if case.name != HEALTHY}, "run make matrix"


def test_every_verdict_is_one_of_four(document: dict[str, Any]) -> None:
    cells = [found for case in document["cases"].values() for found in case["clients"].items()]
    assert {column for column, _ in cells} == set(COLUMNS)
    assert {found["verdict"] for _, found in cells} <= set(MARKS)
