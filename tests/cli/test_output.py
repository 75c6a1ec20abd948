"""Output that is lost: it is reported once and costs no answer; at the start it is one line and exit code 2."""

import io
import logging
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from mockserver.cli.output import Output, discard_output
from mockserver.core.errors import OperatorError
from tests.cli.test_control_options import link_in, serving
from tests.control.support import PATIENCE, TOKEN, conversation
from tests.support.engine import KEY, MESSAGES

FULL = "/dev/full"


class Lost(io.StringIO):
    """A stream that takes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.tries = 0

    def write(self, text: str) -> int:
        if not text:  # click asks whether it takes bytes
            return super().write(text)
        self.tries += 1
        raise BrokenPipeError(32, "Broken pipe")


def test_lost_output_is_reported_once_and_never_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    lost, output = Lost(), Output()
    monkeypatch.setattr(sys, "stdout", lost)
    for _ in range(3):
        output.line("a line")
    output.end("Stopped.")
    assert lost.tries == 1
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (
            logging.WARNING,
            "standard output is lost (Broken pipe); requests are answered as before, but no more lines are printed",
        )
    ]


def test_a_last_line_that_cannot_be_printed_is_not_missed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys, "stdout", Lost())
    Output().end("Stopped.")
    assert caplog.records == []


def test_a_closed_stream_is_lost_too(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stdout", closed)
    Output().line("a line")
    assert len(caplog.records) == 1


def test_standard_error_may_be_lost_without_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    lost, output = Lost(), Output(to_stderr=True)
    monkeypatch.setattr(sys, "stderr", lost)
    output.end("Stopped.")
    output.line("Reloaded.", err=True)
    assert lost.tries == 2


@pytest.mark.parametrize(("to_stderr", "name"), [(False, "standard output"), (True, "standard error")])
def test_a_start_that_cannot_be_printed_is_one_line(
    to_stderr: bool, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr" if to_stderr else "stdout", Lost())
    with pytest.raises(OperatorError) as refused:
        Output(to_stderr=to_stderr).begin("Hello")
    assert str(refused.value) == f"cannot write to {name}: Broken pipe; nothing is served"


def test_what_is_printed_while_it_is_there_comes_out(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output()
    output.begin("Hello")
    output.line("1")
    output.line("2", err=True)
    output.end("Stopped.")
    assert capsys.readouterr() == ("Hello\n1\nStopped.\n", "2\n")


def test_output_is_discarded_at_its_descriptor(tmp_path: Path) -> None:
    kept = os.dup(1)
    try:
        with (tmp_path / "out").open("w") as file:
            os.dup2(file.fileno(), 1)
        discard_output_of(1)
        os.write(1, b"nothing")
    finally:
        os.dup2(kept, 1)
        os.close(kept)
    assert (tmp_path / "out").read_text() == ""


def discard_output_of(number: int) -> None:
    """Discard the output of a descriptor; pytest's own `sys.stdout` has another."""
    before = sys.stdout
    sys.stdout = os.fdopen(number, "w", closefd=False)
    try:
        discard_output()
    finally:
        sys.stdout = before


@pytest.mark.process
@pytest.mark.skipif(not Path(FULL).exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize(
    ("command", "line"),
    [
        (
            ("serve", "--port", "0"),
            "mockserver: cannot write to standard output: No space left on device; nothing is served\n",
        ),
        (("openapi",), "mockserver: cannot write: No space left on device\n"),
    ],
)
def test_a_full_disk_is_one_line(command: tuple[str, ...], line: str) -> None:
    with Path(FULL).open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "mockserver", *command],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (2, line)


@pytest.mark.process
def test_a_reader_that_leaves_costs_no_answer() -> None:
    with serving("--token", TOKEN) as (url, printed, process):
        assert link_in(printed)
        assert process.stdout is not None
        process.stdout.close()
        process.stdout = None
        with httpx.Client(base_url=url, headers=KEY, trust_env=False, timeout=PATIENCE) as client:
            statuses = [client.post(MESSAGES, json=conversation("Hi")).status_code for _ in range(3)]
            bearer = {"authorization": f"Bearer {TOKEN}"}
            entered = client.get("/_mock/exchanges", headers=bearer).json()["entered"]
        process.terminate()
        assert process.stderr is not None
        told = process.stderr.read()
        process.wait(PATIENCE)
    assert (statuses, entered, process.returncode) == ([200] * 3, 3, 0)
    assert told.startswith("standard output is lost (Broken pipe); ")
    assert told.count("\n") == 1
