"""`mockserver contract promises`: what the gateway's documents promise."""

import click


@click.command()
def promises() -> None:
    """List the promises: name, sentence, document and section."""
    from mockserver.contracts.promises import PROMISES

    group = ""
    for promise in PROMISES.values():
        if promise.group != group:
            group = promise.group
            click.echo(f"\n{group}")
        click.echo(f"  {promise.name:<22} {promise.sentence}  [{promise.source}]")
