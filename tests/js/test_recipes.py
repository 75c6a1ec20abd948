"""Every example of docs/javascript.md runs: in its runner, with the official SDKs."""

import json
import re

import pytest

from tests.browser.conftest import FLAGS, executable
from tests.browser.site import serving
from tests.js.project import ROOT, Project

pytestmark = pytest.mark.process

DOC = (ROOT / "docs" / "javascript.md").read_text(encoding="utf-8")
RECIPES = re.findall(r"^```(?:js|ts)\n// (\w+): (\S+)\n(.*?)^```", DOC, re.DOTALL | re.MULTILINE)
"""Runner, file and text of each example."""

COMMANDS = {
    "node": ["node", "--test", "--test-reporter=tap"],
    "vitest": ["vitest", "run"],
    "jest": ["jest"],
    "playwright": ["playwright", "test", "--reporter=line"],
}
SETTINGS = {"jest": {"NODE_OPTIONS": "--experimental-vm-modules"}}
PASSED = {"node": "# pass 1", "vitest": "2 passed", "jest": "1 passed", "playwright": "1 passed"}

JEST = '{"private": true, "type": "module", "jest": {"testMatch": ["**/*.test.mjs"], "transform": {}}}'


def playwright_config(app: str) -> str:
    """Return a configuration with the Chromium of the browser tests and the address of the app."""
    launch = {"executablePath": executable(), "args": FLAGS}
    return f"export default {json.dumps({'workers': 1, 'use': {'baseURL': app, 'launchOptions': launch}})};\n"


def test_every_example_names_its_runner() -> None:
    assert len(RECIPES) == len(re.findall(r"^```(?:js|ts)\n", DOC, re.MULTILINE))
    assert {runner for runner, _, _ in RECIPES} == set(COMMANDS)


@pytest.mark.parametrize("runner", COMMANDS)
def test_the_examples_of_a_runner_pass(runner: str, project: Project) -> None:
    if runner == "jest":
        project.write("package.json", JEST)
    for _, file, text in [recipe for recipe in RECIPES if recipe[0] == runner]:
        project.write(file, text)
    with serving(ROOT / "examples") as app:
        project.write("playwright.config.mjs", playwright_config(app))
        ran = project.run(*COMMANDS[runner], **SETTINGS.get(runner, {}))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert PASSED[runner] in ran.stdout + ran.stderr
