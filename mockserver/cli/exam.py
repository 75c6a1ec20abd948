"""`mockserver exam`: runs a client once per case, each a bad day of the gateway, and grades it."""

import datetime
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mockserver.cli.ci import append_summary, stopped_by_sigterm
from mockserver.cli.errors import INTERRUPTED, report_errors
from mockserver.cli.manual import manual
from mockserver.core.errors import OperatorError
from mockserver.core.units import parse_duration
from mockserver.exam.reports import FORMATS

if TYPE_CHECKING:
    from mockserver.exam.options import ExamOptions
    from mockserver.exam.results import CaseResult, ExamRun


def _duration(_: click.Context, param: click.Parameter, value: str | None) -> float | None:
    """Return the seconds of `300ms`, `5s` or `2m`."""
    try:
        return None if value is None else parse_duration(float(value) if value.isdigit() else value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _file(name: str, help: str, **more: Any) -> click.Option:  # Any: arguments of click's own
    return click.Option([f"--{name}"], type=click.Path(path_type=Path), metavar="FILE", help=help, **more)


def _pattern(name: str, help: str) -> click.Option:
    return click.Option([f"--{name}"], multiple=True, metavar="NAME|THEME", help=help)


PARAMETERS: list[click.Parameter] = [
    click.Argument(["command"], nargs=-1, type=click.UNPROCESSED),
    click.Option(["--http"], metavar="URL", help="Ask a service at URL; {port} is a free port that it gets as PORT."),
    _file("body", "JSON body of the request to the service; without it a GET is sent."),
    _file("url-file", "Write base URLs and key of each case to FILE too; one case at a time then."),
    click.Option(["--failure"], metavar="REGEX", help="Output that reports a failure, beside an exit code."),
    click.Option(
        ["--cases", "folders"],
        multiple=True,
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="Add cases of yours.",
    ),
    _pattern("only", "Hold only these cases; * is a wildcard."),
    _pattern("exclude", "Leave out these cases; * is a wildcard."),
    click.Option(["--seed"], default="0", show_default=True, help="Seed for all random choices."),
    click.Option(["--jobs"], type=click.IntRange(1, 64), help="Cases at a time. Default: two for each core."),
    click.Option(
        ["--time-limit"],
        callback=_duration,
        metavar="10s",
        help="The client's own read timeout: adds the cases of silence.",
    ),
    click.Option(
        ["--faketime"], type=click.IntRange(2, 100), metavar="N", help="Run the client's clock N times faster."
    ),
    click.Option(["--extensions"], multiple=True, metavar="NAME,…", help="Serve APIs that the gateway does not have."),
    *[_file(report.name, report.help) for report in FORMATS],
    click.Option(
        ["--github"],
        is_flag=True,
        envvar="GITHUB_ACTIONS",
        show_envvar=True,
        help="Print annotations for GitHub Actions, write its summary.",
    ),
    _file("baseline", "Accept the failures listed in FILE."),
    click.Option(["--write-baseline"], is_flag=True, help="Write the --baseline file from this exam."),
    click.Option(["--quiet"], is_flag=True, help="Print no progress."),
]


@report_errors
def _exam(github: bool, quiet: bool, **values: Any) -> None:  # Any: what click makes of `PARAMETERS`
    """Run a client once per case, each a bad day of the gateway, and grade it.

    COMMAND gets base URLs and key in its environment: mockserver exam -- python agent.py

    Exit code 0: nothing failed, 1: a case failed, 2: the exam could not be held.
    """
    from mockserver.exam.options import ExamOptions
    from mockserver.exam.reports import github as annotations
    from mockserver.exam.reports import terminal
    from mockserver.gate.output_file import write_file

    files = {report.name: str(values.pop(report.name)) for report in FORMATS if values[report.name]}
    for report in FORMATS:
        values.pop(report.name, None)
    options = ExamOptions(reports=files, **values)
    with stopped_by_sigterm():
        run = _hold(options, quiet=quiet)
    for report in FORMATS:
        if report.name in files:
            write_file(Path(files[report.name]), report.render(run))
    width = max(60, min(120, shutil.get_terminal_size((terminal.WIDTH, 24)).columns))
    for line in terminal.lines(run, width):
        click.echo(_painted(line))
    if github:
        for line in annotations.lines(run):
            click.echo(line)
        append_summary(annotations.summary(run))
    sys.exit(INTERRUPTED if run.is_interrupted else run.exit_code)


EXAMPLES = {
    "mockserver exam -- python agent.py": "every case, graded",
    "mockserver exam --only credits -- node agent.js": "the cases of one theme",
    "mockserver exam --html exam.html --junit exam.xml -- ./agent": "with reports",
    "mockserver exam --http http://127.0.0.1:{port}/chat --body ask.json -- npm start": "a service",
}

exam = click.Command("exam", params=PARAMETERS, callback=_exam, help=_exam.__doc__, epilog=manual(EXAMPLES, "exam"))


def _hold(options: "ExamOptions", *, quiet: bool) -> "ExamRun":
    """Hold the exam, and apply or write the baseline."""
    from mockserver.exam.baseline import KEY, accept, baseline_of
    from mockserver.exam.runner import Examiner
    from mockserver.gate.baseline_file import read_entries
    from mockserver.gate.output_file import write_file

    is_shown = sys.stderr.isatty() and not quiet
    client, cases, settings, file = options.client(), options.cases(), options.settings(), options.baseline
    if options.write_baseline and file is None:
        raise OperatorError("--write-baseline needs --baseline FILE")
    is_new = file is not None and options.write_baseline and not file.exists()
    names = [case.name for case in cases]
    known = "its cases are listed by: mockserver exam --json FILE"
    entries = [] if file is None or is_new else read_entries(file, KEY, names, known)
    if not quiet:
        click.echo(f"Examining {client.title}: {len(cases)} cases, {settings.jobs} at a time", err=True)
    run = Examiner(client, cases, settings, _tell if is_shown else _ignore).hold()
    today = datetime.datetime.now(tz=datetime.UTC).date()
    if options.write_baseline and file is not None:
        write_file(file, baseline_of(run, entries, today).encode())
    run.complaints += [f"Baseline: {line}" for line in accept(run, entries, today)]
    return run


def _ignore(result: "CaseResult") -> None:
    """Print nothing: nobody watches."""


def _tell(result: "CaseResult") -> None:
    """Print a result on standard error as soon as it is there."""
    from mockserver.exam.reports.terminal import progress_line

    if result.state != "not applicable":
        click.echo(f"  {progress_line(result)}", err=True)


COLOURS = {"FAIL ": "red", "ERROR ": "red", "Grade A": "green"}


def _painted(line: str) -> str:
    """Return a line of the summary with its first words in colour, if they are worth it."""
    for words, colour in COLOURS.items():
        if line.startswith(words):
            return click.style(words, fg=colour, bold=True) + line.removeprefix(words)
    return line
