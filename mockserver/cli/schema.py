"""`mockserver schema`: the JSON Schema of a kind of file."""

import click

from mockserver.cli.manual import manual

EXAMPLES = {
    "mockserver schema > scenario.schema.json": "for scenario files",
    "mockserver schema --kind chaos": "for chaos profiles",
}


@click.command(epilog=manual(EXAMPLES, "editors"))
@click.option(
    "--kind",
    type=click.Choice(["scenario", "chaos", "accounts"]),
    default="scenario",
    show_default=True,
    help="Kind of file.",
)
def schema(kind: str) -> None:
    """Print the JSON Schema of scenario files, chaos profiles or accounts files, for editors."""
    from mockserver.files.editor_schema import file_schema
    from mockserver.files.kinds import KINDS

    click.echo(file_schema(KINDS[kind]), nl=False)
