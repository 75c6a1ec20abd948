"""`mockserver contract`, `pytest contracts`, `schemathesis run`: the same result. Processes, as users start them."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from mockserver.contracts.reference import gateway
from mockserver.files.bundled import OPENAPI
from mockserver.gate.relay import serving
from tests.gate.support import other_gateway
from tools.mutants.__main__ import MUTANTS, responder

ROOT = Path(OPENAPI).parent
RUN = (sys.executable, "-m")


@contextmanager
def target(mutant: str) -> Iterator[dict[str, str]]:
    """The other gateway, sound or with a fault; gives the environment in which all three find it."""
    given = gateway.credentials()
    with other_gateway() as (behind, _):
        if mutant:
            with serving(responder(MUTANTS[mutant], behind)) as url:
                yield environment(url, given)
        else:
            yield environment(behind, given)


def environment(url: str, given: dict[str, str]) -> dict[str, str]:
    """Every option from the environment, so that the three differ in nothing but the command."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GATE", "PYTEST", "COV"))}
    return kept | {
        "GATEWAY_URL": url,
        "GATEWAY_KEY": gateway.KEY,
        "GATE_PROFILE": "smoke",
        "GATE_EXHAUSTED_KEY": given["exhausted"],
        "GATE_LIMITED_KEY": given["limited"],
        "GATE_EXPIRED_TOKEN": given["expired"],
        "GATE_LOGIN": given["login"],
    }


def start(environ: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*RUN, *command], cwd=ROOT, env=environ, capture_output=True, text=True, check=False)


def by_the_command(environ: dict[str, str], folder: Path) -> tuple[int, set[str]]:
    """Exit code, and the broken promises."""
    file = folder / "report.json"
    done = start(environ, "mockserver", "contract", environ["GATEWAY_URL"], "--json", str(file))
    told = json.loads(file.read_text())
    return done.returncode, {one["name"] for one in told["promises"] if one["state"] == "broken"}


def by_pytest(environ: dict[str, str], folder: Path) -> tuple[int, set[str]]:
    """Exit code, and the tests that failed."""
    file = folder / "pytest.xml"
    options = ("-p", "no:cacheprovider", "-q", f"--junitxml={file}", "--gateway", environ["GATEWAY_URL"])
    done = start(environ, "pytest", "contracts", *options)
    failed = {case.get("name", "") for case in Xml.parse(file).iter("testcase") if case.find("failure") is not None}
    return done.returncode, {name.removeprefix("test_promise[").removesuffix("]") for name in failed}


def by_schemathesis(environ: dict[str, str], folder: Path) -> tuple[int, set[str]]:
    """Exit code, and what the scenes after the run call broken."""
    options = ("run", "openapi.yaml", "--phases", "examples", "--no-color")
    done = start(environ, "schemathesis.cli", "--config-file", "contracts/schemathesis.toml", *options)
    return done.returncode, set(re.findall(r"BROKEN  ([\w-]+)", done.stdout))


@pytest.mark.parametrize(
    ("mutant", "code", "broken"),
    [("", 0, set()), ("no-done", 1, {"chat-done"})],
    ids=["sound", "no [DONE]"],
)
def test_the_three_ways_agree(mutant: str, code: int, broken: set[str], tmp_path: Path) -> None:
    with target(mutant) as environ:
        found = {way.__name__: way(environ, tmp_path) for way in (by_the_command, by_pytest, by_schemathesis)}
    assert found == dict.fromkeys(found, (code, broken))


def test_a_baseline_is_in_force_in_all_three(tmp_path: Path) -> None:
    known = tmp_path / "known.yaml"
    known.write_text("- {promise: chat-done, since: 2026-11-20, why: an old proxy}\n")
    with target("no-done") as environ:
        environ |= {"GATE_BASELINE": str(known)}
        for way in (by_the_command, by_pytest, by_schemathesis):
            assert way(environ, tmp_path) == (0, set()), way.__name__
        known.write_text("- {promise: chat-done, since: 2026-10-01, why: an old proxy, until: 2026-10-02}\n")
        assert by_pytest(environ, tmp_path)[0] == 1


def test_pytest_says_why_it_cannot_run() -> None:
    done = start(
        environment("http://127.0.0.1:1", gateway.credentials()), "pytest", "contracts", "-p", "no:cacheprovider", "-q"
    )
    assert done.returncode == 2
    assert "the gate cannot run: http://127.0.0.1:1 cannot be examined: nothing listens there" in done.stdout
