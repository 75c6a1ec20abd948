"""`mockserver exam` as a user runs it."""

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from mockserver.cli.main import main

AGENT = """
import json, os, sys, urllib.request
body = {"model": "m", "max_tokens": 50, "messages": [{"role": "user", "content": "Hi"}]}
url, key = os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages", os.environ["ANTHROPIC_API_KEY"]
request = urllib.request.Request(url, json.dumps(body).encode(), {"x-api-key": key, "content-type": "application/json"})
try:
    urllib.request.urlopen(request).read()
except OSError as error:
    sys.exit(0 if "hides" in sys.argv else str(error))
"""
"""A client that asks once; told to, it hides its failures."""


@pytest.fixture
def agent(tmp_path: Path) -> list[str]:
    file = tmp_path / "agent.py"
    file.write_text(AGENT)
    return [sys.executable, "-S", str(file)]


@pytest.mark.process
def test_an_exam_has_reports_and_an_exit_code(
    agent: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary, badge, baseline = tmp_path / "summary.md", tmp_path / "badge.svg", tmp_path / "known.yaml"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.setenv("COLUMNS", "120")  # sentences are not wrapped
    chosen = ["exam", "--only", "no-credits", "--quiet", "--baseline", str(baseline)]
    made = CliRunner().invoke(
        main, [*chosen, "--write-baseline", "--github", "--badge", str(badge), "--", *agent, "hides"]
    )
    assert made.exit_code == 1, made.output
    assert "FAIL  no-credits  [credits]" in made.output
    assert (
        "found     failure-hidden: the client reports success, but the answer to its last request was 402"
        in made.output
    )
    assert "::error title=exam%3A no-credits::" in made.output
    assert summary.read_text().startswith("## Gateway exam: grade D\n")
    assert "D · 1/2" in badge.read_text()
    accepted = CliRunner().invoke(main, [*chosen, "--", *agent, "hides"])
    assert accepted.exit_code == 0, accepted.output
    mended = CliRunner().invoke(main, [*chosen, "--", *agent])
    assert (mended.exit_code, "no-credits: passes now; remove its entry" in mended.output) == (1, True)


@pytest.mark.process
def test_a_client_that_fails_on_a_good_day_is_not_examined(tmp_path: Path) -> None:
    made = CliRunner().invoke(main, ["exam", "--quiet", "--", "sh", "-c", "echo no module named agent; exit 1"])
    assert made.exit_code == 2
    assert "the client sent no request to a model" in made.output
    assert "no module named agent" in made.output


@pytest.mark.process
def test_ctrl_c_ends_the_clients_and_leaves_a_report(tmp_path: Path) -> None:
    report, started = tmp_path / "exam.json", tmp_path / "started"
    os.mkfifo(started)
    reader = os.open(started, os.O_RDONLY | os.O_NONBLOCK)
    command = [sys.executable, "-m", "mockserver", "exam", "--quiet", "--json", str(report), "--"]
    client = ["sh", "-c", f"echo yes > {started}; sleep 60"]
    with subprocess.Popen([*command, *client], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as exam:
        select.select([reader], [], [], 30)
        os.close(reader)
        exam.send_signal(signal.SIGINT)
        output, _ = exam.communicate(timeout=30)
    assert exam.returncode == 130, output
    assert json.loads(report.read_text())["stopped"] == "the exam was interrupted"


def test_a_mistake_is_one_line() -> None:
    made = CliRunner().invoke(main, ["exam", "--only", "credit", "--", "true"])
    assert (made.exit_code, made.output) == (
        2,
        "mockserver: no case or theme is called 'credit'; did you mean 'credits'?\n",
    )
    made = CliRunner().invoke(main, ["exam", "--write-baseline", "--", "true"])
    assert (made.exit_code, made.output) == (2, "mockserver: --write-baseline needs --baseline FILE\n")
