"""The terminal's picture shows what was typed and printed; `make pictures` makes it from the real commands."""

import re

from tests.project.source import ROOT
from tools.pictures.cast import COLUMNS, Scene, drawn

GREEN = "\x1b[32m2 kept\x1b[0m, <none> broken"


def shown(svg: str) -> list[str]:
    """Return the lines of the picture as a person reads them."""
    return [re.sub(r"<[^>]+>", "", line) for line in re.findall(r"<text [^>]*>(.*?)</text>", svg)]


def test_each_command_is_followed_by_its_output() -> None:
    picture = drawn([Scene("mockserver lint", "1 file checked\n"), Scene("ls", "a.yaml\nb.yaml\n")])
    assert shown(picture) == ["$ mockserver lint", "1 file checked", "", "$ ls", "a.yaml", "b.yaml"]


def test_colours_become_classes_and_markup_is_escaped() -> None:
    assert '<tspan class="green">2 kept</tspan>, &lt;none&gt; broken' in drawn([Scene("x", GREEN)])


def test_a_long_line_is_cut_at_the_edge_of_the_window() -> None:
    [_, line] = shown(drawn([Scene("x", "y" * 200)]))
    assert line == "y" * (COLUMNS - 1) + "…"


def test_lines_appear_one_after_the_other() -> None:
    percents = [float(number) for number in re.findall(r"([\d.]+)% \{ opacity: 1", drawn([Scene("x", "1\n2\n3")]))]
    assert percents == sorted(set(percents))


def test_the_committed_picture_loads_nothing_from_elsewhere() -> None:
    picture = (ROOT / "docs/pictures/terminal.svg").read_text(encoding="utf-8")
    assert re.findall(r"(?:href|src|url\()[^ ]*", picture) == []
