"""What a program imports: the start of a command and of a test costs mostly that, so the heavy modules are counted.

A module of the table is imported where it is first needed. Time is not measured here; `make bench` does that.
"""

import os
import subprocess
import sys

import pytest

MODELS = ("pydantic", "yaml", "mockserver.accounts.schema", "mockserver.scenarios.schema", "mockserver.engine.chaos")
"""The models of files and what reads them."""
FAULTS = ("mockserver.faults.fault", "mockserver.faults.http", "mockserver.faults.framing")

SERVING = """
import sys
from mockserver.cli.main import main
from mockserver.server import uvicorn
uvicorn.run = lambda app, *socks, **options: options["ready"]()
main(["serve", "--port", "0", "--quiet"], standalone_mode=False)
"""
TESTING = """
from mockserver.testing.gateway import GatewaySession
from mockserver.testing.server_thread import server_thread
"""
ONE_TEST = f"""{TESTING}
with server_thread() as server:
    gateway = GatewaySession(server, "one").error(429, retry_after=2).reply("hi")
    gateway.assert_called(times=0)
    gateway.close()
"""

HELP = """
from mockserver.cli.main import main
main(["--help"], standalone_mode=False)
"""

PROGRAMS = {
    "mockserver --help": (HELP, (*MODELS, *FAULTS, "mockserver.exam.cases", "mockserver.engine.step", "asyncio")),
    "mockserver serve": (SERVING, (*MODELS, *FAULTS, "fastapi", "webbrowser", "faker", "httpcore2")),
    "the fixture": (TESTING, (*MODELS, *FAULTS, "mockserver.files.dry_run")),
    "a test of a built error and reply": (ONE_TEST, (*MODELS, *FAULTS)),
}
"""Title -> a program, and the modules that it must not have imported when it ends."""


def run(program: str) -> subprocess.CompletedProcess[str]:
    """Run a program with Python's cache, where the parsed contract is too; containers often turn it off."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=env)


@pytest.fixture(scope="module")
def parsed() -> None:
    """Parse the contract, which only the first start does."""
    assert run("from mockserver.files.contract import load_contract; load_contract()").returncode == 0


@pytest.mark.process
@pytest.mark.usefixtures("parsed")
@pytest.mark.parametrize("title", PROGRAMS)
def test_a_program_imports_only_what_it_uses(title: str) -> None:
    program, unwanted = PROGRAMS[title]
    ran = run(f"{program}\nimport sys; print(sorted(set({unwanted!r}) & set(sys.modules)), file=sys.stderr)")
    assert ran.stderr.strip().splitlines()[-1:] == ["[]"]
