"""The documentation builds as a site without a warning, holds every page, and loads nothing from elsewhere."""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.project.source import ROOT

DOCS = ROOT / "docs"
PAGES = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))
PROJECT = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]

# A tag by which a browser loads something from another host without a click.
LOADED_FROM_ELSEWHERE = re.compile(
    r"<(?:script|img|iframe|source)\b[^>]*\bsrc=\"?https?://[^>]*>"
    r"|<link\b(?=[^>]*\brel=\"?(?:stylesheet|preconnect|preload|icon))[^>]*\bhref=\"?https?://[^>]*>"
)


def named(entries: list[object]) -> Iterator[str]:
    """Yield the pages of a list of `nav`, in order."""
    for entry in entries:
        for value in entry.values() if isinstance(entry, dict) else [entry]:
            if isinstance(value, list):
                yield from named(value)
            else:
                yield str(value)


def test_the_navigation_names_each_page_once() -> None:
    assert sorted(named(PROJECT["nav"])) == PAGES, "add the page to `nav` in zensical.toml"


def test_the_list_for_language_models_names_each_page_once() -> None:
    sections = PROJECT["plugins"]["llmstxt"]["sections"]
    listed = [
        path.relative_to(DOCS).as_posix() for globs in sections.values() for glob in globs for path in DOCS.glob(glob)
    ]
    assert sorted(listed) == PAGES, "add the page to a section of `llmstxt` in zensical.toml"


def test_links_out_of_the_documentation_name_the_repository() -> None:
    relative = [
        f"{page}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\((\.\.?/[^)#\s]+)", (DOCS / page).read_text(encoding="utf-8"))
        if not (DOCS / page).parent.joinpath(target).resolve().is_relative_to(DOCS)
    ]
    assert not relative, f"write {PROJECT['repo_url']}/blob/main/… instead"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site of a copy of the pages and return its folder."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copy(ROOT / "zensical.toml", folder)
    shutil.copytree(DOCS, folder / "docs")
    command = [str(Path(sys.executable).with_name("zensical")), "build", "--strict"]
    built = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=folder)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder / "site"


@pytest.mark.process
def test_the_site_builds_without_a_warning_and_has_a_page_in_html_and_markdown(site: Path) -> None:
    pages = {page.removesuffix("README.md").removesuffix(".md").rstrip("/").replace("index", "") for page in PAGES}
    assert {p for p in pages if not (site / p / "index.html").exists() or not (site / p / "index.md").exists()} == set()
    assert (site / "llms.txt").exists()


@pytest.mark.process
def test_the_site_loads_nothing_from_elsewhere(site: Path) -> None:
    found = [
        f"{page.relative_to(site)}: {tag}"
        for page in sorted(site.rglob("*.html"))
        for tag in LOADED_FROM_ELSEWHERE.findall(page.read_text(encoding="utf-8"))
    ]
    assert not found
