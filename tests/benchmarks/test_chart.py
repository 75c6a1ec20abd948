"""The chart: well-formed, a bar for each figure, on the side of the goal on which it belongs."""

import re
from xml.etree import ElementTree

import pytest

from benchmarks.chart import LABELS, VALUES, WIDTH, chart
from benchmarks.goals import Figure

MIDDLE = LABELS + (WIDTH - VALUES - LABELS) / 2
SVG = "{http://www.w3.org/2000/svg}"


def bar(ratio: float) -> dict[str, str]:
    """Return the attributes of the bar of a goal whose limit is 1.5."""
    (found,) = ElementTree.fromstring(chart({"whole.cpu": Figure(ratio, 1.0, ratio)})).iter(f"{SVG}rect")
    return found.attrib


@pytest.mark.parametrize(("ratio", "kind"), [(0.75, "met"), (1.5, "met"), (3.0, "missed")])
def test_a_bar_says_whether_its_goal_is_met(ratio: float, kind: str) -> None:
    assert bar(ratio)["class"] == kind


def test_a_better_figure_is_to_the_left_of_the_goal_and_a_worse_one_to_the_right() -> None:
    better, worse = bar(0.75), bar(3.0)
    assert float(better["x"]) + float(better["width"]) == pytest.approx(MIDDLE, abs=0.1)
    assert float(worse["x"]) == pytest.approx(MIDDLE, abs=0.1)
    assert better["width"] == worse["width"]  # twice as good, twice as bad


def test_a_bar_ends_with_the_picture() -> None:
    far = bar(1_000.0)
    assert float(far["x"]) + float(far["width"]) == pytest.approx(WIDTH - VALUES, abs=0.1)


def test_the_picture_is_described_for_those_who_do_not_see_it() -> None:
    picture = ElementTree.fromstring(chart({"whole.cpu": Figure(1.0, 1.0, 1.0)}))
    assert picture.attrib["role"] == "img"
    assert picture.findtext(f"{SVG}title") == "1 of 1 goals met; each bar shows the distance from its goal"


def test_the_text_has_a_colour_for_each_colour_scheme() -> None:
    assert re.search(r"text\{[^}]*fill:.*prefers-color-scheme:dark\)\{text\{fill:", chart({}))
