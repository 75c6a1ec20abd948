"""`mockserver contract`, `pytest contracts` and `schemathesis run` give the same result.

Each is a process, as users start them. Processes are slow, so there are six: each way runs once where the baseline
accepts the gateway's only fault, and once where the baseline has expired. Options are tested in test_options.py.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias
from xml.etree import ElementTree as Xml

import pytest

from mockserver.contracts.reference import gateway
from mockserver.files.bundled import OPENAPI
from mockserver.gate.relay import serving
from tests.gate.support import closed_port, reference_gateway
from tools.mutants.catalogue import MUTANTS, responder

ROOT = Path(OPENAPI).parent
RUN = (sys.executable, "-m")
WHOLE_RUN = "test_the_run_was_finished_and_nothing_is_left_to_complain_of"

Way: TypeAlias = Callable[[dict[str, str], Path], tuple[int, set[str]]]


@contextmanager
def faulty_gateway() -> Iterator[str]:
    """Serve the reference gateway with one fault, no [DONE] at the end of a stream; yield its URL."""
    with reference_gateway() as (behind, _), serving(responder(MUTANTS["no-done"], behind)) as url:
        yield url


def environment(url: str) -> dict[str, str]:
    """Return an environment with every option, so that the three ways differ in nothing but the command.

    There is no GATE_LIMITED_KEY: with it a run waits for the rate limit to end.
    """
    credentials = gateway.credentials()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GATE", "PYTEST", "COV"))}
    return kept | {
        "GATEWAY_URL": url,
        "GATEWAY_KEY": gateway.KEY,
        "GATE_PROFILE": "smoke",
        "GATE_EXHAUSTED_KEY": credentials["exhausted"],
        "GATE_EXPIRED_TOKEN": credentials["expired"],
        "GATE_LOGIN": credentials["login"],
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # the suite needs no plugin, and importing all of ours takes two seconds
    }


def start(environ: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*RUN, *command], cwd=ROOT, env=environ, capture_output=True, text=True, check=False)


def by_the_command(environ: dict[str, str], folder: Path) -> tuple[int, set[str]]:
    """Return the exit code and the broken promises of the JSON report."""
    file = folder / "report.json"
    done = start(environ, "mockserver", "contract", environ["GATEWAY_URL"], "--json", str(file))
    report = json.loads(file.read_text())
    return done.returncode, {promise["name"] for promise in report["promises"] if promise["state"] == "broken"}


def by_pytest(environ: dict[str, str], folder: Path) -> tuple[int, set[str]]:
    """Return the exit code and the tests that failed, without the one of the whole run, which reports the baseline."""
    file = folder / "pytest.xml"
    options = ("-p", "no:cacheprovider", "-q", f"--junitxml={file}", "--gateway", environ["GATEWAY_URL"])
    done = start(environ, "pytest", "contracts", *options)
    failed = {case.get("name", "") for case in Xml.parse(file).iter("testcase") if case.find("failure") is not None}
    return done.returncode, {name.removeprefix("test_promise[").removesuffix("]") for name in failed - {WHOLE_RUN}}


def by_schemathesis(environ: dict[str, str], folder: Path) -> tuple[int, set[str]]:
    """Return the exit code and the promises that the probes after the run call broken."""
    options = ("run", "openapi.yaml", "--phases", "examples", "--no-color")
    done = start(environ, "schemathesis.cli", "--config-file", "contracts/schemathesis.toml", *options)
    return done.returncode, set(re.findall(r"BROKEN  ([\w-]+)", done.stdout))


WAYS: tuple[Way, ...] = (by_the_command, by_pytest, by_schemathesis)


@pytest.mark.process
@pytest.mark.parametrize(
    ("end", "code", "broken"),
    [("", 0, set()), (", until: 2026-10-02", 1, {"chat-done"})],
    ids=["accepted", "no longer accepted"],
)
def test_the_three_ways_agree(end: str, code: int, broken: set[str], tmp_path: Path) -> None:
    known = tmp_path / "known.yaml"
    known.write_text(f"- {{promise: chat-done, since: 2026-10-01, why: an old proxy{end}}}\n")

    def result(way: Way) -> tuple[int, set[str]]:
        with faulty_gateway() as url:  # one for each: a balance must not move because of another run
            return way(environment(url) | {"GATE_BASELINE": str(known)}, tmp_path)

    with ThreadPoolExecutor() as pool:
        results = dict(zip(WAYS, pool.map(result, WAYS), strict=True))
    assert results == dict.fromkeys(WAYS, (code, broken))


@pytest.mark.process
def test_pytest_says_why_it_cannot_run() -> None:
    url = f"http://127.0.0.1:{closed_port()}"
    done = start(environment(url), "pytest", "contracts", "-p", "no:cacheprovider", "-q")
    assert done.returncode == 2
    assert f"the gate cannot run: {url} cannot be examined: nothing listens there" in done.stdout
