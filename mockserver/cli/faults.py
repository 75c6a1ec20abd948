"""`mockserver faults`: the faults that a scenario can use."""

import sys

import click

from mockserver.core.errors import did_you_mean


@click.command()
@click.argument("name", required=False)
@click.option("--markdown", is_flag=True, help="Print the page docs/faults.md.")
def faults(name: str | None, markdown: bool) -> None:
    """List the faults, or describe the fault NAME."""
    from mockserver.faults import FAULTS, pages

    if markdown:
        click.echo(pages.markdown(), nl=False)
    elif name is None:
        click.echo(pages.listing())
    elif name in FAULTS:
        click.echo(pages.page(FAULTS[name]))
    else:
        click.echo(f"mockserver: no fault is named '{name}'; {did_you_mean(name, FAULTS)}", err=True)
        sys.exit(2)
