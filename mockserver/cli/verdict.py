"""`mockserver verdict`: the mistakes of a running server's clients, according to its journal."""

import sys
from typing import Any

import click

from mockserver.cli.errors import report_errors
from mockserver.cli.json_output import json_option, print_json
from mockserver.cli.manual import manual
from mockserver.cli.server_url import server_url_options
from mockserver.cli.tail import plain
from mockserver.control.client import ControlClient

EXAMPLES = {
    "mockserver verdict 'http://127.0.0.1:8000/_mock/?token=TOKEN'": "judge all clients",
    "mockserver verdict --token TOKEN --concurrency 4": "at most four requests at once are right",
}


@click.command(epilog=manual(EXAMPLES, "testing"))
@server_url_options
@click.option("--concurrency", type=click.IntRange(1), help="Maximum number of concurrent requests.")
@click.option("--read-timeout", type=click.FloatRange(0, min_open=True), help="Read timeout of the client in seconds.")
@json_option
@report_errors
def verdict(
    link: str,
    token: str | None,
    session: str | None,
    concurrency: int | None,
    read_timeout: float | None,
    as_json: bool,
) -> None:
    """List the mistakes of a running server's clients. Exit code 1 if there are any.

    LINK is what `mockserver serve` printed.
    """
    from mockserver.journal.verdict import advice

    client = ControlClient(link, token)
    query = {"session": session, "concurrency": concurrency, "read_timeout": read_timeout}
    judged: Any = client.get("/verdict", **query)  # Any: JSON of our own server; see control.responses
    findings = judged["findings"]
    if as_json:
        print_json(findings)
        sys.exit(1 if findings else 0)
    for finding in findings:
        where = ", ".join(map(str, finding["exchanges"]))
        click.echo(
            f"{click.style(finding['rule'], fg='red', bold=True)} (exchange {where}): {plain(finding['evidence'])}"
        )
        click.echo(advice(finding["right"], finding["reason"]))
    count = f"{len(findings)} problem{'s' if len(findings) > 1 else ''}" if findings else "No problems"
    click.echo(f"{count} found in {judged['exchanges']} exchange{'' if judged['exchanges'] == 1 else 's'}.")
    if judged["exchanges"] and not findings:
        click.echo(f"Checked: {', '.join(judged['checked'])}.")
        for name, why in judged["unchecked"].items():
            click.echo(f"  not checked: {name} ({why})")
    for note, numbers in judged["warnings"].items():
        click.echo(f"  note: {plain(note)} (exchange {', '.join(map(str, numbers))})")
    sys.exit(1 if findings else 0)
