"""Every example of docs/javascript.md runs: in its runner, with the official SDKs."""

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.browser.conftest import FLAGS, executable
from tests.browser.site import serving
from tests.js.project import ROOT, Project, make_project

pytestmark = pytest.mark.process

DOC = (ROOT / "docs" / "javascript.md").read_text(encoding="utf-8")
FAILING = Path(__file__).parent / "programs" / "failing"
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
REASONS = ("matched nothing:", "a stray question", "an error of its own", "what was asked")

SET_UP = "ainative-mockserver/global-setup"
JEST = {"testMatch": ["**/*.test.mjs"], "transform": {}, "globalSetup": SET_UP}
STRICT = {
    "strict": True,
    "module": "nodenext",
    "target": "es2022",
    "noEmit": True,
    "types": ["node"],
    "skipLibCheck": True,
}


def playwright_config(app: str) -> str:
    """Return a configuration with the Chromium of the browser tests and the address of the app."""
    launch = {"executablePath": executable(), "args": FLAGS}
    config = {"workers": 1, "globalSetup": SET_UP, "use": {"baseURL": app, "launchOptions": launch}}
    return f"export default {json.dumps(config)};\n"


@pytest.fixture(scope="module")
def output_of(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Return a function that runs a runner's examples and two tests that fail, once, and returns what it printed."""

    @cache
    def run(runner: str) -> str:
        project = make_project(tmp_path_factory.mktemp(runner), package)
        project.write("package.json", json.dumps({"type": "module", "jest": JEST}))
        for _, file, text in [recipe for recipe in RECIPES if recipe[0] == runner]:
            project.write(file, text)
        for file in [FAILING / "ask.mjs", *FAILING.glob(f"{runner}.*")]:
            project.write(file.name, file.read_text(encoding="utf-8"))
        with serving(ROOT / "examples") as app:
            project.write("playwright.config.mjs", playwright_config(app))
            ran = project.run(*COMMANDS[runner], NO_COLOR="1", **SETTINGS.get(runner, {}))
        assert ran.returncode == 1, ran.stdout + ran.stderr
        return ran.stdout + ran.stderr

    return run


def test_every_example_names_its_runner() -> None:
    assert len(RECIPES) == len(re.findall(r"^```(?:js|ts)\n", DOC, re.MULTILINE))
    assert {runner for runner, _, _ in RECIPES} == set(COMMANDS)


@pytest.mark.parametrize("runner", COMMANDS)
def test_the_examples_of_a_runner_pass(runner: str, output_of: Callable[[str], str]) -> None:
    assert PASSED[runner] in output_of(runner), output_of(runner)


@pytest.mark.parametrize("runner", COMMANDS)
def test_a_failure_has_the_near_misses_and_the_timeline(runner: str, output_of: Callable[[str], str]) -> None:
    output = output_of(runner)
    assert [reason for reason in REASONS if reason not in output] == [], output


def test_the_example_agent_passes_its_tests(project: Project) -> None:
    for file in (ROOT / "examples" / "node").iterdir():
        project.write(file.name, file.read_text(encoding="utf-8"))
    ran = project.run(*COMMANDS["node"])
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_examples_in_typescript_have_the_right_types(project: Project) -> None:
    for _, file, text in RECIPES:
        if file.endswith(".ts"):
            project.write(file, text)
    project.write("tsconfig.json", json.dumps({"compilerOptions": STRICT, "include": ["*.ts"]}))
    checked = project.run("tsc")
    assert checked.returncode == 0, checked.stdout
