"""`mockserver openapi`: the contract of the gateway as an OpenAPI document."""

from pathlib import Path

import click

from mockserver.cli.errors import report_errors
from mockserver.cli.manual import manual

EXAMPLES = {
    "mockserver openapi > openapi.yaml": "the contract as it stands",
    "mockserver openapi --version 3.1": "for tools that do not know 3.2",
}


@click.command(epilog=manual(EXAMPLES, "contracts"))
@click.option(
    "--version",
    "version",
    type=click.Choice(["3.2", "3.1"]),
    default="3.2",
    show_default=True,
    help="OpenAPI version of the output.",
)
@report_errors
def openapi(version: str) -> None:
    """Print the gateway's contract as an OpenAPI document."""
    from mockserver.files import bundled
    from mockserver.openapi.convert31 import convert_to_31

    text = Path(bundled.OPENAPI).read_text(encoding="utf-8")
    click.echo(text if version == "3.2" else convert_to_31(text), nl=False)
