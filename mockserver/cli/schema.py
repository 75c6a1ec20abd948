"""`mockserver schema`: the JSON Schema of scenario files."""

import click


@click.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors."""
    from mockserver.files.editor_schema import scenario_schema

    click.echo(scenario_schema(), nl=False)
