"""What a run leaves in docs/: table, page, figures."""

from pathlib import Path

import pytest

from benchmarks.goals import GOALS, Figure
from benchmarks.machine import Setting
from benchmarks.page import BEGIN, END, circumstances, loaded, number, saved, table, with_run, write

FIGURES = {"whole.cpu": Figure(90.0, 30.0, 3.0), "memory.growth": Figure(12.34567)}
SETTING = Setting("2 cores", "Python 3.11", "abc1234567", "2026-11-27", 0.05, 240.0)
PAGE = f"# Speed\n\n{BEGIN}\nold\n{END}\n\nThe end.\n"


def test_the_table_has_a_row_for_each_goal() -> None:
    lines = table(FIGURES).splitlines()[2:]
    assert len(lines) == len(GOALS)
    assert lines[0] == (
        "| whole answer, 16 connections | CPU µs a request | 90 | 30 (bare uvicorn) | 3.00 "
        "| at most 1.50 × bare uvicorn | **no**: 2.00 times the goal |"
    )
    assert sum("| not measured |" in line for line in lines) == len(GOALS) - len(FIGURES)


def test_a_row_without_a_baseline_has_neither_that_nor_a_ratio() -> None:
    assert table({"memory.growth": FIGURES["memory.growth"]}, only=True).splitlines()[2].split(" | ")[2:] == [
        "12.3",
        "–",
        "–",
        "at most 20",
        "met |",
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1234.5, "1,234"), (12.34, "12.3"), (1.234, "1.23"), (0.0, "0"), (100.0, "100"), (-0.5, "-0.50")],
)
def test_a_number_has_about_three_digits(value: float, expected: str) -> None:
    assert number(value) == expected


def test_a_run_beside_others_says_that_its_figures_are_noise() -> None:
    assert "noise" not in circumstances(SETTING)
    assert "used 1.50 cores meanwhile: rates and latencies are noise" in circumstances(SETTING._replace(others=1.5))


def test_a_run_replaces_the_one_between_the_markers() -> None:
    page = with_run(PAGE, FIGURES, SETTING)
    assert page.startswith("# Speed\n\n<!-- ")
    assert page.endswith("-->\n\nThe end.\n")
    assert "old" not in page
    assert f"1 of {len(GOALS)} goals are met." in page
    assert with_run(page, FIGURES, SETTING) == page


def test_a_page_without_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="needs the lines <!--"):
        with_run("# Speed\n", FIGURES, SETTING)


def test_figures_are_read_back_with_four_digits() -> None:
    assert loaded(saved(FIGURES, SETTING)) == {"whole.cpu": Figure(90.0, 30.0, 3.0), "memory.growth": Figure(12.35)}


def test_a_run_is_written_as_page_chart_and_figures(tmp_path: Path) -> None:
    (tmp_path / "performance.md").write_text(PAGE, encoding="utf-8")
    write(tmp_path, FIGURES, SETTING)
    assert {file.name for file in tmp_path.iterdir()} == {f"performance.{kind}" for kind in ("md", "svg", "json")}
    assert loaded((tmp_path / "performance.json").read_bytes())["whole.cpu"].ratio == 3.0
