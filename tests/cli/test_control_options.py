"""`serve` with its control API: options, contradictions, where everything is, and standard output."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import orjson
import pytest
from click.testing import CliRunner

from mockserver.cli.control_options import open_page
from mockserver.cli.main import main
from mockserver.control.probes import ProbedGateway
from mockserver.engine.decision import Note
from mockserver.journal.log import Journal, Outcome
from tests.control.support import PATIENCE, TOKEN, conversation
from tests.support.engine import KEY, MESSAGES
from tests.support.serve_process import stop


@contextmanager
def serving(*arguments: str, **environment: str) -> Iterator[tuple[str, str, subprocess.Popen[str]]]:
    """Run a server in its own process; yield its URL, what it printed, and the process."""
    command = [sys.executable, "-m", "mockserver", "serve", "--port", "0", *arguments]
    known = {**os.environ, "PYTHONUNBUFFERED": "1", **environment}
    to_stderr = "json" in arguments
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, env=known, text=True) as process:
        try:
            stream = process.stderr if to_stderr else process.stdout
            assert stream is not None
            printed = ""
            while "Press Ctrl-C to stop.\n" not in printed:
                line = stream.readline()
                assert line, process.communicate()
                printed += line
            match = re.search(r"listens on (http://\S+)", printed)
            assert match is not None
            yield match[1], printed, process
        finally:
            stop(process)


def link_in(printed: str) -> str:
    match = re.search(r"http://\S+/_mock/\?token=\S+", printed)
    assert match is not None
    return match[0]


def failed(*arguments: str, **environment: str) -> str:
    """Return the one line that a command prints when it fails."""
    result = CliRunner(env=environment).invoke(main, ["serve", "--port", "0", *arguments])
    assert (result.exit_code, result.stdout) == (2, "")
    [line] = result.stderr.splitlines()
    return line


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--no-control", "--open"), "--open and --no-control contradict each other"),
        (("--no-control", "--control-port", "0"), "--control-port and --no-control contradict each other"),
        (("--no-control", "--allow-host", "a"), "--allow-host and --no-control contradict each other"),
        (("--workers", "2", "--store", "redis://x", "--open"), "--open needs a single process"),
        (("--workers", "2", "--store", "redis://x", "--control-port", "0"), "--control-port needs a single process"),
        (("--token", "short"), "--token: expected at least 16 letters"),
        (("--token", "sixteen letters & more"), "--token: expected at least 16 letters"),
        (("--token", "ä" * 20), "--token: expected at least 16 letters"),
        (("--allow-host", "http://dev.example"), "--allow-host: 'http://dev.example' is not a host name"),
        (("--allow-host", "dev.example:80"), "--allow-host: 'dev.example:80' is not a host name"),
    ],
)
def test_what_contradicts_or_means_nothing_is_one_line(arguments: tuple[str, ...], words: str) -> None:
    assert words in failed(*arguments)


def test_a_token_of_the_environment_is_judged_too() -> None:
    assert "--token: expected at least 16 letters" in failed(MOCKSERVER_TOKEN="short")


def test_a_busy_control_port_is_told_by_its_own_name() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"choose another with --control-port {port + 1}" in failed("--control-port", str(port))


@pytest.mark.process
def test_the_link_opens_the_page_and_the_token_is_new_each_time() -> None:
    links = []
    for _ in range(2):
        with serving("--quiet") as (url, printed, _):
            links.append(link_in(printed))
            assert links[-1].startswith(url)
            answer = httpx.get(links[-1], trust_env=False)
            assert answer.status_code == 303
    assert links[0].partition("token=")[2] != links[1].partition("token=")[2]


@pytest.mark.process
def test_the_token_of_the_environment_is_used_and_the_options_goes_first() -> None:
    with serving("--quiet", MOCKSERVER_TOKEN=TOKEN) as (_, printed, _):
        assert link_in(printed).endswith(f"token={TOKEN}")
    with serving("--quiet", "--token", "another-token-123", MOCKSERVER_TOKEN=TOKEN) as (_, printed, _):
        assert TOKEN not in printed


BEARER = {"authorization": f"Bearer {TOKEN}"}


@pytest.mark.process
def test_without_control_there_is_nothing_to_steer_and_the_gateway_says_404_in_its_own_words() -> None:
    with serving("--quiet", "--no-control", "--token", TOKEN) as (url, printed, _):
        assert "/_mock/" not in printed
        answer = httpx.get(f"{url}/_mock/", headers=BEARER, trust_env=False)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_route")
        assert httpx.get(f"{url}/_mock/health", trust_env=False).json() == {"status": "ok"}


@pytest.mark.process
def test_on_a_port_of_its_own_it_is_alone_and_the_gateways_port_has_nothing_of_it() -> None:
    with serving("--quiet", "--control-port", "0", "--token", TOKEN, "--allow-host", "dev.example") as (
        url,
        printed,
        _,
    ):
        control = link_in(printed).partition("/_mock/")[0]
        assert control != url
        with httpx.Client(headers={**KEY, **BEARER}, trust_env=False, timeout=PATIENCE) as client:
            assert client.get(f"{url}/_mock/health").status_code == 404
            assert client.get(f"{url}/_mock/?token={TOKEN}").status_code == 404
            assert client.get(f"{control}/_mock/health").json() == {"status": "ok"}
            assert client.get(f"{control}/_mock/health", headers={"host": "dev.example"}).status_code == 200
            body = conversation("Hi")
            assert client.post(f"{url}{MESSAGES}", json=body).status_code == 200
            assert client.post(f"{control}{MESSAGES}", json=body).status_code == 404
            assert client.get(f"{control}/_mock/exchanges").json()["entered"] == 3
            assert client.get(f"{control}/_mock/about").json()["url"] == url
        assert httpx.post(f"{control}{MESSAGES}", json=body, trust_env=False).status_code == 401


@pytest.mark.process
@pytest.mark.parametrize(("host", "shown"), [("0.0.0.0", "127.0.0.1"), ("::", "[::1]")])
def test_a_server_for_the_whole_network_warns_and_its_link_can_be_opened(host: str, shown: str) -> None:
    with serving("--quiet", "--host", host, "--token", TOKEN) as (url, printed, _):
        assert url.startswith(f"http://{shown}:")
        assert link_in(printed) == f"{url}/_mock/?token={TOKEN}"
        assert printed.splitlines()[2] == (
            f"Warning: on {host} every machine in the network can reach the gateway; "
            "the control API and the page need the token."
        )
        assert httpx.get(f"{url}/_mock/health", trust_env=False).json() == {"status": "ok"}


@pytest.mark.process
def test_a_reload_is_no_line_of_json_lines(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("scenario: mine\nturns: [{reply: hi}]\n")
    with serving("--log-format", "json", "--watch", "--scenario", str(file)) as (_, _, process):
        file.write_text("scenario: mine\nturns: [{reply: hello}]\n")
        assert process.stderr is not None
        assert process.stderr.readline().startswith("Reloaded. ")
        process.terminate()
        assert process.communicate(timeout=PATIENCE) == ("", "Stopped.\n")


@pytest.mark.process
def test_json_lines_stand_alone_on_standard_output() -> None:
    with serving("--log-format", "json", "--token", TOKEN) as (url, printed, process):
        assert link_in(printed) == f"{url}/_mock/?token={TOKEN}"
        for text in ("Hi", "\u2028\x7f né"):
            headers = {**KEY, "user-agent": "a b/1"}
            httpx.post(f"{url}{MESSAGES}", json=conversation(text), headers=headers, trust_env=False)
        httpx.get(f"{url}/_mock/health", headers=BEARER, trust_env=False)
        process.terminate()
        out, err = process.communicate(timeout=PATIENCE)
    lines = [orjson.loads(line) for line in out.split("\n")[:-1]]
    assert [(line["number"], line["status"], line["operation"], line["client"]) for line in lines] == [
        (1, 200, "messages", "a b/1"),
        (2, 200, "messages", "a b/1"),
    ]
    assert err == "Stopped.\n"
    assert TOKEN not in out


@pytest.mark.process
def test_open_opens_the_link_in_the_browser_of_the_system(tmp_path: Path) -> None:
    seen, browser = tmp_path / "seen", tmp_path / "browser"
    os.mkfifo(seen)
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {seen}\n')
    browser.chmod(0o755)
    environment: Mapping[str, str] = {"BROWSER": f"{browser} %s"}
    with serving("--quiet", "--open", **environment) as (_, printed, _):
        assert seen.read_text() == link_in(printed)


@pytest.mark.parametrize(("opened", "said"), [(True, ""), (False, "Could not open a browser; open the link above.\n")])
def test_a_machine_without_a_browser_is_said(
    opened: bool, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    links: list[str] = []

    def open_link(link: str) -> bool:
        links.append(link)
        return opened

    monkeypatch.setattr("webbrowser.open", open_link)
    open_page("http://127.0.0.1:1/_mock/?token=t")
    assert (links, capsys.readouterr()) == (["http://127.0.0.1:1/_mock/?token=t"], ("", said))


@pytest.mark.parametrize(("options", "megabytes"), [((), 16), (("--journal-size", "64"), 64)])
def test_the_journal_has_the_size_that_was_asked_for(
    options: tuple[str, ...], megabytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    journals: list[Journal] = []

    def run(app: ProbedGateway, *socks: socket.socket, ready: Callable[[], None]) -> None:
        gateway = app.direct("/v1/messages", None)
        assert gateway is not None
        journals.append(gateway.journal)

    monkeypatch.setattr("mockserver.server.uvicorn.run", run)
    assert CliRunner().invoke(main, ["serve", "--port", "0", "--quiet", "--no-control", *options]).exit_code == 0
    [journal] = journals
    half = bytes(megabytes * 2**19)
    for _ in range(3):
        journal.enter(0.0, "", "POST", "/", half, Note(session="s"), Outcome(200, 1, 10, 0.0, "complete"))
    assert [exchange.number for exchange in journal] == [3]  # two halves and what goes with them are too much
