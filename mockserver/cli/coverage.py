"""`mockserver coverage`: which documented situations clients have met, from running servers and from files."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mockserver.cli.errors import report_errors
from mockserver.cli.json_output import json_option, print_json
from mockserver.cli.manual import manual
from mockserver.cli.server_url import DEFAULT

if TYPE_CHECKING:
    from mockserver.coverage.value import GatewayCoverage

EXAMPLES = {
    "mockserver coverage 'http://127.0.0.1:8000/_mock/?token=TOKEN'": "of a running server",
    "mockserver coverage LINK --append coverage.json": "add it to a file, before the server stops",
    "mockserver coverage unit.json end-to-end.json --fail-under 80": "of several runs together, for CI",
}


@click.command(epilog=manual(EXAMPLES, "coverage"))
@click.argument("sources", nargs=-1, metavar="[LINK|FILE]...")
@click.option("--token", envvar="MOCKSERVER_TOKEN", show_envvar=True, help="The token, if the link has none.")
@click.option("--session", metavar="ID", help="Of running servers, only this session.")
@click.option("--omit", multiple=True, metavar="NAMES", help="Situations or groups that do not count.")
@click.option(
    "--append", "appended", type=click.Path(path_type=Path), metavar="FILE", help="Add to the coverage in FILE."
)
@click.option("--html", type=click.Path(path_type=Path), metavar="FILE", help="Write the report to FILE, one page.")
@click.option("--fail-under", type=click.FloatRange(0, 100), metavar="PERCENT", help="Exit with 1 below this share.")
@json_option
@report_errors
def coverage(
    sources: tuple[str, ...],
    token: str | None,
    session: str | None,
    omit: tuple[str, ...],
    appended: Path | None,
    html: Path | None,
    fail_under: float | None,
    as_json: bool,
) -> None:
    """Say which documented situations clients have met, and which turns were never played.

    LINK is what `mockserver serve` printed; FILE is what --append of this command, or --gateway-coverage-append of
    pytest, has written. Several are merged. Exit code 1 if less is met than --fail-under demands.
    """
    from mockserver.coverage import report, storage
    from mockserver.coverage.documented import documented_situations
    from mockserver.coverage.html import render
    from mockserver.coverage.value import GatewayCoverage
    from mockserver.files.contract import load_contract, split_names

    situations = documented_situations(load_contract(), split_names(omit))
    together = GatewayCoverage()
    for source in sources or (DEFAULT,):
        together = together.merge(_read(source, token, session))
    if appended is not None:
        together = storage.append(appended, together)
    figures = report.CoverageReport(together, situations)
    if html is not None:
        storage.write(html, render(figures))
    if as_json:
        print_json(report.as_json(figures))
    else:
        click.echo("\n".join(report.lines(figures)))
    if fail_under is not None and figures.percent < fail_under:
        click.echo(f"--fail-under demands {fail_under:g} %.", err=True)
        sys.exit(1)


def _read(source: str, token: str | None, session: str | None) -> "GatewayCoverage":
    """Return the coverage in a file, or of a running server."""
    from mockserver.control.client import ControlClient
    from mockserver.coverage.storage import read_coverage
    from mockserver.coverage.value import GatewayCoverage, TurnPlace

    if "://" not in source and (source.endswith(".json") or Path(source).exists()):
        return read_coverage(Path(source))
    document: Any = ControlClient(source, token).get("/coverage", session=session)  # Any: JSON of our own server
    if document["forgotten"]:
        click.echo(f"note: exchanges up to {document['forgotten']:,} are no longer in the server's journal", err=True)
    turns = [(TurnPlace(turn["path"], turn["line"], turn["turn"]), turn["played"]) for turn in document["turns"]]
    return GatewayCoverage(
        frozenset([one["name"] for group in document["groups"] for one in group["situations"] if one["met"]]),
        frozenset([place for place, _ in turns]),
        frozenset([place for place, is_played in turns if is_played]),
    )
