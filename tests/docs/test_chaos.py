"""docs/chaos.md, and what a shipped chaos profile needs: a profile that lacks something fails here, with what to do.

docs/extending/chaos-profile.md is the guide.
"""

import re
from pathlib import Path

import pytest

from mockserver.core.errors import AuthorError
from mockserver.files import loader
from mockserver.files.chaos_file import SHIPPED, load_profiles, read_profile
from mockserver.scenarios.schema import ErrorReply
from tools.chaos_table import PAGE, with_tables

FILES = loader.discover(SHIPPED)


def gaps(file: Path) -> list[str]:
    """Return what a profile's file lacks, each with how to add it."""
    try:
        profile = read_profile(file)
    except AuthorError as error:
        return [str(problem) for problem in error.problems]
    sentences = []
    if profile.name != file.stem:
        sentences.append(f"it is called {profile.name}: rename the file to {profile.name}.yaml")
    if not profile.about.endswith("."):
        sentences.append("it has no about: add a sentence that says what happens, with a period at its end")
    if f"| `{profile.name}` | {profile.about} |" not in PAGE.read_text("utf-8"):
        sentences.append("it has no row in docs/chaos.md: run python -m tools.chaos_table")
    return sentences


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_profile_lacks_nothing(file: Path) -> None:
    assert not (missing := gaps(file)), "\n".join([f"scenarios/chaos/{file.name}:", *missing])


def test_the_tables_are_up_to_date() -> None:
    page = PAGE.read_text("utf-8")
    assert page == with_tables(page), "docs/chaos.md is out of date: run python -m tools.chaos_table"


def test_the_example_is_a_profile(tmp_path: Path) -> None:
    [example] = re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    file = tmp_path / "example.yaml"
    file.write_text(example, encoding="utf-8")
    profiles, chosen = load_profiles(str(file))
    assert chosen == "busy-morning"
    assert len(profiles["busy-morning"].rules) == 2


def test_the_page_names_every_key_of_an_error() -> None:
    [row] = re.findall(r"^- `error` takes .*?(?=^- )", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert set(re.findall(r"`(\w+)`", row)) >= {"error", *ErrorReply.model_fields}
