"""`mockserver record`: what it prints, what it writes, and the line of every mistake."""

import re
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pydantic import JsonValue

from mockserver import __version__
from mockserver.cli import record as command
from mockserver.cli import upstream_options
from mockserver.cli.main import main
from mockserver.files.sidecar import sidecar_of
from mockserver.recording.exchange import Ended, RecordedExchange
from mockserver.server import uvicorn
from mockserver.server.asgi_types import Application
from mockserver.upstream.recorder import MARK
from tests.gate.support import closed_port
from tests.support.serve_process import PATIENCE, stop
from tests.support.sockets import exchange, serving

HELLO = "  - {reply: Hello!, times: always}\n"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["record", *arguments])


def failed(*arguments: str) -> str:
    """Return the only line of a command that ends with exit code 2."""
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    [line] = result.stderr.splitlines()
    return line


@contextmanager
def visited(monkeypatch: pytest.MonkeyPatch, visit: Callable[[str], object]) -> Iterator[None]:
    """Let the server, when it runs, get this visit and then end."""

    def run(app: Application, sock: socket.socket, *, ready: Callable[[], None]) -> None:
        ready()
        with uvicorn.threaded(app, sock):
            visit(uvicorn.url_of(sock))

    with monkeypatch.context() as patch:
        patch.setattr(uvicorn, "run", run)
        yield


def recorded(monkeypatch: pytest.MonkeyPatch, visit: Callable[[str], object], *arguments: str) -> Result:
    """Return the result of a command whose server gets this visit."""
    with serving(HELLO) as upstream, visited(monkeypatch, visit):
        return run("--upstream", upstream.url, "--allow-private", "--port", "0", *arguments)


# What is printed and written


@pytest.mark.process
def test_it_prints_where_and_what_and_ctrl_c_writes_a_private_file(tmp_path: Path) -> None:
    file = tmp_path / "hello.yaml"
    with serving(HELLO) as upstream:
        arguments = ["record", "--upstream", upstream.url, "--allow-private", "--port", "0", "--out", str(file)]
        pipe = subprocess.PIPE
        with subprocess.Popen(
            [sys.executable, "-m", "mockserver", *arguments], stdout=pipe, stderr=pipe, text=True
        ) as process:
            try:
                assert process.stdout is not None
                printed = ""
                while "Press Ctrl-C to stop.\n" not in printed:
                    line = process.stdout.readline()
                    assert line, f"the recorder ended: {process.communicate()}"
                    printed += line
                match = re.search(r"http://127\.0\.0\.1:\d+", printed)
                assert match
                assert b"Hello!" in exchange(match[0]).body
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=PATIENCE)
            finally:
                stop(process)
    url = match[0]
    assert printed.splitlines() == [
        f"AINative gateway mock {__version__} listens on {url}",
        f"Recording {upstream.url} to {file}.",
        "Settings for a client:",
        "",
        f"  Anthropic SDK   ANTHROPIC_BASE_URL={url}",
        "                  ANTHROPIC_API_KEY=<your own key>",
        f"  OpenAI SDK      OPENAI_BASE_URL={url}/api/v1",
        "                  OPENAI_API_KEY=<your own key>",
        "",
        "Press Ctrl-C to stop.",
    ]
    assert out.splitlines() == ["    1  200  POST /v1/messages", f"Wrote 1 exchange to {file}."]
    assert (process.returncode, err) == (0, "")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert CliRunner().invoke(main, ["lint", str(file)]).exit_code == 0
    text = file.read_text(encoding="utf-8")
    assert (text.startswith(f"{MARK}\nscenario: hello\n"), "sk_test" in text) == (True, False)


def test_a_recording_replays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "hello.yaml"
    result = recorded(monkeypatch, exchange, "--out", str(file))
    assert (result.exit_code, result.stderr) == (0, "")
    turns = file.read_text(encoding="utf-8").partition("turns:\n")[2]
    with serving(turns) as replayed:
        assert b"Hello!" in exchange(replayed.url).body


