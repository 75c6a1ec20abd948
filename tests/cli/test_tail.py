"""`tail` and `verdict`: a running server's traffic and its client's mistakes, from another process."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import click
import orjson
import pytest
from click.testing import CliRunner, Result

from mockserver.cli.main import main
from mockserver.cli.tail import lines_of, plain, stream_line
from tests.control.support import PATIENCE, TOKEN, Served, serving
from tests.support.engine import turns

PLAYED = turns("""
  - when: {text: retry}
    error: {status: 429, retry_after: 60}
    times: always
  - reply: one two three
    pace: {chunk: word, interval: 200ms}
    times: always
""")
"""The pace lets the feed, which sends ten times a second, tell that a stream has begun before it tells of its end."""


@pytest.fixture
def served() -> Iterator[Served]:
    with serving(PLAYED, playing="test") as running:
        yield running


@contextmanager
def tailing(*arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Run `mockserver tail` in its own process; yield it."""
    command = [sys.executable, "-m", "mockserver", "tail", *arguments]
    pipe, known = subprocess.PIPE, {**os.environ, **environment}
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, env=known, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def lines(process: subprocess.Popen[str], count: int) -> list[str]:
    assert process.stdout is not None
    return [process.stdout.readline() for _ in range(count)]


@pytest.mark.process
def test_what_was_and_what_comes_is_shown_without_colour_in_a_pipe(served: Served) -> None:
    served.ask("before")
    with tailing(served.link) as process:
        before = "".join(lines(process, 2))
        assert ("POST /v1/messages" in before, "user 'before'" in before, "\x1b" in before) == (True, True, False)
        served.ask("a stream", stream=True)
        after = "".join(lines(process, 4))
        assert ("streams" in after, "test/2" in after, "▁" in after) == (True, True, True)
        process.send_signal(signal.SIGINT)
        assert (process.communicate(timeout=PATIENCE)[1], process.returncode) == ("", 0)


@pytest.mark.process
def test_only_the_last_and_only_one_session_are_shown(served: Served) -> None:
    for name in ("a", "b", "a"):
        served.ask(f"of {name}", headers={"x-mock-session": name})
    with tailing(served.link, "--last", "2", "--session", "a", "--json") as process:
        before = lines(process, 1)
        served.ask("new", headers={"x-mock-session": "b"})
        served.ask("new", headers={"x-mock-session": "a"})
        exchanges = [orjson.loads(line) for line in [*before, *lines(process, 1)]]
    assert [(exchange["number"], exchange["session"]) for exchange in exchanges] == [(3, "a"), (5, "a")]


@pytest.mark.process
def test_it_ends_with_the_server_and_says_so() -> None:
    with serving(PLAYED, playing="test") as served, tailing(served.link, "--json") as process:
        served.ask()
        lines(process, 1)
        served.on_loop(served.controlled.control.close)
        out, err = process.communicate(timeout=PATIENCE)
    assert (out, err, process.returncode) == ("", "The server has stopped.\n", 0)


@pytest.mark.process
def test_a_reader_that_goes_ends_it_without_a_traceback(served: Served) -> None:
    with tailing(served.link, "--json") as process:
        served.ask()
        assert process.stdout is not None
        lines(process, 1)
        process.stdout.close()
        for _ in range(3):
            served.ask()
        process.wait(PATIENCE)
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()
        process.stdout = None


def test_a_200_that_went_wrong_says_so_and_is_not_green(served: Served) -> None:
    served.post("/next", {"faults": [{"malformed_json": 5}]}, 201)
    for _ in range(2):
        served.ask(stream=True)
    odd, healthy = ["".join(lines_of(served.get(f"/exchanges/{number}"))) for number in (1, 2)]
    assert ("✗ malformed event" in odd, "✗" in healthy) == (True, False)
    assert [click.style("200 test/2", fg="green") in text for text in (odd, healthy)] == [False, True]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.mark.parametrize("command", ["tail", "verdict"])
def test_what_is_wrong_with_a_link_is_one_line_with_the_remedy(command: str, served: Served) -> None:
    wrong = {
        served.url: "the link has no token",
        f"{served.url}/_mock/?token=of-another-server": "Open the link that the server printed",
        "http://127.0.0.1:1/_mock/?token=x": "no response from http://127.0.0.1:1",
        "ftp://a/?token=x": "is not a link",
        "": "is not a link",
    }
    for link, words in wrong.items():
        result = run(command, link)
        assert (result.exit_code, result.stdout, words in result.stderr) == (2, "", True), (link, result.stderr)
        assert len(result.stderr.splitlines()) == 1


def test_a_token_can_stand_apart(served: Served) -> None:
    result = run("verdict", served.url, "--token", TOKEN)
    assert (result.exit_code, result.stdout) == (0, "No problems found in 0 exchanges.\n")


def test_a_verdict_that_blames_is_exit_code_1(served: Served) -> None:
    for _ in range(2):
        served.ask("retry", headers={"x-mock-session": "hasty"})
    blamed = run("verdict", served.link)
    assert (blamed.exit_code, "instead:" in blamed.stdout, "why:" in blamed.stdout) == (1, True, True)
    as_json = run("verdict", served.link, "--json")
    assert (as_json.exit_code, orjson.loads(as_json.stdout)[0]["exchanges"] != []) == (1, True)
    assert run("verdict", served.link, "--session", "nobody").exit_code == 0


@pytest.mark.process
def test_nothing_that_a_client_sends_moves_the_terminal(served: Served) -> None:
    hostile = "\x1b[31m\x1b]0;title\x07\x9b1m\u202e\r\n\x7f"
    served.client.get(f"/v1/{quote(hostile)}", headers={b"user-agent": b"\x9b31m"})
    served.ask(hostile)
    with tailing(served.link) as process:
        shown = "".join(lines(process, 4))
    assert [letter for letter in shown if not letter.isprintable() and letter != "\n"] == []


def test_plain_text_keeps_what_can_be_printed() -> None:
    assert plain("né 🎉 \\ 'x'") == "né 🎉 \\ 'x'"
    assert plain("a\x1bb\nc\x9bd") == "a\\x1bb\\nc\\x9bd"


def test_a_stream_is_a_line_as_high_as_its_waits() -> None:
    assert stream_line([]) == ""
    assert stream_line([0.0, 0.0, 1.0, 100.0]) == "▁▁▆█"
    assert len(stream_line([float(n) for n in range(1_000)])) <= 101
