"""An earlier run: what changed since then, and what is asked again."""

import json
from pathlib import Path

import pytest

from mockserver.core.errors import OperatorError
from mockserver.gate import previous_run
from mockserver.gate.options import read_options
from mockserver.gate.previous_run import PreviousRun, trend
from mockserver.gate.relay import Outgoing
from mockserver.gate.results import RunResults
from tests.gate.support import always, command

STATES = {"login": "broken", "me": "kept", "latency": "kept", "logout": "not examined", "unicode": "broken"}


def report(folder: Path, states: dict[str, str]) -> str:
    """Write a report with these states."""
    file = folder / "report.json"
    promises = [{"name": name, "state": state} for name, state in states.items()]
    file.write_text(json.dumps({"began": "2026-11-26T10:00:00Z", "profile": "smoke", "seed": 7, "promises": promises}))
    return str(file)


def test_a_trend_names_what_broke_what_was_healed_and_what_was_lost() -> None:
    results = RunResults()
    results.add_result("login", True, "", None)
    results.add_result("me", False, "status 500", None)
    results.add_result("unicode", False, "status 500", None)
    changed = trend(PreviousRun("yesterday", "smoke", 0, STATES), results)
    assert str(changed) == (
        "Since yesterday: 1 newly broken (me); 1 kept again (login); 1 no longer examined (latency)."
    )


def test_a_trend_without_a_change_says_so() -> None:
    assert str(trend(PreviousRun("yesterday", "smoke", 0, {}), RunResults())) == "Since yesterday: no change."


def test_a_replay_asks_again_what_was_broken(tmp_path: Path) -> None:
    settings = read_options(["http://localhost", "--replay", report(tmp_path, STATES)]).settings()
    assert (settings.only, settings.seed, settings.profile.name) == (("login", "unicode"), 7, "smoke")


def test_only_chooses_among_what_is_asked_again(tmp_path: Path) -> None:
    arguments = ["http://localhost", "--replay", report(tmp_path, STATES), "--only", "robustness"]
    assert read_options(arguments).settings().only == ("unicode",)


def test_a_replay_needs_something_broken(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="no broken promise to ask again"):
        read_options(["http://localhost", "--replay", report(tmp_path, {"me": "kept"})]).settings()


@pytest.mark.parametrize("content", ["{", "[]", '{"promises": [7]}'])
def test_what_is_no_report_is_said(content: str, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text(content)
    with pytest.raises(OperatorError, match="expected a report that --json wrote"):
        previous_run.read(file)
    with pytest.raises(OperatorError, match="cannot be read"):
        previous_run.read(tmp_path / "absent.json")


def test_a_report_of_the_gate_can_be_compared_and_asked_again(tmp_path: Path) -> None:
    first, page, suite = tmp_path / "1.json", tmp_path / "page.html", tmp_path / "junit.xml"
    teapot = Outgoing(418, [("content-type", "text/plain"), ("content-length", "3")], [b"tea"])
    with always(teapot) as url:
        command(url, "--profile", "smoke", "--only", "known-*", "--json", str(first), "--quiet")
        more = ("--previous", str(first), "--html", str(page), "--junit", str(suite))
        done = command(url, "--replay", str(first), *more, "--quiet")
    assert json.loads(first.read_text())["grade"] == "F"
    assert ": no change." in done.output
    assert "Grade F" in page.read_text()
    assert "Form of answers" in page.read_text()
    assert 'name="grade" value="F"' in suite.read_text()
    assert "known-media-type" not in suite.read_text(), "a status that is not listed has no media type"
