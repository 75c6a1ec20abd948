"""docs/contracts.md is true: its examples, its table, its messages."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from mockserver.accounts.session import Session
from mockserver.cli.main import main
from mockserver.engine.request import Request
from mockserver.engine.step import Engine, EngineSettings
from mockserver.files.external_document import add_external, load_external
from mockserver.files.loader import parse
from mockserver.scenarios.compile import compile_scenario
from tests.support.engine import NOW, Answer, contract

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "contracts.md").read_text(encoding="utf-8")
DOCUMENT, SCENARIO = (
    re.sub(f"^{margin}", "", text, flags=re.MULTILINE)
    for margin, text in re.findall(r"^( *)```yaml\n(.*?)^ *```$", PAGE, re.DOTALL | re.MULTILINE)
)
ROWS = re.findall(r"^\| `([A-Z]+) (\S+)`(?: with `Prefer: ([^`]+)`)? \| (\d+) `(.*)` \|$", PAGE, re.MULTILINE)


def engine(folder: Path, *, scenario: bool = False) -> tuple[Engine, list[str]]:
    """Return an engine that serves the page's document, and the lines that are printed at start-up."""
    file = folder / "areas.yaml"
    file.write_text(DOCUMENT)
    joined, lines = add_external(contract(), load_external(file, contract().names))
    script, complaints = compile_scenario(parse(SCENARIO.encode(), "page").scenario, joined)
    assert complaints == []
    return Engine(joined, {script.name: script}, EngineSettings(scenario=script.name if scenario else None)), lines


def test_the_page_has_its_examples() -> None:
    assert len(ROWS) == 7


@pytest.mark.parametrize(("method", "target", "prefer", "status", "part"), ROWS)
def test_the_table_is_true(tmp_path: Path, method: str, target: str, prefer: str, status: str, part: str) -> None:
    path, _, query = target.partition("?")
    request = Request(method, path, {"authorization": "Bearer t", "prefer": prefer}, query=query)
    answer = Answer(engine(tmp_path)[0].step(Session("page"), request, NOW)[1])
    assert answer.status == int(status)
    assert part in answer.payload.decode()


def test_the_scenario_and_the_startup_line_are_true(tmp_path: Path) -> None:
    made, lines = engine(tmp_path, scenario=True)
    request = Request("GET", "/api/v1/notifications", {"authorization": "Bearer t"})
    answer = Answer(made.step(Session("page"), request, NOW)[1])
    assert (answer.status, answer.json["message"]) == (503, "Try again later.")
    assert lines[0] in PAGE
    request = Request("GET", "/api/v1/notifications/n-1", {"authorization": "Bearer t"})
    assert Answer(made.step(Session("page"), request, NOW)[1]).json["text"] == "Nothing new."


def test_the_mistake_is_reported_as_on_the_page(tmp_path: Path) -> None:
    file = tmp_path / "areas.yaml"
    file.write_text(DOCUMENT.replace("      responses:", "      respones:", 1))
    result = CliRunner().invoke(main, ["serve", "--contract", str(file), "--port", "0"])
    assert result.exit_code == 2
    line = result.output.splitlines()[0].removeprefix(f"{tmp_path}/")
    assert line in PAGE
    assert "nothing is served." in result.output


def test_lint_knows_the_operations_of_the_contract(tmp_path: Path) -> None:
    document, scenario = tmp_path / "areas.yaml", tmp_path / "no-notifications.yaml"
    document.write_text(DOCUMENT)
    scenario.write_text(SCENARIO)
    assert CliRunner().invoke(main, ["lint", str(scenario), "--contract", str(document)]).exit_code == 0
    result = CliRunner().invoke(main, ["lint", str(scenario)])
    assert result.exit_code == 1
    assert "unknown operation 'list_notifications'" in result.output


def test_explain_knows_the_operations_of_the_contract(tmp_path: Path) -> None:
    document, scenario, request = tmp_path / "areas.yaml", tmp_path / "no-notifications.yaml", tmp_path / "request"
    document.write_text(DOCUMENT)
    scenario.write_text(SCENARIO)
    request.write_text("curl 'http://127.0.0.1:8000/api/v1/notifications?unread=true' -H 'authorization: Bearer t'")
    text = request.read_text()
    arguments = ["explain", str(scenario), "--request", str(request), "--contract", str(document)]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert "Turn 1 of 'no-notifications' answers this list_notifications request." in result.output
    request.write_text(text.replace("=true", "=perhaps"))
    assert "query parameter 'unread'" in CliRunner().invoke(main, arguments).output
