"""The recipe of docs/editors.md: the server that VS Code runs for YAML marks mistakes and offers snippets."""

from pathlib import Path

import pytest

from mockserver.files.editor_schema import file_schema, first_scenario
from mockserver.files.kinds import KINDS
from tests.support.language_server import language_server

FIRST_LINE = "# yaml-language-server: $schema=scenario.schema.json\n"
BAD = f"{FIRST_LINE}scenario: bad\nturns:\n  - reply: hi\n    tmies: 2\n"


@pytest.mark.process
def test_an_editor_marks_mistakes_and_offers_snippets(tmp_path: Path) -> None:
    (tmp_path / "scenario.schema.json").write_text(file_schema(KINDS["scenario"]), encoding="utf-8")
    with language_server(tmp_path) as editor:
        assert editor.mistakes("good.yaml", first_scenario("good", "scenario.schema.json")) == []
        assert editor.mistakes("bad.yaml", BAD) == [(5, "Property tmies is not allowed.")]
        assert editor.completions("empty.yaml", FIRST_LINE)["scenario"].startswith("scenario: ${1:my-scenario}\n")
        offered = editor.completions("turn.yaml", f"{FIRST_LINE}scenario: a\nturns:\n  - ")
        assert offered["tool result"] == "when:\n    last: tool_result\n  reply: 'The tool says {{tool_result}}'"
