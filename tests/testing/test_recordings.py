"""Recordings of tests: the modes of vcrpy, one file a test, strict in CI."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mockserver.core.errors import OperatorError
from mockserver.testing.recordings import MODES, GatewayRecording, chosen_mode, recording_file, with_key
from mockserver.upstream.recorder import today
from tests.support.inner_pytest import OURS, run_alone
from tests.support.sockets import Served, serving

pytest_plugins = ["pytester"]

SOURCE = """
import httpx, pytest

def ask(gateway, text="Hello"):
    body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": text}]}
    return httpx.post(gateway.url + "/v1/messages", json=body, headers={"x-api-key": gateway.key})

@pytest.mark.gateway(record=True)
def test_hello(gateway):
    assert ask(gateway).json()["content"][0]["text"] == "From the gateway."
"""
MORE = '    assert ask(gateway, "More").status_code == 200\n'
FILE = "recordings/test_it/test-hello.yaml"


@pytest.fixture
def real() -> Iterator[Served]:
    with serving("  - {reply: From the gateway., times: always}\n") as served:
        yield served


@pytest.fixture(autouse=True)
def no_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("GATEWAY_UPSTREAM", raising=False)
    monkeypatch.setenv("GATEWAY_KEY", "sk_of_the_gateway")


def run(pytester: pytest.Pytester, *arguments: str, source: str = SOURCE) -> pytest.RunResult:
    pytester.makepyfile(test_it=source)
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:asyncio", *arguments)


def recorded(pytester: pytest.Pytester, real: Served, *arguments: str, source: str = SOURCE) -> pytest.RunResult:
    return run(pytester, "--gateway-upstream", real.url, "--gateway-allow-private", *arguments, source=source)


def test_a_recording_is_made_once_and_then_replayed(pytester: pytest.Pytester, real: Served) -> None:
    recorded(pytester, real).assert_outcomes(passed=1)
    text = (pytester.path / FILE).read_text(encoding="utf-8")
    assert "reply: From the gateway." in text
    assert "sk_" not in text
    assert f'recorded: "{today()}"' in text
    frames = (pytester.path / FILE).with_name("test-hello.frames.jsonl").read_text(encoding="utf-8")
    assert "From the gateway." in frames
    assert "sk_" not in frames
    real.entry()
    recorded(pytester, real).assert_outcomes(passed=1)
    run(pytester, "--gateway-record=none").assert_outcomes(passed=1)
    assert real.entries.empty()


def test_a_request_that_is_missing_fails_under_once_and_is_added_under_new(
    pytester: pytest.Pytester, real: Served
) -> None:
    recorded(pytester, real).assert_outcomes(passed=1)
    before = (pytester.path / FILE).read_text(encoding="utf-8")
    recorded(pytester, real, source=SOURCE + MORE).assert_outcomes(failed=1)
    recorded(pytester, real, "--gateway-record=new", source=SOURCE + MORE).assert_outcomes(passed=1)
    text = (pytester.path / FILE).read_text(encoding="utf-8")
    assert text.startswith(before)
    assert "More" in text
    (pytester.path / FILE).write_text(text.replace("turns:", "replay: exact\nturns:"), encoding="utf-8")
    run(pytester, source=SOURCE + MORE).assert_outcomes(passed=1)


@pytest.mark.process
def test_two_workers_record_once_and_replay_offline(pytester: pytest.Pytester, real: Served) -> None:
    source = SOURCE.replace("@pytest.mark.gateway", '@pytest.mark.parametrize("n", range(4))\n@pytest.mark.gateway')
    source = source.replace("test_hello(gateway)", "test_hello(gateway, n)")
    pytester.makepyfile(test_it=source)
    once = ("-n", "2", "--gateway-record=once", "--gateway-upstream", real.url, "--gateway-allow-private")
    run_alone(pytester, *once, plugins=(OURS, "xdist")).assert_outcomes(passed=4)
    run(pytester, "--gateway-record=none", source=source).assert_outcomes(passed=4)
    assert len(list((pytester.path / FILE).parent.glob("*.frames.jsonl"))) == 4
    assert real.entries.qsize() == 4


def test_all_records_anew(pytester: pytest.Pytester, real: Served) -> None:
    recorded(pytester, real).assert_outcomes(passed=1)
    recorded(pytester, real, "--gateway-record=all", source=SOURCE + MORE).assert_outcomes(passed=1)
    assert (pytester.path / FILE).read_text(encoding="utf-8").count("reply:") == 2


def test_ci_never_records_and_says_the_command(
    pytester: pytest.Pytester, real: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    result = recorded(pytester, real)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*there is no recording *test-hello.yaml; make it with: pytest --gateway-record=once --gateway-upstream URL*"]
    )
    assert real.entries.empty()


def test_a_test_without_a_gateway_to_record_says_so(pytester: pytest.Pytester) -> None:
    result = run(pytester)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*say which gateway (or set GATEWAY_UPSTREAM): pytest --gateway-record=once*"])


def test_a_private_gateway_needs_the_flag(pytester: pytest.Pytester, real: Served) -> None:
    result = run(pytester, "--gateway-upstream", real.url)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*which is not public*"])


def test_a_file_that_is_no_recording_is_not_replaced(pytester: pytest.Pytester, real: Served) -> None:
    file = pytester.path / FILE
    file.parent.mkdir(parents=True)
    file.write_text("scenario: mine\nturns:\n  - {reply: From the gateway.}\n", encoding="utf-8")
    recorded(pytester, real).assert_outcomes(passed=1)
    result = recorded(pytester, real, "--gateway-record=all")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*exists and is not a recording*"])


@pytest.mark.parametrize(
    ("marker", "words"),
    [
        ('record="onec"', "*record: expected True or a mode; did you mean 'once'?*"),
        ('"greeting", record=True', "*scenario and record exclude each other*"),
    ],
)
def test_a_wrong_marker_fails_with_its_place(pytester: pytest.Pytester, marker: str, words: str) -> None:
    result = run(pytester, source=SOURCE.replace("record=True", marker))
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([words])


def test_the_marker_can_turn_recording_off(pytester: pytest.Pytester) -> None:
    source = SOURCE.replace("record=True", "record=False").replace("From the gateway.", "never")
    run(pytester, source=source).assert_outcomes(failed=1)


@pytest.mark.parametrize(
    ("option", "marked", "ci", "mode"),
    [
        (None, True, "", "once"),
        (None, "new", "", "new"),
        (None, "all", "true", "none"),
        (None, True, "false", "once"),
        ("new", True, "true", "new"),
    ],
)
def test_the_mode_is_that_of_the_option_then_of_ci_then_of_the_marker(
    option: str | None, marked: object, ci: str, mode: str
) -> None:
    assert chosen_mode(option, marked, {"CI": ci}) == mode
    assert mode in MODES


def test_the_file_of_a_test_has_a_stable_name_of_its_own() -> None:
    names = [recording_file(Path("tests/test_a.py"), test).name for test in ("test_b", "TestC::test_b", "test_b[x y]")]
    assert names[0] == "test-b.yaml"
    assert len(set(names)) == 3
    assert recording_file(Path("tests/test_a.py"), "test_b").parent == Path("tests/recordings/test_a")


def test_the_gateway_gets_its_own_key() -> None:
    scope = {"headers": [(b"x-api-key", b"mine"), (b"authorization", b"Bearer mine"), (b"accept", b"*/*")]}
    assert with_key(dict(scope), "real")["headers"] == [
        (b"x-api-key", b"real"),
        (b"authorization", b"Bearer real"),
        (b"accept", b"*/*"),
    ]
    assert with_key(dict(scope), None) == scope


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="there is no recording"):
        GatewayRecording(tmp_path / "a.yaml", "none", "test_a.py::test_a", None, allow_private=False)
