"""What an agent can read: the pages of the documentation, the JSON Schema of scenarios, and the shipped scenarios."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

from mockserver.core.errors import OperatorError, did_you_mean
from mockserver.files import bundled, loader
from mockserver.files.docs_pages import docs_page, docs_pages, title_of
from mockserver.files.editor_schema import file_schema
from mockserver.files.kinds import KINDS

SKILL = Path(__file__).with_name("skill.md")
"""What teaches an agent to use the mock; users copy it into their repositories."""

SCHEME = "mockserver://"


class ReadingMatter(NamedTuple):
    """A text under an address of its own, or a template of addresses, whose variables `read` takes."""

    uri: str
    title: str
    mime_type: str
    read: Callable[..., str]


PAGES: Mapping[str, str] = {
    "scenarios": "The scenario language: every key, by examples",
    "faults": "The table of faults, with their parameters",
    "testing": "The pytest fixture and the verdict",
    "chaos": "Chaos profiles: faults by chance",
    "accounts": "Keys, plans, credits and limits",
    "client-acts": "What real clients send and do by default",
}
"""The pages that are listed; every other page can be read by its name too."""


def listed() -> tuple[ReadingMatter, ...]:
    """Return what is listed for an agent."""
    pages = [
        ReadingMatter(f"{SCHEME}docs/{name}", title, "text/markdown", partial(docs_page, name))
        for name, title in PAGES.items()
    ]
    return (
        *pages,
        ReadingMatter(f"{SCHEME}docs", "All pages of the documentation", "text/plain", index),
        ReadingMatter(f"{SCHEME}schema", "The JSON Schema of scenario files", "application/json", schema),
        ReadingMatter(f"{SCHEME}scenarios", "The shipped scenarios", "text/plain", scenarios),
        ReadingMatter(f"{SCHEME}skill", "How to use these tools", "text/markdown", skill),
    )


def index() -> str:
    """Return the address and title of every page."""
    return "\n".join([f"{SCHEME}docs/{name}  {title_of(file)}" for name, file in docs_pages().items()])


def schema() -> str:
    """Return the JSON Schema of scenario files."""
    return file_schema(KINDS["scenario"])


@cache
def _files() -> Mapping[str, Path]:
    return {file.stem: file for file in loader.discover(bundled.SCENARIOS)}


def scenarios() -> str:
    """Return the address of every shipped scenario, with what it is about."""
    about = {name: loader.load(file).scenario.about for name, file in _files().items()}
    return "\n".join([f"{SCHEME}scenarios/{name}  {words}" for name, words in about.items()])


def scenario(name: str) -> str:
    """Return the text of a shipped scenario. Raises `OperatorError` with the nearest name."""
    if name not in _files():
        raise OperatorError(f"no shipped scenario is called '{name}'; {did_you_mean(name, _files())}")
    return _files()[name].read_text(encoding="utf-8")


def skill() -> str:
    """Return the skill."""
    return SKILL.read_text(encoding="utf-8")


TEMPLATES = (
    ReadingMatter(f"{SCHEME}docs/{{+name}}", "A page of the documentation, by its name", "text/markdown", docs_page),
    ReadingMatter(f"{SCHEME}scenarios/{{name}}", "A shipped scenario, by its name", "application/yaml", scenario),
)
"""What can be read by a name that the lists above give."""
