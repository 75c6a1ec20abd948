"""The command: what it prints, and the line and exit code 2 of every mistake."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import orjson
import pytest
import yaml
from click.testing import CliRunner, Result

from mockserver import __version__
from mockserver.cli.main import READER_GONE, main
from mockserver.files import bundled
from mockserver.openapi.contract import Contract
from tests.support.engine import contract
from tests.support.serve_process import PATIENCE, stop
from tests.support.sockets import serving as real_gateway

TOKEN = "a-token-for-the-tests"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def failed(*arguments: str) -> list[str]:
    """Return the lines on standard error of a command that ends with exit code 2 and prints nothing else."""
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    return result.stderr.splitlines()


# What it prints


def test_the_version_is_told() -> None:
    assert run("--version").output == f"mockserver {__version__}\n"


@pytest.mark.parametrize("command", [[], ["serve"], ["scenarios"], ["openapi"]])
def test_every_command_has_help(command: list[str]) -> None:
    result = run(*command, "--help")
    assert (result.exit_code, "Usage: " in result.output) == (0, True)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["sevre"], "No such command 'sevre'; did you mean 'serve'?"),
        (["nonsense"], "No such command 'nonsense'; known: ask, chaos, "),
        (
            ["contract", "promisses"],
            "No such command 'promisses'; did you mean 'promises'? A gateway is given as http://",
        ),
    ],
)
def test_a_misspelt_command_is_told_the_nearest_one(command: list[str], message: str) -> None:
    result = run(*command)
    assert (result.exit_code, message in result.stderr) == (2, True)


def test_scenarios_lists_every_shipped_scenario_with_what_it_is_about() -> None:
    listed = run("scenarios").output
    for file in bundled.SCENARIOS.glob("*.yaml"):
        about = yaml.safe_load(file.read_text(encoding="utf-8"))["about"]
        assert re.search(rf"^  {file.stem} +{re.escape(about)}$", listed, re.MULTILINE), file.stem


def test_scenarios_lists_those_of_a_folder_apart(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("scenario: mine\nabout: My own.\nturns: [{reply: hi}]\n")
    listed = run("scenarios", str(tmp_path)).output
    assert re.search(rf"^In {re.escape(str(tmp_path))}:\n  mine +My own\.\n$", listed, re.MULTILINE)


def test_openapi_prints_the_contract_as_it_stands() -> None:
    assert run("openapi").output == bundled.OPENAPI.read_text(encoding="utf-8")


def test_openapi_prints_the_contract_for_tools_that_know_only_3_1() -> None:
    document = yaml.load(run("openapi", "--version", "3.1").output, Loader=yaml.CSafeLoader)
    assert document["openapi"].startswith("3.1.")
    assert Contract(document).names == contract().names


# Mistakes


def test_an_unknown_scenario_is_one_line_with_the_nearest_name() -> None:
    words = "mockserver: no scenario, file or folder is called 'greting'; did you mean 'greeting'?"
    assert failed("serve", "--scenario", "greting") == [words]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--upstream", "https://gateway.example"], "--upstream needs a --mode such as spy"),
        (["--allow-private"], "--allow-private needs a --mode such as spy"),
        (["--mode", "spy", "--scenario", "greeting"], "--mode spy needs --upstream"),
        (
            ["--mode", "spy", "--upstream", "https://gateway.example"],
            "--mode spy needs --scenario: without one the mock answers every request",
        ),
        (
            ["--mode", "spy", "--upstream", "http://127.0.0.1", "--scenario", "greeting"],
            "--upstream: '127.0.0.1' has the address 127.0.0.1, which is not public; allow it with --allow-private",
        ),
    ],
)
def test_options_of_an_upstream_that_do_not_fit_are_one_line(options: list[str], words: str) -> None:
    assert failed("serve", *options) == [f"mockserver: {words}"]


def test_strict_and_lenient_exclude_each_other() -> None:
    words = "mockserver: --strict and --lenient exclude each other; the default is between them"
    assert failed("serve", "--strict", "--lenient") == [words]


def test_a_file_that_is_not_there_is_one_line_with_the_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "greeting.yaml").touch()
    file = tmp_path / "greting.yaml"
    assert failed("serve", "--scenario", str(file)) == [
        f"mockserver: {file}: file not found; did you mean 'greeting.yaml'?"
    ]


def test_a_folder_without_scenarios_is_one_line(tmp_path: Path) -> None:
    words = f"mockserver: {tmp_path}: no scenario file (*.yaml) in this folder"
    assert failed("serve", "--scenario", str(tmp_path)) == [words]


BAD = """\
scenario: bad
turns:
  - reply: hi
    tmies: 2
  - error: {status: 200}
  - when: {last: tool-result}
    reply: hi
