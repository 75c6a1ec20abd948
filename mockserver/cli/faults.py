"""`mockserver faults`: the table of everything that can go wrong."""

import sys

import click

from mockserver.core.errors import did_you_mean


@click.command()
@click.argument("name", required=False)
@click.option("--markdown", is_flag=True, help="The whole table as docs/faults.md has it.")
def faults(name: str | None, markdown: bool) -> None:
    """List the faults, or explain the one called NAME."""
    from mockserver.faults import FAULTS, pages

    if markdown:
        click.echo(pages.markdown(), nl=False)
    elif name is None:
        click.echo(pages.listing())
    elif name in FAULTS:
        click.echo(pages.page(FAULTS[name]))
    else:
        click.echo(f"mockserver: no fault is called '{name}'; {did_you_mean(name, FAULTS)}", err=True)
        sys.exit(2)
