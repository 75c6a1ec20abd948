"""`mockserver scenarios`: the scenarios that can be played by name."""

import click

from mockserver.cli.errors import report_errors
from mockserver.cli.json_output import json_option, print_json
from mockserver.cli.manual import manual

EXAMPLES = {
    "mockserver scenarios": "list the shipped scenarios",
    "mockserver scenarios my-scenarios/": "and those of a folder",
    "mockserver scenarios --json": "the same, for programs",
}


@click.command(epilog=manual(EXAMPLES, "scenarios"))
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False))
@json_option
@report_errors
def scenarios(folder: str | None, as_json: bool) -> None:
    """List the shipped scenarios, and those in FOLDER."""
    from mockserver.files import bundled
    from mockserver.files.contract import load_contract
    from mockserver.files.library import load_library

    library = load_library(load_contract(), folder)
    if as_json:
        print_json(
            [
                {"name": name, "about": library.scripts[name].about, "file": str(file)}
                for name, file in library.files.items()
            ]
        )
        return
    width = max((len(name) for name in library.files), default=0)
    for heading, own in (("Shipped", False), (f"In {folder}", True)):
        names = [name for name, file in library.files.items() if (file.parent != bundled.SCENARIOS) is own]
        if names:
            click.echo(f"{heading}:")
        for name in names:
            click.echo(f"  {name:<{width}}  {library.scripts[name].about}")
    click.echo("\nTo play one: mockserver serve --scenario NAME, or use the API key sk_mock_NAME.")
