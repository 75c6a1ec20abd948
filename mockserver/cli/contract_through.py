"""`mockserver contract GATEWAY --upstream-port N`: a gateway under test, whose upstream is the mock."""

import datetime
import sys
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mockserver.cli.ci import stopped_by_sigterm
from mockserver.cli.errors import report_errors
from mockserver.cli.manual import manual
from mockserver.core.errors import OperatorError, did_you_mean
from mockserver.gate.options import LOCAL_KEY
from mockserver.gate.packages import require_packages

if TYPE_CHECKING:
    from mockserver.gate.baseline_file import BaselineEntry
    from mockserver.gate.passage.cases import PassageCase

EXAMPLES = {
    "mockserver contract http://127.0.0.1:4000 --upstream-port 8001": "a gateway whose model is at port 8001",
    "mockserver contract http://127.0.0.1:4000 --upstream-port 8001 --only 'tool-*'": "only some cases",
    "mockserver contract http://127.0.0.1:4000 --upstream-port 8001 --baseline known.yaml": "accept what is known",
}


@click.command(epilog=manual(EXAMPLES, "gateway-under-test"))
@click.argument("url", metavar="GATEWAY")
@click.option(
    "--upstream-port",
    required=True,
    type=click.IntRange(1, 65535),
    help="Port on which the mock listens as the gateway's upstream.",
)
@click.option("--upstream-host", default="127.0.0.1", show_default=True, help="Address on which the mock listens.")
@click.option("--key", envvar="GATEWAY_KEY", show_envvar=True, default=LOCAL_KEY, help="API key of the gateway.")
@click.option("--model", help="Model to ask the gateway for. Default: the first that it lists.")
@click.option("--only", multiple=True, metavar="CASE", help="Ask only these cases; * is a wildcard.")
@click.option("--exclude", multiple=True, metavar="CASE", help="Leave out these cases; * is a wildcard.")
@click.option("--insecure", is_flag=True, help="Do not verify the gateway's TLS certificate.")
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path), metavar="FILE", help="Write a JSON report to FILE."
)
@click.option(
    "--junit", "junit_file", type=click.Path(path_type=Path), metavar="FILE", help="Write a JUnit XML report to FILE."
)
@click.option("--baseline", type=click.Path(path_type=Path), metavar="FILE", help="Accept the facts listed in FILE.")
@click.option("--write-baseline", is_flag=True, help="Write the --baseline file from this run.")
@report_errors
def through(
    url: str,
    upstream_port: int,
    upstream_host: str,
    key: str,
    model: str | None,
    only: tuple[str, ...],
    exclude: tuple[str, ...],
    insecure: bool,
    json_file: Path | None,
    junit_file: Path | None,
    baseline: Path | None,
    write_baseline: bool,
) -> None:
    """Say what GATEWAY changes or loses between its clients and its upstream, which is the mock.

    Configure the gateway with http://HOST:PORT as the base URL of its model, and any key. Exit code 0: everything
    arrived, 1: something changed or was lost, or the baseline is out of date, 2: could not run, 3: unfinished.
    """
    require_packages()
    from mockserver.gate.output_file import write_file
    from mockserver.gate.passage import baseline as baselines
    from mockserver.gate.passage import reports
    from mockserver.gate.passage.runner import PassageRunner, PassageSettings

    chosen, accepted = _chosen(only, exclude), _accepted(baseline, is_new=write_baseline)
    settings = PassageSettings(url, key, (upstream_host, upstream_port), model, not insecure, chosen)
    is_terminal = sys.stderr.isatty()

    def progress(words: str) -> None:
        if is_terminal:
            click.echo(f"\r\x1b[K  {words} …", nl=False, err=True)

    with stopped_by_sigterm():
        run = PassageRunner(settings, progress).run()
    progress("done")
    today = datetime.datetime.now(tz=datetime.UTC).date()
    if write_baseline and baseline is not None:
        write_file(baseline, baselines.write(run, accepted, today).encode())
    else:
        baselines.apply(run, accepted, today)
    for line in reports.lines(run):
        click.echo(line)
    if json_file is not None:
        write_file(json_file, reports.as_json(run))
    if junit_file is not None:
        write_file(junit_file, reports.as_junit(run))
    sys.exit(run.exit_code)


def _chosen(only: Sequence[str], exclude: Sequence[str]) -> "list[PassageCase]":
    """Return the cases that the operator chose. Raises `OperatorError` for a pattern that matches none."""
    from mockserver.gate.passage.cases import CASES

    names = [case.name for case in CASES]
    for pattern in (*only, *exclude):
        if not any(fnmatch(name, pattern) for name in names):
            raise OperatorError(f"no case is called '{pattern}'; {did_you_mean(pattern, names)}")
    return [
        case
        for case in CASES
        if (not only or any(fnmatch(case.name, pattern) for pattern in only))
        and not any(fnmatch(case.name, pattern) for pattern in exclude)
    ]


def _accepted(file: Path | None, *, is_new: bool) -> "list[BaselineEntry]":
    """Return the entries of the baseline. `is_new`: the run writes the file, which need not be there yet."""
    from mockserver.gate.passage import baseline

    if is_new and file is None:
        raise OperatorError("--write-baseline needs --baseline FILE")
    return [] if file is None or (is_new and not file.exists()) else baseline.read(file)
