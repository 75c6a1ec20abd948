"""What is left open fails the test that left it open."""

from pathlib import Path

import pytest

import mockserver.testing.gateway  # noqa: F401 - loaded before pytest runs in pytest, which forgets what it loads
from tests.support.inner_pytest import run_alone

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.process

LEAK = """
import socket

class Client:
    def __init__(self):
        self.itself = self
        self.socket = socket.socket()

class Reader:
    def __init__(self):
        self.itself = self
        self.file = open(__file__)
"""


def run(pytester: pytest.Pytester, folder: str, **files: str) -> pytest.RunResult:
    """Run test files of a folder in a suite that has the plugin."""
    pytester.makeini("[pytest]\nfilterwarnings = error\n")
    pytester.syspathinsert(Path(__file__).parents[2])
    (pytester.path / folder).mkdir()
    for name, source in files.items():
        (pytester.path / folder / f"{name}.py").write_text(LEAK + source, encoding="utf-8")
    return run_alone(pytester, "-v", plugins=("tests.support.leaks",))


def test_a_leak_fails_the_test_that_opened_a_socket(pytester: pytest.Pytester) -> None:
    tests = "def test_leaks():\n    Client()\n\ndef test_is_innocent():\n    pass\n"
    result = run(pytester, "server", test_it=tests)
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["ERROR *::test_leaks - *PytestUnraisable*"])


def test_another_leak_fails_the_last_test_of_its_module(pytester: pytest.Pytester) -> None:
    leaks = "def test_leaks():\n    Reader()\n\ndef test_last():\n    pass\n"
    result = run(pytester, "core", test_a=leaks, test_b="def test_is_innocent():\n    pass\n")
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(["ERROR *test_a.py::test_last - *PytestUnraisable*"])


def test_a_leak_of_a_modules_own_fixture_fails_that_module(pytester: pytest.Pytester) -> None:
    leaks = "import pytest\n\n@pytest.fixture(scope='module')\ndef client():\n    return Client()\n\n"
    leaks += "def test_uses_it(client):\n    pass\n"
    result = run(pytester, "core", test_a=leaks, test_b="def test_is_innocent():\n    pass\n")
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["ERROR *test_a.py::test_uses_it - *PytestUnraisable*"])


def test_a_leak_that_outlives_its_module_fails_the_last_test_of_the_run(pytester: pytest.Pytester) -> None:
    holds = "held = []\n\ndef test_holds():\n    held.append(Client())\n"
    drops = "import test_a\n\ndef test_drops():\n    test_a.held.clear()\n"
    result = run(pytester, "core", test_a=holds, test_b=drops, test_c="def test_last():\n    pass\n")
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(["ERROR *test_c.py::test_last - *PytestUnraisable*"])
