"""Runs every recipe of docs/testing.md as a test file of its own."""

import re
from pathlib import Path

import pytest

import mockserver.testing.gateway  # noqa: F401 - loaded before pytest runs in pytest, which forgets what it loads
from tests.support.inner_pytest import OURS, run_alone

pytest_plugins = ["pytester"]

DOC = (Path(__file__).parents[2] / "docs" / "testing.md").read_text(encoding="utf-8")
RECIPES = re.findall(r"^## (.+?)$|^```python\n(.*?)^```", "## First\n" + DOC, re.DOTALL | re.MULTILINE)


def recipes() -> list[tuple[str, str]]:
    """Return each recipe with the heading above it."""
    found, heading = [], ""
    for title, code in RECIPES:
        heading = title or heading
        if code:
            found.append((heading, code))
    return found


@pytest.mark.process
@pytest.mark.parametrize(("heading", "code"), recipes(), ids=[heading for heading, _ in recipes()])
def test_a_recipe_is_true(pytester: pytest.Pytester, heading: str, code: str) -> None:
    pytester.makepyfile(code)
    result = run_alone(pytester, "-q", plugins=(OURS, "anyio.pytest_plugin"))
    assert result.ret == 0, heading


def test_there_are_recipes_for_everything() -> None:
    assert len(recipes()) == 8
