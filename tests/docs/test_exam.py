"""docs/exam.md: its table has the shipped cases, its rule is the one of grades, its own case loads; the results too."""

import json
import re
from pathlib import Path

from mockserver.exam.cases import read_case, read_cases
from mockserver.exam.grades import RULE
from tools.exam.pages import EXPLAINED, markdown
from tools.exam_table import PAGE, with_table

DOCS = Path(__file__).parents[2] / "docs"
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_table_has_every_case() -> None:
    assert with_table(TEXT) == TEXT, "docs/exam.md is stale; run: python -m tools.exam_table"


def test_the_rule_of_grades_is_on_the_page() -> None:
    assert f"<!-- grade -->\n{RULE}\n" in TEXT


def test_the_case_on_the_page_is_a_case(tmp_path: Path) -> None:
    file = tmp_path / "case.yaml"
    file.write_text(re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)[0], encoding="utf-8")
    assert read_case(file).header.judge.requests == 5


def test_the_results_are_those_of_the_measured_clients() -> None:
    document = json.loads((DOCS / "exam-results.json").read_text(encoding="utf-8"))
    assert (DOCS / "exam-results.md").read_text(encoding="utf-8") == markdown(document), "run: make exam"


def test_every_failure_of_an_official_sdk_is_explained() -> None:
    clients = json.loads((DOCS / "exam-results.json").read_text(encoding="utf-8"))["clients"]
    failed = {
        case
        for name, client in clients.items()
        if name.startswith(("anthropic-", "openai-"))
        for case, result in client["cases"].items()
        if result["state"] == "fail"
    }
    assert failed <= set(EXPLAINED)
    assert set(EXPLAINED) <= {case.name for case in read_cases()}
