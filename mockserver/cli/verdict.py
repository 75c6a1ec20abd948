"""`mockserver verdict`: what the client of a running server did wrong, by what its journal has seen."""

import json
import sys
from typing import Any

import click

from mockserver.cli.errors import report_errors
from mockserver.cli.server_url import server_url_options
from mockserver.cli.tail import plain
from mockserver.control.client import ControlClient

MOST = 5_000
"""How many exchanges a server keeps."""


@click.command()
@server_url_options
@click.option("--concurrency", type=click.IntRange(1), help="So many requests at a time are allowed.")
@click.option("--read-timeout", type=click.FloatRange(0, min_open=True), help="So many seconds of silence are allowed.")
@click.option("--json", "as_json", is_flag=True, help="The findings as JSON.")
@report_errors
def verdict(
    link: str,
    token: str | None,
    session: str | None,
    concurrency: int | None,
    read_timeout: float | None,
    as_json: bool,
) -> None:
    """Say what the client of a running server did wrong; exit 1 if there is anything. LINK is what it printed."""
    remote = ControlClient(link, token)
    asked = {"session": session, "concurrency": concurrency, "read_timeout": read_timeout}
    findings: Any = remote.get("/verdict", **asked)["findings"]  # Any: JSON that our own server has made
    if as_json:
        click.echo(json.dumps(findings, indent=2, ensure_ascii=False))
        sys.exit(1 if findings else 0)
    for finding in findings:
        where = ", ".join(map(str, finding["exchanges"]))
        click.echo(
            f"{click.style(finding['rule'], fg='red', bold=True)} (exchange {where}): {plain(finding['evidence'])}"
        )
        click.echo(f"    do: {finding['right']}\n    why: {finding['reason']}")
    seen: Any = remote.get("/exchanges", session=session, limit=MOST)["exchanges"]
    found = f"{len(findings)} finding{'s' if len(findings) > 1 else ''}" if findings else "Nothing to blame"
    click.echo(f"{found} in {len(seen)} exchange{'' if len(seen) == 1 else 's'}.")
    sys.exit(1 if findings else 0)
