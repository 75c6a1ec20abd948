"""GitHub Actions: a summary on the page of the job, and annotations that point only at files that exist."""

import json
from pathlib import Path
from urllib.parse import quote

import pytest

from mockserver.files.bundled import OPENAPI
from mockserver.gate.relay import Outgoing
from mockserver.gate.reports.github_summary import _cell
from mockserver.gate.reports.places import Places
from tests.gate.support import always, command

TEAPOT = Outgoing(418, [("content-type", "text/plain"), ("content-length", "3")], [b"tea"])


def test_the_summary_has_the_verdict_and_the_causes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "summary.md"
    file.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(file))
    with always(TEAPOT) as url:
        command(url, "--profile", "smoke", "--only", "known-status", "--github", "--quiet")
    written = file.read_text()
    assert written.startswith("before\n## Contract of ")
    assert "**1 promise broken: 0 kept, 1 broken" in written
    assert (
        "| `known-status`: Every status is one that the document lists for the operation. | status 418; the" in written
    )
    assert "\n<details><summary>Ask again</summary>\n\n`known-status`\n\n```sh\ncurl -sS -i \\\n" in written


def test_a_summary_that_cannot_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    with always(TEAPOT) as url:
        done = command(url, "--profile", "smoke", "--only", "known-status", "--github", "--quiet")
    assert "cannot be written" in done.output


def test_nothing_that_a_target_says_is_markup() -> None:
    assert _cell("a | b\n<img src=x> `c`") == "a \\| b\\\\n\\<img src=x\\> \\`c\\`"


def test_an_annotation_has_no_file_where_the_repository_has_none(tmp_path: Path) -> None:
    assert Places(Path(OPENAPI), tmp_path).file == ""
    (tmp_path / "openapi.yaml").write_text("another document")
    assert Places(Path(OPENAPI), tmp_path).file == ""
    (tmp_path / "openapi.yaml").write_bytes(Path(OPENAPI).read_bytes())
    assert Places(Path(OPENAPI), tmp_path).file == "openapi.yaml"


def test_another_contract_is_named_as_its_repository_does(tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()
    contract = tmp_path / "api" / "petstore.yaml"
    contract.write_text("paths: {}")
    assert Places(contract, tmp_path).file == "api/petstore.yaml"
    assert Places(contract, tmp_path / "api" / "..").file == "api/petstore.yaml"
    assert Places(contract, tmp_path / "elsewhere").file == ""


def test_reports_without_a_file_name_no_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with always(TEAPOT) as url:
        done = command(url, "--profile", "smoke", "--only", "known-status", "--github", "--sarif", "s", "--quiet")
    assert "::error title=contract%3A known-status::" in done.output
    assert quote("openapi.yaml") not in done.output
    assert "locations" not in json.loads(Path("s").read_text())["runs"][0]["results"][0]
