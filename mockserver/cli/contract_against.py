"""`mockserver contract A --against B`: the same questions to two gateways, and where their answers differ."""

import sys
from pathlib import Path
from typing import Any

import click

from mockserver.cli.ci import stopped_by_sigterm
from mockserver.cli.errors import report_errors
from mockserver.cli.manual import manual
from mockserver.core.errors import OperatorError
from mockserver.gate.options import CONTEXT, LOCAL_KEY, PARAMETERS, GateOptions
from mockserver.gate.packages import require_packages

SHARED = frozenset(
    [
        "url",
        "key",
        "profile",
        "seed",
        "only",
        "exclude",
        "documented_only",
        "model",
        "dialect",
        "short_sse",
        "time",
        "exhausted_key",
        "limited_key",
        "failing_key",
        "loading_key",
        "expired_token",
        "login",
        "insecure",
        "contract",
        "quiet",
        "json",
        "junit",
    ]
)
"""The arguments and options of a run that a comparison has too."""

EXAMPLES = {
    "mockserver contract https://gateway.example --against http://127.0.0.1:8000": "how faithful is the mock?",
    "mockserver contract http://a:4000 --against http://b:4000 --dialect both": "two gateways of any kind",
}


@report_errors
def _against(against: str, against_key: str | None, against_model: str | None, **values: Any) -> None:
    """Put the same questions to the gateway at URL and to another one, and say where their answers differ.

    Exit code 0: they answer alike, 1: they differ, 2: could not run, 3: unfinished.
    """
    require_packages()
    from mockserver.gate.client import base_url, is_loopback
    from mockserver.gate.output_file import write_file
    from mockserver.gate.side_by_side import reports
    from mockserver.gate.side_by_side.run import SecondGateway, ask_both

    settings = GateOptions.of(UNUSED | values).settings()
    other = base_url(against)
    key = against_key or (LOCAL_KEY if is_loopback(other) else None)
    if key is None:
        raise OperatorError("the second gateway needs an API key: give --against-key KEY or set GATE_AGAINST_KEY")
    is_shown = sys.stderr.isatty() and not values["quiet"]

    def progress(words: str) -> None:
        if is_shown:
            click.echo(f"\r\x1b[K  {words} …", nl=False, err=True)

    with stopped_by_sigterm():
        found = ask_both(settings, SecondGateway(other, key, against_model), progress)
    if is_shown:
        click.echo("\r\x1b[K", nl=False, err=True)
    for line in reports.lines(found):
        click.echo(line)
    for name, render in (("json", reports.as_json), ("junit", reports.as_junit)):
        if values[name]:
            write_file(Path(values[name]), render(found))
    sys.exit(found.exit_code)


UNUSED = {
    str(parameter.name): () if getattr(parameter, "multiple", False) else None
    for parameter in PARAMETERS
    if parameter.name not in SHARED
}
"""The options of a run that a comparison does not have, not given."""

against = click.Command(
    "against",
    params=[
        *(parameter for parameter in PARAMETERS if parameter.name in SHARED),
        click.Option(
            ["--against"], required=True, show_envvar=True, metavar="URL", help="Gateway to compare with the first."
        ),
        click.Option(["--against-key"], show_envvar=True, help="API key of that gateway."),
        click.Option(["--against-model"], show_envvar=True, help="Model to ask that gateway for."),
    ],
    callback=_against,
    help=_against.__doc__,
    epilog=manual(EXAMPLES, "any-gateway"),
    context_settings=dict(CONTEXT),
)
