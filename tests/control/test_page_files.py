"""The page's files, checked without a browser: small, self-contained, and no parsing of HTML."""

import re
from pathlib import Path

import pytest

from mockserver.control.routes.server import PAGE

FOLDER = Path(__file__).resolve().parents[2] / "mockserver" / "control" / "page"
FILES = sorted(path.name for path in FOLDER.iterdir())
MOST_LINES = 400
OUTSIDE = re.compile(r"https?://(?!www\.w3\.org/2000/svg)")
MARKUP = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|eval\(")


def text(name: str) -> str:
    """Return the text of a page file."""
    return (FOLDER / name).read_text(encoding="utf-8")


def named(name: str) -> set[str]:
    """Return the page files that a file refers to."""
    return set(re.findall(r'(?:from "\./|/_mock/page/)([a-z]+\.[a-z]+)"', text(name)))


def test_every_file_is_served() -> None:
    assert sorted(PAGE) == FILES


@pytest.mark.parametrize("name", FILES)
def test_a_file_names_only_files_that_are_there(name: str) -> None:
    assert named(name) <= set(FILES)


def test_every_file_is_used() -> None:
    assert set().union(*[named(name) for name in FILES]) == set(FILES) - {"index.html"}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_one_subject(name: str) -> None:
    assert len(text(name).splitlines()) <= MOST_LINES


@pytest.mark.parametrize("name", FILES)
def test_a_file_takes_nothing_from_outside_and_parses_no_markup(name: str) -> None:
    assert OUTSIDE.findall(text(name)) == []
    assert MARKUP.findall(text(name)) == []


def test_the_document_has_no_script_and_no_style_of_its_own() -> None:
    html = text("index.html")
    assert re.findall(r"<script[^>]*>(?!</script>)", html) == []
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:", html) == []