"""


def test_every_mistake_of_a_file_is_a_line_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(BAD)
    assert failed("serve", "--scenario", str(file)) == [
        f"{file}:4:5: turns[0].tmies: unknown key 'tmies'; did you mean 'times'?",
        f"{file}:5:21: turns[1].error.status: must be at least 400, not 200",
        f"{file}:6:18: turns[2].when.last: unknown value 'tool-result'; did you mean 'tool_result'?",
        "3 mistakes found; nothing is served.",
    ]


def test_one_mistake_is_counted_as_one(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("scenario: bad\nturns:\n  - reply: '{{last_usr_text}}'\n")
    assert failed("scenarios", str(tmp_path)) == [
        f"{file}:3:12: turns[0].reply: unknown value '{{{{last_usr_text}}}}'; did you mean 'last_user_text'?",
        "1 mistake found; nothing is served.",
    ]


def test_two_files_with_one_name_are_a_mistake(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text("scenario: twin\nturns: [{reply: hi}]\n")
    [line, count] = failed("scenarios", str(tmp_path))
    assert line.startswith(f"{tmp_path / 'b.yaml'}:1:1: scenario: 'twin' is also the name of {tmp_path / 'a.yaml'}")
    assert count == "1 mistake found; nothing is served."


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_a_port_that_is_none_is_exit_code_2(port: str) -> None:
    assert "Error: Invalid value for '--port'" in failed("serve", "--port", port)[-1]


@pytest.mark.parametrize(
    "command", [["serve"], ["contract", "proxy", "--upstream", "http://127.0.0.1:1"]], ids=" ".join
)
def test_a_busy_port_is_one_line(command: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        remedy = f"choose another with --port {port + 1}, or let the system choose with --port 0"
        assert failed(*command, "--port", str(port)) == [f"mockserver: port {port} on 127.0.0.1 is in use; {remedy}"]


# In a process of its own


@pytest.mark.process
def test_a_reader_that_has_gone_is_no_finding() -> None:
    read, write = os.pipe()
    os.close(read)
    with open(write, "wb") as output:
        command = [sys.executable, "-m", "mockserver", "scenarios"]
        ended = subprocess.run(command, stdout=output, stderr=subprocess.PIPE, timeout=PATIENCE, check=False)
    assert (ended.returncode, ended.stderr) == (READER_GONE, b"")


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], int, str]]:
    """Run a server in its own process; yield the process, its port, and what it has printed so far."""
    command = [sys.executable, "-m", "mockserver", "serve", "--port", "0", *arguments]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, env=environment, text=True) as process:
        try:
            assert process.stdout is not None
            printed = ""
            while "Press Ctrl-C to stop.\n" not in printed:
                line = process.stdout.readline()
                assert line, f"the server ended: {process.communicate()}"
                printed += line
            match = re.search(r"http://127\.0\.0\.1:(\d+)", printed)
            assert match
            yield process, int(match[1]), printed
        finally:
            stop(process)


def ended(process: subprocess.Popen[str], how: signal.Signals = signal.SIGINT) -> tuple[int, str, str]:
    """Stop the process; return its exit code and what it prints from then on."""
    process.send_signal(how)
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err


ASKED = {"model": "m", "max_tokens": 1000, "messages": [{"role": "user", "content": "hi"}]}


@contextmanager
def asking(port: int, **fields: object) -> Iterator[int]:
    """Request an answer and leave it unread while the block runs; yield its status."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("POST", "/v1/messages", orjson.dumps(ASKED | fields), {"x-api-key": "sk_test"})
    with closing(connection), connection.getresponse() as response:
        yield response.status


def ask(port: int) -> int:
    with asking(port) as status:
        return status


@pytest.mark.process
def test_serve_prints_where_what_and_how_and_ctrl_c_ends_it_quietly() -> None:
    with serving("--quiet", "--scenario", "greeting", "--token", TOKEN) as (process, port, printed):
        url = f"http://127.0.0.1:{port}"
        assert printed.splitlines() == [
            f"AINative gateway mock {__version__} listens on {url}",
            "Playing 'greeting': A greeting to every message.",
            "Page and control API (the link contains the token):",
            "",
            f"  {url}/_mock/?token={TOKEN}",
            "",
            "Settings for a client:",
            "",
            f"  Anthropic SDK   ANTHROPIC_BASE_URL={url}",
            "                  ANTHROPIC_API_KEY=sk_test",
            f"  OpenAI SDK      OPENAI_BASE_URL={url}/api/v1",
            "                  OPENAI_API_KEY=sk_test",
            "",
            "Press Ctrl-C to stop.",
        ]
        assert ask(port) == 200
        assert ended(process) == (0, "Stopped.\n", "")


@pytest.mark.process
def test_serve_as_a_spy_asks_the_upstream_what_the_scenario_does_not_answer(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("scenario: mine\nturns:\n  - {when: {text: mine}, reply: From the scenario.}\n", encoding="utf-8")
    with real_gateway("  - {reply: From the gateway.}\n") as real:
        options = ["--scenario", str(file), "--mode", "spy", "--upstream", real.url, "--allow-private"]
        with serving(*options) as (process, port, printed):
            assert f"What the scenario does not answer goes to {real.url}." in printed.splitlines()
            assert ask(port) == 200
            _, printed, _ = ended(process)
    assert printed.splitlines()[0].split() == ["1", "200", "messages", "upstream"]


@pytest.mark.process
def test_serve_prints_a_line_for_each_request() -> None:
    with serving("--scenario", "greeting") as (process, port, _):
        assert ask(port) == 200
        _, printed, _ = ended(process)
    assert printed.splitlines()[0].split() == ["1", "200", "messages", "greeting/1"]


@pytest.mark.process
def test_ctrl_c_at_once_ends_it_quietly() -> None:
    with serving() as (process, _, _):
        assert ended(process) == (0, "Stopped.\n", "")


@pytest.mark.process
def test_ctrl_c_with_an_open_stream_ends_without_a_traceback() -> None:
    with serving("--scenario", "long-slow-stream") as (process, port, _), asking(port, stream=True) as status:
        code, _, err = ended(process)
        assert (status, code, "Traceback" in err) == (200, 0, False)


@pytest.mark.process
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP])
def test_being_told_to_stop_ends_it_as_ctrl_c_does(how: signal.Signals) -> None:
    with serving("--quiet") as (process, port, _):
        assert ask(port) == 200
        assert ended(process, how) == (0, "Stopped.\n", "")