def test_a_folder_takes_a_file_for_each_session(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    result = recorded(monkeypatch, exchange, "--out", str(tmp_path))
    [file] = tmp_path.glob("*.yaml")
    assert result.output.splitlines()[-1] == f"Wrote 1 exchange to {file}."


def test_again_names_what_differs_in_the_requests(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "hello.yaml"
    for options, name in (([], "Ada"), (["--again"], "Bob")):
        question: JsonValue = [{"role": "user", "content": f"I am {name}, and who are you?"}]
        visit = partial(exchange, messages=question)
        result = recorded(monkeypatch, visit, "--out", str(file), *options)
        assert (result.exit_code, result.stderr) == (0, "")
    assert '- when: {text: "I am {{value.1}}, and who are you?"}' in file.read_text(encoding="utf-8")


@pytest.mark.parametrize("has_frames", [True, False])
def test_names_stay_when_it_records_once_more_if_it_is_known_what_they_stand_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, has_frames: bool
) -> None:
    file = tmp_path / "named.yaml"
    for options, name in (([], "Ada"), (["--again"], "Bob"), ([], "Eve")):
        if name == "Eve" and not has_frames:
            sidecar_of(file).unlink()
        messages: list[JsonValue] = [{"role": "user", "content": f"My name is {name} and I ask you"}]
        last = recorded(monkeypatch, partial(exchange, messages=messages), "--out", str(file), *options)
    lost = [line for line in last.stderr.splitlines() if "{{value.N}} are lost on recording" in line]
    assert (bool(lost), "{{value.1}}" in file.read_text(encoding="utf-8")) == (not has_frames, has_frames)


def test_again_without_a_recording_is_a_mistake(tmp_path: Path) -> None:
    out = str(tmp_path / "hello.yaml")
    line = failed("--upstream", "http://127.0.0.1:8001", "--allow-private", "--out", out, "--again")
    assert line == f"mockserver: --again: {out} has no recording to compare with; record without --again first"


def test_quiet_prints_no_line_for_a_request(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    result = recorded(monkeypatch, exchange, "--quiet", "--out", str(tmp_path / "hello.yaml"))
    assert "POST" not in result.output


def test_without_a_request_nothing_is_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    result = recorded(monkeypatch, lambda url: None, "--out", str(tmp_path / "hello.yaml"))
    assert (result.exit_code, result.output.splitlines()[-1]) == (0, "Stopped. Nothing was recorded.")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_exit_code_1(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "hello.yaml"

    def visit(url: str) -> None:
        file.write_text("mine\n", encoding="utf-8")
        exchange(url)

    result = recorded(monkeypatch, visit, "--out", str(file))
    reason = f"{file} exists and is not a recording; choose another name, or move it away"
    assert result.stderr == f"mockserver: {file} is not up to date with 1 exchange: {reason}\n"
    assert (result.exit_code, file.read_text(encoding="utf-8")) == (1, "mine\n")


def test_plain_http_to_another_machine_is_warned_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    with visited(monkeypatch, lambda url: None):
        result = run("--upstream", "http://93.184.216.34", "--port", "0")
    assert "Warning: the upstream's URL is plain http, so keys cross the network unencrypted." in result.output


@pytest.mark.parametrize(
    ("status", "path", "ended", "skipped", "line"),
    [
        (200, "/v1/messages", "complete", "", "    1  200  POST /v1/messages"),
        (200, "/v1/messages", "reset", "", "    1  200  POST /v1/messages                 reset"),
        (0, "/v1/messages", "no_answer", "", "    1  ---  POST /v1/messages                 no answer"),
        (200, "/a", "complete", "a login", "    1  200  POST /a                           not recorded: a login"),
        (200, "/\x1b[2J", "complete", "", "    1  200  POST /\\x1b[2J"),
    ],
)
def test_a_line_says_what_passed(status: int, path: str, ended: Ended, skipped: str, line: str) -> None:
    passed = RecordedExchange(method="POST", path=path, status=status, ended=ended)
    assert command.line_of(1, passed, skipped).rstrip() == line


# Mistakes


def test_a_private_upstream_is_a_mistake_unless_it_is_allowed() -> None:
    reason = "'127.0.0.1' has the address 127.0.0.1, which is not public; allow it with --allow-private"
    assert failed("--upstream", "http://127.0.0.1:8001") == f"mockserver: --upstream: {reason}"


def test_a_recorder_of_itself_is_a_mistake(tmp_path: Path) -> None:
    url, file = f"http://127.0.0.1:{closed_port()}", str(tmp_path / "hello.yaml")
    line = failed("--upstream", url, "--allow-private", "--port", url.rpartition(":")[2], "--out", file)
    assert line == f"mockserver: --upstream: {url} is this recorder itself; choose another --port"


def test_a_pattern_that_is_none_is_a_mistake() -> None:
    line = failed("--upstream", "https://gateway.example", "--redact", "(")
    assert line.startswith("mockserver: --redact: '(' is not a regular expression: ")


def test_a_file_of_the_users_own_is_a_mistake(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("scenario: mine\n", encoding="utf-8")
    line = failed("--upstream", "http://127.0.0.1:8001", "--allow-private", "--out", str(file))
    assert line == f"mockserver: {file} exists and is not a recording; choose another name, or move it away"


def test_a_missing_package_is_named_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstream_options, "find_spec", lambda name: None)
    line = failed("--upstream", "https://gateway.example")
    assert line == "mockserver: an upstream needs one more package: pip install 'ainative-mockserver[record]'"
