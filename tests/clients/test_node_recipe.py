"""The recipe for other languages in docs/testing.md is run: by node, with the official SDK."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.roster import HERE, PACKAGES, TIME_LIMIT

DOC = (HERE.parent.parent / "docs" / "testing.md").read_text(encoding="utf-8")
[RECIPE] = re.findall(r"^```js\n(.*?)^```", DOC, re.DOTALL | re.MULTILINE)


def node(folder: Path, packages: str, recipe: str) -> subprocess.CompletedProcess[str]:
    """Run the recipe as a test file of a project that has these packages installed."""
    modules = PACKAGES / packages / "node_modules"
    assert modules.is_dir(), f"{modules} is not there: run {HERE / 'install.sh'}"
    (folder / "node_modules").symlink_to(modules)
    (folder / "agent.test.mjs").write_text(recipe, encoding="utf-8")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        ["node", "--test"],
        cwd=folder,
        env={"PATH": path},
        capture_output=True,
        encoding="utf-8",
        timeout=TIME_LIMIT,
        check=False,
    )


@pytest.mark.parametrize("packages", ["node", "node-previous"])
def test_the_recipe_is_true(tmp_path: Path, packages: str) -> None:
    ran = node(tmp_path, packages, RECIPE)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "pass 1" in ran.stdout


def test_a_client_that_does_something_else_fails_it_and_the_test_says_why(tmp_path: Path) -> None:
    recipe = RECIPE.replace('"greeting"', '"tool-round-trip"').replace("  const message = await", "  await")
    recipe = re.sub(r"^ +assert\.equal\(message.*\n", "", recipe, flags=re.MULTILINE)
    recipe = recipe.replace("messages });", "messages }).catch(() => {});")
    ran = node(tmp_path, "node", recipe)
    assert ran.returncode == 1
    assert "Request 1 (POST /v1/messages) matched nothing" in ran.stdout  # where node puts what a test wrote to stderr
    assert "expected read_file" in ran.stdout
