"""The reports: each says what failed and why, and none lets a client's words act."""

import json
import re
from xml.etree import ElementTree as Xml

import pytest

from mockserver.exam.grades import RULE
from mockserver.exam.reports import FORMATS, github, html, terminal
from mockserver.exam.results import Bar
from tests.exam.support import EVIL, WHOLE, run_of

RENDERED = {report.name: report.render(WHOLE).decode() for report in FORMATS}


def test_the_terminal_tells_failures_with_remedies_then_the_table() -> None:
    text = "\n".join(terminal.lines(WHOLE))
    assert text.startswith(
        "FAIL  case-1  [credits]\n  gateway   Words.\n  right     Words.\n  why       Words. (Words.)"
    )
    assert "\n  remedy    Stop at 402.\n  +0.000s  1. POST /v1/messages\n  output\n" in text
    assert "\n  credits     1     1         1               1      1      F\n" in text
    assert f"\n  {RULE}\n" in text
    assert "Accepted by the baseline\n  case-2" in text
    assert "\nERROR  case-4  " in text
    assert "\nNot applicable\n  because of" in text
    assert "\nBaseline: x: passes now\nGrade F: 1 passed, 1 failed, 1 accepted, 1 not applicable, 1 error\n" in text
    assert text.endswith("\n  Anthropic: 2 requests; 12.0 s, seed 7")


def test_a_long_timeline_is_cut_in_the_terminal_alone() -> None:
    run = run_of("fail")
    run.results[0].timeline = "\n".join([f"line {number}" for number in range(20)])
    lines = list(terminal.lines(run))
    assert "  (8 earlier lines are in the other reports)" in lines
    assert ("line 7" in lines, "line 8" in lines) == (False, True)
    assert "line 0\\nline 1" in FORMATS[0].render(run).decode()


def test_a_run_without_cases_has_a_report_too() -> None:
    text = "\n".join(terminal.lines(run_of(stopped="cannot start 'agent'\nits output")))
    assert text.endswith(
        "\ncannot start 'agent'\nits output\nGrade -: no case was held\n  Anthropic: 2 requests; 12.0 s, seed 7"
    )


def test_a_line_of_progress_has_the_state_and_the_first_finding() -> None:
    passed, failed = WHOLE.results[:2]
    assert terminal.progress_line(passed) == "pass    1.5 s  case-0"
    assert terminal.progress_line(failed) == "FAIL    1.5 s  case-1: retried-in-vain"


def test_no_report_lets_a_client_move_the_cursor() -> None:
    lines = [*terminal.lines(WHOLE), *github.lines(WHOLE), github.summary(WHOLE)]
    assert not any("\x1b" in line for line in lines)


def test_the_page_loads_nothing_and_escapes_what_a_client_said() -> None:
    page = RENDERED["html"]
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert not re.search(r"(src|href)=", page)
    assert page.count("<svg") == 4, "a timeline for each case that was held"
    assert "&lt;script&gt;" in page


def test_a_timeline_has_a_row_for_each_exchange() -> None:
    drawn = html.draw([Bar(0.0, 1.0, 200, True, "fine"), Bar(2.0, 2.0, 500, False, "bad")])
    Xml.fromstring(drawn)
    assert drawn.count("<rect") == 2
    assert 'class="bad" x="450.0"' in drawn
    assert html.draw([]).count("<rect") == 0


def test_json_has_everything() -> None:
    value = json.loads(RENDERED["json"])
    assert (value["grade"], value["grades"]) == ("F", {"credits": "F"})
    assert [case["state"] for case in value["cases"]] == ["pass", "fail", "accepted", "not applicable", "error"]
    assert value["cases"][1]["findings"][0]["remedy"] == "Stop at 402."
    assert EVIL in value["cases"][1]["output"]


def test_junit_counts_failures_and_errors() -> None:
    [suite] = Xml.fromstring(RENDERED["junit"])
    counts = {name: suite.get(name) for name in ("tests", "failures", "skipped", "errors")}
    assert counts == {"tests": "6", "failures": "1", "skipped": "2", "errors": "2"}
    assert len(suite.findall("testcase")) == 6
    assert [len(suite.findall(f"testcase/{kind}")) for kind in ("failure", "skipped", "error")] == [1, 2, 2]


@pytest.mark.parametrize(("run", "words"), [(WHOLE, "F · 1/3"), (run_of("pass"), "A · 1/1"), (run_of(), "- · 0/0")])
def test_a_badge_has_the_grade(run: object, words: str) -> None:
    badge = FORMATS[-1].render(run)  # type: ignore[arg-type]  # pytest loses the type
    assert words in "".join(Xml.fromstring(badge).itertext())


def test_github_gets_an_annotation_for_each_failure_and_a_summary() -> None:
    lines = list(github.lines(run_of("fail", "error", stopped="interrupted", complaints=("Baseline: x",))))
    assert lines[0].startswith("::error title=exam%3A case-0::a 402, ")
    assert lines[0].endswith("Instead: Stop at 402.")
    assert lines[1] == "::error title=exam::interrupted"
    assert lines[3] == "::error title=exam::Baseline: x"
    summary = github.summary(WHOLE)
    assert summary.startswith("## Gateway exam: grade F\n")
    assert "| credits | 1 | 1 | 1 | F |" in summary
    assert "- **case-1**: a 402, &lt;script>" in summary
