"""Runs against real sockets: a sound gateway, broken targets, and the command itself."""

import itertools
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from mockserver.contracts.exchange import SentRequest
from mockserver.contracts.promises import PROMISES
from mockserver.contracts.reference import gateway
from mockserver.engine.step import Engine, EngineSettings
from mockserver.files.bundled import OPENAPI
from mockserver.files.contract import load_contract
from mockserver.files.library import load_library
from mockserver.gate.pace import how_far
from mockserver.gate.profiles import PROFILES
from mockserver.gate.relay import Outgoing, serving
from mockserver.gate.reports import FORMATS
from mockserver.gate.runner import Runner, RunSettings
from mockserver.server import uvicorn
from mockserver.server.asgi import Gateway
from tests.gate.support import command, reference_gateway, run

KINDS = [report.name for report in FORMATS]


@pytest.mark.slow
def test_the_other_gateway_keeps_every_promise_of_smoke() -> None:
    with reference_gateway() as (url, sleep):
        done = run(url, credentials=gateway.credentials(), sleep=sleep)
    assert [(entry.promise.name, entry.deviations) for entry in done.results.of("broken")] == []
    assert done.results.coverage > 95
    assert done.stopped == ""


@pytest.mark.slow
def test_our_mock_is_known_by_its_answers_and_helped_by_scenarios() -> None:
    contract = load_contract()
    library = load_library(contract, None)
    with uvicorn.running(Gateway(Engine(contract, library.scripts, EngineSettings()))) as url:
        done = run(url, exclude=("login-refused",))
    assert done.is_mock
    assert [(entry.promise.name, entry.deviations) for entry in done.results.of("broken")] == []


@pytest.mark.slow
def test_a_key_with_a_rate_window_is_no_broken_promise() -> None:
    with reference_gateway() as (url, sleep):
        done = run(url, key=gateway.LIMITED, sleep=sleep)
    assert done.results.of("broken") == []
    assert done.results.coverage > 70


def test_a_key_without_credits_leaves_promises_not_examined() -> None:
    with reference_gateway() as (url, _):
        done = run(url, key=gateway.EMPTY)
    assert done.results.of("broken") == []
    assert any("no credits left" in entry.reason for entry in done.results.of("not examined"))


@pytest.mark.slow
def test_the_documented_contract_alone_can_be_examined() -> None:
    with reference_gateway() as (url, sleep):
        done = run(url, credentials=gateway.credentials(), sleep=sleep, documented_only=True)
    assert done.results.of("broken") == []
    assert not any(entry.promise.is_observed for entry in done.results.entries.values())


def test_the_command_reports_in_every_form(tmp_path: Path) -> None:
    files = {kind: tmp_path / f"report.{kind}" for kind in KINDS}
    options = [part for kind, file in files.items() for part in (f"--{kind}", str(file))]
    with always_without_type() as url:
        done = command(url, "--profile", "smoke", "--only", "known-*", "--only", "login*", "--github", *options)
    assert done.exit_code == 1, done.output
    assert "BROKEN  known-media-type" in done.output
    assert "$KEY" in done.output
    assert "sk_gate_0123456789abcdef" not in done.output + "".join(file.read_text() for file in files.values())
    assert "title=contract%3A known-media-type::" in done.output
    report = json.loads(files["json"].read_text())
    assert {promise["name"]: promise["state"] for promise in report["promises"]}["known-media-type"] == "broken"
    suite = Xml.parse(files["junit"]).getroot().find("testsuite")
    assert suite is not None
    assert suite.get("failures") == "1"
    assert files["html"].read_text().startswith("<!doctype html>")
    assert "<script" not in files["html"].read_text()
    assert json.loads(files["sarif"].read_text())["runs"][0]["results"][0]["ruleId"] == "known-media-type"


def always_without_type() -> Any:
    from contextlib import contextmanager

    from mockserver.gate.relay import Upstream

    @contextmanager
    def both() -> Any:
        with reference_gateway() as (behind, _):
            upstream = Upstream(behind)

            def respond(request: SentRequest) -> Outgoing:
                status, headers, pieces = upstream.open(request)
                untyped = [(name, "text/plain" if name == "content-type" else value) for name, value in headers]
                return Outgoing(status, untyped, pieces)

            with serving(respond) as url:
                yield url

    return both()


