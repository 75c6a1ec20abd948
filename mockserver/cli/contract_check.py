"""`mockserver contract URL`: one run of the gate, its reports, and the exit code.

SIGTERM, with which CI ends a job, ends a run as Ctrl-C does: with every report of what was seen.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from mockserver.cli.ci import append_summary, stopped_by_sigterm
from mockserver.cli.errors import report_errors
from mockserver.cli.manual import manual
from mockserver.gate.options import CONTEXT, PARAMETERS, GateOptions
from mockserver.gate.packages import require_packages
from mockserver.gate.reports import FORMATS

if TYPE_CHECKING:
    from mockserver.gate.runner import GateRun, RunSettings


@report_errors
def _check(**values: Any) -> None:
    """Run the promises against the gateway at URL. Exit code 0: kept, 1: broken, 2: could not run, 3: unfinished."""
    require_packages()
    from mockserver.gate.complete_run import run_gate
    from mockserver.gate.output_file import write_file
    from mockserver.gate.reports import github, github_summary, terminal

    options = GateOptions.of(values)
    with stopped_by_sigterm(), _nothing_left_behind():
        run = run_gate(options, _quiet if options.quiet else _with_progress)
    for report in FORMATS:
        if report.name in options.reports:
            write_file(Path(options.reports[report.name]), report.render(run))
    width = max(60, min(120, shutil.get_terminal_size((terminal.WIDTH, 24)).columns))
    for line in terminal.lines(run, width):
        click.echo(_painted(line))
    if options.github:
        for line in github.lines(run):
            click.echo(line)
        append_summary(github_summary.markdown(run))
    sys.exit(run.exit_code)


EXAMPLES = {
    "mockserver contract http://127.0.0.1:8000": "every promise, against a gateway on this machine",
    "mockserver contract https://gateway.example --profile smoke": "a few requests; set GATEWAY_KEY",
    "mockserver contract http://127.0.0.1:8000 --junit report.xml": "for a CI server",
}

check = click.Command(
    "check",
    params=list(PARAMETERS),
    callback=_check,
    help=_check.__doc__,
    epilog=manual(EXAMPLES, "contract-gate"),
    context_settings=dict(CONTEXT),
)


STORE = "HYPOTHESIS_STORAGE_DIRECTORY"
"""The variable that names the folder of hypothesis; without it that is `.hypothesis` here."""


@contextmanager
def _nothing_left_behind() -> Iterator[None]:
    """Let hypothesis, which generates requests, keep its files out of the user's folder."""
    if STORE in os.environ:
        yield
        return
    with TemporaryDirectory(prefix="mockserver-gate-") as folder:
        os.environ[STORE] = folder
        try:
            yield
        finally:
            del os.environ[STORE]


COLOURS = {"BROKEN ": "red", "No promise broken": "green", "Stopped early": "red", "Unfinished": "red"}


def _painted(line: str) -> str:
    """Return a line of the summary with its first words in colour, if they are worth it."""
    for words, colour in COLOURS.items():
        if line.startswith(words):
            return click.style(words, fg=colour, bold=True) + line.removeprefix(words)
    return line


def _quiet(settings: "RunSettings") -> "GateRun":
    from mockserver.gate.runner import Runner

    return Runner(settings).run()


def _with_progress(settings: "RunSettings") -> "GateRun":
    """Run, and say on standard error what is examined; on a terminal also how far the run is."""
    from mockserver.gate.runner import Runner

    is_terminal, profile = sys.stderr.isatty(), settings.profile
    click.echo(f"Examining {settings.url} ({profile.name}: {profile.about}; budget: {profile.budget})", err=True)

    def progress(words: str) -> None:
        if is_terminal:
            click.echo(f"\r\x1b[K  {words} …", nl=False, err=True)

    try:
        return Runner(settings, progress=progress).run()
    finally:
        if is_terminal:
            click.echo("\r\x1b[K", nl=False, err=True)
