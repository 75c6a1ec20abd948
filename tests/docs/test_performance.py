"""docs/performance.md says what docs/performance.json has: `python -m benchmarks --render` writes it from there."""

import shutil
from pathlib import Path

from benchmarks.page import render
from tests.project.source import ROOT

DOCS = ROOT / "docs"


def test_the_page_and_the_chart_are_those_of_the_figures(tmp_path: Path) -> None:
    for kind in ("md", "json", "svg"):
        shutil.copy(DOCS / f"performance.{kind}", tmp_path)
    render(tmp_path)
    for kind in ("md", "svg"):
        written, committed = (
            (folder / f"performance.{kind}").read_text(encoding="utf-8") for folder in (tmp_path, DOCS)
        )
        assert written == committed, "run `.venv/bin/python -m benchmarks --render`"
