"""docs/coverage.md lists the situations as they are, and the options of pytest."""

import re

from tests.project.source import ROOT
from tools.situation_table import PAGE, with_table

PLUGIN = ROOT / "mockserver" / "testing" / "coverage_options.py"


def test_the_page_has_each_situation() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_table(page), "docs/coverage.md is out of date: run python -m tools.situation_table"


def test_the_page_has_each_option_of_pytest() -> None:
    options = set(re.findall(r'"(--gateway-coverage[\w-]*)"', PLUGIN.read_text(encoding="utf-8")))
    listed = set(re.findall(r"^\| `(--gateway-coverage[\w-]*)", PAGE.read_text(encoding="utf-8"), re.M))
    assert options == listed
