"""The coverage of the gateway in pytest: what the clients of a suite have met, and which turns it never played."""

import json
import re
from pathlib import Path

import pytest

from mockserver.coverage.documented import documented_situations
from mockserver.coverage.storage import read_coverage
from mockserver.files.contract import load_contract
from mockserver.testing import server_thread
from tests.support.inner_pytest import OURS, run_alone

pytest_plugins = ["pytester"]

SUITE = """
import httpx, pytest, mockserver

def ask(gateway, **more):
    body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}], **more}
    try:
        return httpx.post(gateway.url + "/v1/messages", json=body, headers={"x-api-key": gateway.key})
    except httpx.HTTPError:
        return None

def test_added(gateway):
    gateway.reply("hi").reply("never")
    gateway.reply("nor this").fault("crlf")
    ask(gateway)

def test_file(gateway):
    gateway.play("weather.yaml")
    ask(gateway)
    gateway.play("weather.yaml").turn(reply="then")
    ask(gateway)

@pytest.mark.gateway({"scenario": "inline", "turns": [{"reply": "a"}, {"reply": "b"}]})
def test_marker(gateway):
    ask(gateway, stream=True)

def test_shipped(gateway):
    gateway.play("greeting")
    ask(gateway)

def test_broken_and_never_looked_at(gateway):
    gateway.reply("one two three").fault("reset", at=4)
    ask(gateway, stream=True)

def test_a_server_of_its_own():
    with mockserver.start() as gateway:
        gateway.error(429, retry_after=1)
        ask(gateway)
"""
WEATHER = "scenario: weather\nturns:\n  - reply: rain\n  - reply: sun\n"
OLD = WEATHER.replace("weather", "old")
QUIET = ("-q", "-p", "no:cacheprovider", "-p", "no:asyncio")
SITUATIONS = documented_situations(load_contract())


def line_of(text: str) -> int:
    """Return the line of the suite that has a text."""
    return next(number for number, line in enumerate(SUITE.strip().splitlines(), start=1) if text in line)


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(test_suite=SUITE)
    for name, text in (("weather", WEATHER), ("old", OLD)):
        pytester.path.joinpath(f"{name}.yaml").write_text(text)
    return pytester


def test_a_suite_sees_what_its_clients_met_and_which_turns_it_never_played(suite: pytest.Pytester) -> None:
    result = suite.runpytest_inprocess(*QUIET, "--gateway-coverage")
    result.assert_outcomes(passed=6)
    text = result.stdout.str()
    missing = re.findall(r"^  (\S+) ", text.partition("Never met")[2].partition("Never played")[0], re.M)
    met = SITUATIONS.keys() - missing
    assert met == {
        *("messages-operation", "anthropic-wire", "whole", "streamed", "end-turn"),
        *("rate-limited", "reset", "connection-faults"),
    }
    never = text.partition("Never played\n")[2].partition("\n\n")[0].splitlines()
    added, marker = line_of('.reply("never")'), line_of("@pytest.mark.gateway")
    assert [re.split(r"  +", line.strip()) for line in never] == [
        ["old.yaml:3", "the whole scenario, 2 turns"],
        [f"test_suite.py:{added}", "turn 2 of this line"],
        [f"test_suite.py:{added + 1}", "a turn of this line"],
        [f"test_suite.py:{line_of('then')}", "a turn of this line"],
        [f"test_suite.py:{marker}", "inline, turn 2"],
        ["weather.yaml:4", "weather, turn 2"],
    ]
    assert not server_thread.STARTED


@pytest.mark.parametrize("arguments", [["-k", "added"], ["--collect-only", "--gateway-coverage"]])
def test_without_an_option_or_without_tests_nothing_watches(suite: pytest.Pytester, arguments: list[str]) -> None:
    result = suite.runpytest_inprocess(*QUIET, *arguments)
    assert result.ret == 0
    assert "gateway coverage" not in result.stdout.str()


@pytest.mark.parametrize(("least", "code"), [("1", 0), ("90.5", 1)])
def test_too_little_fails_the_run(suite: pytest.Pytester, least: str, code: int) -> None:
    result = suite.runpytest_inprocess(*QUIET, "-k", "added", "--gateway-coverage-fail-under", least)
    assert result.ret == code
    assert ("--gateway-coverage-fail-under demands 90.5 %" in result.stdout.str()) == (code == 1)


def test_a_failed_run_keeps_its_exit_code(suite: pytest.Pytester) -> None:
    suite.makepyfile(test_wrong="import nowhere")
    result = suite.runpytest_inprocess(*QUIET, "test_wrong.py", "--gateway-coverage-fail-under", "90")
    assert result.ret == pytest.ExitCode.INTERRUPTED


def test_what_does_not_count_can_be_left_out_and_only_a_folder_looked_at(suite: pytest.Pytester) -> None:
    suite.mkdir("own")
    omit = ",".join({situation.group for situation in SITUATIONS.values()} - {"wires"})
    arguments = (
        "--gateway-coverage-omit",
        omit,
        "--gateway-coverage-omit=openai-wire",
        "--gateway-coverage-source=own",
    )
    result = suite.runpytest_inprocess(*QUIET, "-k", "added", *arguments)
    assert "Coverage of the gateway: 100 % (1 of 1 documented" in result.stdout.str()
    assert "old.yaml" not in result.stdout.str()


def test_a_misspelt_name_is_a_usage_error(suite: pytest.Pytester) -> None:
    result = suite.runpytest_inprocess(*QUIET, "--gateway-coverage-omit", "wire")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "--gateway-coverage-omit: no situation or group is called 'wire'; did you mean" in result.stderr.str()


def test_several_runs_add_up_in_a_file_and_a_page(suite: pytest.Pytester) -> None:
    shared = ("--gateway-coverage-append", "c.json", "--gateway-coverage-html", "c.html")
    suite.runpytest_inprocess(*QUIET, "-k", "added", *shared)
    suite.runpytest_inprocess(*QUIET, "-k", "server_of_its_own", *shared)
    assert {"whole", "rate-limited"} <= read_coverage(Path(suite.path, "c.json")).met
    assert b"never met" in Path(suite.path, "c.html").read_bytes()


def test_a_file_that_is_no_coverage_fails_the_run(suite: pytest.Pytester) -> None:
    suite.path.joinpath("c.json").write_text(json.dumps({"format": "other"}))
    result = suite.runpytest_inprocess(*QUIET, "-k", "added", "--gateway-coverage-append", "c.json")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "c.json: not a coverage of the gateway" in result.stdout.str()


@pytest.mark.process
def test_workers_are_merged(suite: pytest.Pytester) -> None:
    arguments = ("-n", "2", "--dist", "load", "--gateway-coverage-append", "c.json")
    result = run_alone(suite, *arguments, plugins=(OURS, "xdist"))
    result.assert_outcomes(passed=6)
    assert {"whole", "reset", "rate-limited"} <= read_coverage(Path(suite.path, "c.json")).met
    assert "weather.yaml:4" in result.stdout.str()
