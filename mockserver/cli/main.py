"""The `mockserver` command and its subcommands.

A command is one file of this folder and one line in the table below. It imports what is heavy inside its function, so
that `mockserver --help` is quick. A mistake of the caller is one line (or one line each) on standard error, and exit
code 2.
"""

import click

from mockserver import __version__
from mockserver.cli.chaos import chaos
from mockserver.cli.contract import contract
from mockserver.cli.explain import explain
from mockserver.cli.faults import faults
from mockserver.cli.lint import lint
from mockserver.cli.new import new
from mockserver.cli.openapi import openapi
from mockserver.cli.scenarios import scenarios
from mockserver.cli.schema import schema
from mockserver.cli.serve import serve
from mockserver.cli.start import start
from mockserver.cli.tail import tail
from mockserver.cli.verdict import verdict


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, package_name="ainative-mockserver", message="mockserver %(version)s")
def main() -> None:
    """Mock the AINative LLM gateway, and check any gateway against its documents."""


for command in (
    serve,
    start,
    scenarios,
    new,
    lint,
    explain,
    schema,
    faults,
    chaos,
    tail,
    verdict,
    contract,
    openapi,
):
    main.add_command(command)
