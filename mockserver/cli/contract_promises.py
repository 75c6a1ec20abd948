"""`mockserver contract promises`: what the gateway's documents promise."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mockserver.contracts.promises import Promise

INTRODUCTION = """\
# The promises

<!-- Written by `mockserver contract promises --markdown`; do not edit. -->

What [the contract gate](contract-gate.md) checks. Sources: D0 to D4 are the gateway's documents, OBS is what published
programs do, SDK is what the official SDKs need.
"""


@click.command()
@click.option("--markdown", is_flag=True, help="Print the page docs/promises.md.")
def promises(markdown: bool) -> None:
    """List the promises: name, sentence, document and section."""
    from mockserver.contracts.promises import PROMISES

    groups: dict[str, list[Promise]] = {}
    for promise in PROMISES.values():
        groups.setdefault(promise.group, []).append(promise)
    if markdown:
        click.echo(INTRODUCTION)
        click.echo("\n\n".join("\n".join(_table(group, members)) for group, members in groups.items()))
        return
    for group, members in groups.items():
        click.echo(f"\n{group}")
        for promise in members:
            click.echo(f"  {promise.name:<22} {promise.sentence}  [{promise.source}]")


def _table(group: str, promises: list["Promise"]) -> Iterator[str]:
    """Yield the lines of one group, as a table of Markdown."""
    from mockserver.contracts.promises import CREDENTIALS

    yield from (
        f"## {group.capitalize()}",
        "",
        "| promise | what it says | source | to examine it |",
        "|---|---|---|---|",
    )
    for promise in promises:
        needs = CREDENTIALS[promise.needs] if promise.needs else ""
        sentence = promise.sentence.replace("|", "\\|")
        yield f"| `{promise.name}` | {sentence} | {promise.source} | {needs} |".replace("|  |", "| |")