@pytest.mark.slow
def test_a_baseline_accepts_what_is_known_and_fails_what_is_healed(tmp_path: Path) -> None:
    known = tmp_path / "baseline.yaml"
    with always_without_type() as url:
        arguments = (url, "--profile", "smoke", "--only", "known-*", "--baseline", str(known))
        assert command(*arguments, "--write-baseline").exit_code == 1
        done = command(*arguments)
        assert done.exit_code == 0, done.output
        assert "Accepted by the baseline" in done.output
        known.write_text("- {promise: known-media-type, since: 2020-01-01, why: old, until: 2020-02-02}\n")
        assert "which has passed" in command(*arguments).output
        known.write_text("- {promise: known-status, since: 2020-01-01, why: old}\n")
        assert "is kept now" in command(*arguments).output
        known.write_text("- {promise: known-stauts, since: 2020-01-01, why: old}\n")
        assert command(*arguments).exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("https://api.example.com",), "needs an API key"),
        (("ftp://x",), "not the URL of a gateway"),
        (("http://127.0.0.1:1", "--only", "nothing-like-it"), "no promise matches --only"),
        (("http://127.0.0.1:1", "--require", "lots"), "expected a percentage"),
        (("http://127.0.0.1:1", "--baseline", "/nowhere.yaml"), "cannot be read"),
        (("http://127.0.0.1:1",), "nothing listens there"),
    ],
)
def test_the_callers_mistakes_are_one_line_and_exit_code_2(arguments: tuple[str, ...], words: str) -> None:
    done = command(*arguments, "--quiet")
    assert done.exit_code == 2
    assert words in done.output
    assert "Traceback" not in done.output


@pytest.mark.slow
def test_coverage_can_be_required() -> None:
    with reference_gateway() as (url, _):
        done = command(url, "--profile", "smoke", "--only", "known-status", "--only", "login", "--require-all")
    assert done.exit_code == 3
    assert "100 % are required" in done.output


def test_a_run_says_how_far_it_is_and_how_long_the_rest_takes() -> None:
    seen: list[str] = []
    ticks = itertools.count(0.0)
    with reference_gateway() as (url, sleep):
        settings = RunSettings(url, PROFILES["smoke"], gateway.KEY, OPENAPI, only=("auth",), seconds=10_000)
        Runner(settings, progress=seen.append, sleep=sleep, clock=ticks.__next__).run()
    assert seen[0].startswith("1/")
    assert "left" not in seen[0]
    assert re.search(r"requests, about \d+ s left$", seen[-1])


def test_a_run_says_how_many_promises_are_broken_so_far() -> None:
    assert how_far("plain_answers", 3, 9, 1.0, 40, broken=2) == "3/9 plain answers, 40 requests, 2 broken"


def test_promises_are_listed_with_their_sources() -> None:
    done = command("promises")
    assert done.exit_code == 0
    assert all(name in done.output for name in PROMISES)


def test_the_contract_file_is_found() -> None:
    assert Path(OPENAPI).is_file()


BASELINES = {
    "until: soon": "until: expected a date",
    "until: 2027-01-31 10:00:00": "until: expected a date",
    "since: 2026": "since: expected a date",
    "why: ": "why: expected a reason",
    "promise: [login]": "no promise is named",
    "promise: logins": "did you mean 'login'?",
    "colour: red": "expected the keys promise, since and why",
}


@pytest.mark.parametrize(("change", "words"), BASELINES.items())
def test_a_mistake_in_a_baseline_is_said(change: str, words: str, tmp_path: Path) -> None:
    entry = {"promise": "login", "since": "2026-11-20", "why": "known"}
    name, _, value = change.partition(": ")
    entry[name] = value
    file = tmp_path / "known.yaml"
    file.write_text("- " + "\n  ".join(f"{key}: {text}" for key, text in entry.items()))
    done = command("http://127.0.0.1:1", "--baseline", str(file))
    assert done.exit_code == 2
    assert words in done.output


@pytest.mark.slow
def test_a_baseline_that_is_written_again_keeps_what_was_said_before(tmp_path: Path) -> None:
    known = tmp_path / "known.yaml"
    known.write_text("- {promise: known-media-type, since: 2020-01-01, why: an old proxy, until: 2099-01-01}\n")
    with always_without_type() as url:
        command(url, "--profile", "smoke", "--only", "known-*", "--baseline", str(known), "--write-baseline")
    assert "since: 2020-01-01\n  why: an old proxy\n  until: 2099-01-01" in known.read_text()


@pytest.mark.slow
def test_an_accepted_deviation_is_marked_in_every_report(tmp_path: Path) -> None:
    known, files = tmp_path / "known.yaml", {kind: tmp_path / kind for kind in KINDS}
    known.write_text("- {promise: known-media-type, since: 2020-01-01, why: an old proxy}\n")
    options = [part for kind, file in files.items() for part in (f"--{kind}", str(file))]
    with always_without_type() as url:
        done = command(url, "--profile", "smoke", "--only", "known-*", "--baseline", str(known), "--github", *options)
    assert done.exit_code == 0, done.output
    assert "1 kept, 0 broken, 1 accepted" in done.output
    assert "::error" not in done.output
    assert "its entry lists no deviations" in done.output
    result = json.loads(files["sarif"].read_text())["runs"][0]["results"][0]
    assert result["suppressions"] == [{"kind": "external", "justification": "since 2020-01-01: an old proxy"}]
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] > 1, "a checkout has the contract's file"
    assert Xml.parse(files["junit"]).find(".//skipped") is not None
    assert "Accepted since 2020-01-01: an old proxy" in files["html"].read_text()
