"""The `mockserver` command: its subcommands, put together.

Every command says what it has to say in a few calm lines, and every mistake of the caller's is one clear line (or one
line each) on standard error and exit code 2. Heavy imports happen in the command that needs them.
"""

from pathlib import Path

import click

from mockserver import __version__
from mockserver.cli.contract import contract
from mockserver.cli.errors import report_errors
from mockserver.cli.faults import faults
from mockserver.cli.files import explain, lint, new, scenarios, schema
from mockserver.cli.serve import serve
from mockserver.cli.start import start
from mockserver.cli.tail import tail
from mockserver.cli.verdict import verdict


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, package_name="ainative-mockserver", message="mockserver %(version)s")
def main() -> None:
    """A scriptable fake of the AINative LLM gateway."""


@main.command()
@click.option("--version", "version", type=click.Choice(["3.2", "3.1"]), default="3.2", show_default=True)
@report_errors
def openapi(version: str) -> None:
    """Print the contract; as 3.1 for tools that do not know OpenAPI 3.2 yet."""
    from mockserver.files import bundled
    from mockserver.openapi.convert31 import convert_to_31

    text = Path(bundled.OPENAPI).read_text(encoding="utf-8")
    click.echo(text if version == "3.2" else convert_to_31(text), nl=False)


for command in (serve, tail, verdict, start, scenarios, lint, explain, faults, schema, new, contract):
    main.add_command(command)
