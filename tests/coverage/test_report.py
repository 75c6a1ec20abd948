"""The report of a coverage: figures, the missing turns, what was never played, the next tests."""

import re

import orjson

from mockserver.coverage.documented import documented_situations
from mockserver.coverage.html import render
from mockserver.coverage.report import CoverageReport, as_json, lines
from mockserver.coverage.value import GatewayCoverage, TurnPlace
from mockserver.files.contract import load_contract

SITUATIONS = documented_situations(load_contract(), ["operations", "wires", "faults", "account"])
A1, A2 = TurnPlace("a.yaml", 3, "a, turn 1"), TurnPlace("a.yaml", 4, "a, turn 2")
B1, B2 = TurnPlace("b.yaml", 3, "b, turn 1"), TurnPlace("b.yaml", 4, "b, turn 2")
T = TurnPlace("test_x.py", 7, "a turn of this line")
COVERAGE = GatewayCoverage(frozenset({"whole", "rate-limited", "gone"}), frozenset({A1, A2, T}), frozenset({A1}))


def test_the_figures_count_documented_situations_and_known_turns() -> None:
    report = CoverageReport(COVERAGE, SITUATIONS, [B1, B2])
    assert report.met == {"whole", "rate-limited"}
    assert report.percent == 100 * 2 / len(SITUATIONS)
    assert report.unplayed == [A2, B1, B2, T]
    assert "(2 of 34 documented situations met); 1 of 5 turns played" in report.headline


def test_a_report_of_nothing_is_complete() -> None:
    report = CoverageReport(GatewayCoverage(), {})
    assert (report.percent, list(lines(report))) == (
        100.0,
        ["", "Coverage of the gateway: 100 % (0 of 0 documented situations met)"],
    )


def test_almost_all_is_not_a_hundred_percent() -> None:
    many = {str(number): SITUATIONS["whole"] for number in range(1000)}
    report = CoverageReport(GatewayCoverage(frozenset(map(str, range(999)))), many)
    assert report.headline.startswith("Coverage of the gateway: 99 %")


def test_the_next_tests_are_of_different_groups() -> None:
    report = CoverageReport(COVERAGE, SITUATIONS)
    assert [situation.name for situation in report.next] == ["ends-early", "no-credits", "broken-arguments"]
    few = {name: SITUATIONS[name] for name in ("whole", "no-credits", "unavailable")}
    assert [one.name for one in CoverageReport(COVERAGE, few).next] == ["no-credits", "unavailable"]


def test_the_terminal_shows_each_missing_turn_and_what_was_never_played() -> None:
    text = "\n".join(lines(CoverageReport(COVERAGE, SITUATIONS, [B1, B2])))
    assert re.search(r"^  answers +1 of 6$", text, re.M)
    assert re.search(r"^  no-credits +error: \{status: 402\}$", text, re.M)
    assert not re.search(r"^  rate-limited ", text, re.M)
    never = text.partition("Never played\n")[2].partition("\n\n")[0].splitlines()
    assert [line.split(maxsplit=1) for line in never] == [
        ["a.yaml:4", "a, turn 2"],
        ["b.yaml:3", "the whole scenario, 2 turns"],
        ["test_x.py:7", "a turn of this line"],
    ]
    assert "The next 3 tests to write:\n\n  def test_ends_early(gateway):  # a proper end that comes too early" in text


def test_one_next_test_is_one() -> None:
    few = {"whole": SITUATIONS["whole"], "no-credits": SITUATIONS["no-credits"]}
    assert "The next test to write:" in list(lines(CoverageReport(COVERAGE, few)))


def test_programs_get_the_same() -> None:
    document = as_json(CoverageReport(COVERAGE, SITUATIONS))
    assert orjson.loads(orjson.dumps(document)) == document
    assert document["turns"] == [
        {"path": "a.yaml", "line": 3, "turn": "a, turn 1", "played": True},
        {"path": "a.yaml", "line": 4, "turn": "a, turn 2", "played": False},
        {"path": "test_x.py", "line": 7, "turn": "a turn of this line", "played": False},
    ]


def test_the_page_is_one_file_that_loads_nothing_and_escapes() -> None:
    wicked = TurnPlace("<script>.yaml", 1, "<b>, turn 1")
    page = render(CoverageReport(COVERAGE, SITUATIONS, [wicked])).decode()
    assert "&lt;script&gt;.yaml:1" in page
    assert not re.search(r"<script|<link|src=|https?://|url\(", page)
    for words in ("default-src 'none'", "<h2>The next tests to write</h2>", "error: {status: 402}"):
        assert words in page


def test_the_page_of_a_complete_coverage_has_no_gaps() -> None:
    page = render(CoverageReport(GatewayCoverage(frozenset(SITUATIONS)), SITUATIONS)).decode()
    assert "Coverage of the gateway: 100 %" in page
    assert not re.search("never met|Turns:|next tests", page)
