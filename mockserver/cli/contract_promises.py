"""`mockserver contract promises`: what the gateway's documents promise."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from mockserver.cli.json_output import json_option, print_json
from mockserver.cli.manual import manual

if TYPE_CHECKING:
    from mockserver.contracts.promises import Promise

INTRODUCTION = """\
# The promises

<!-- Written by `mockserver contract promises --markdown`; do not edit. -->

What [the contract gate](contract-gate.md) checks. Sources: D0 to D4 are the gateway's documents, OBS is what published
programs do, SDK is what the official SDKs need, and WIRE is what OpenAI and Anthropic publish of their wires: these
promises are for [any gateway](any-gateway.md). HTTP is what any other OpenAPI document promises,
RFC what HTTP itself promises.
"""


EXAMPLES = {
    "mockserver contract promises": "list them by group",
}


@click.command(epilog=manual(EXAMPLES, "promises"))
@click.option("--markdown", is_flag=True, help="Print the page docs/promises.md.")
@json_option
def promises(markdown: bool, as_json: bool) -> None:
    """List the promises: name, sentence, document and section."""
    from mockserver.contracts.promises import PROMISES

    if as_json:
        print_json(list(PROMISES.values()))
        return
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
