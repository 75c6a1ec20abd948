"""`mockserver new`: a first scenario file to start from."""

from pathlib import Path

import click

from mockserver.cli.errors import report_errors
from mockserver.cli.manual import manual
from mockserver.core.errors import OperatorError

SCHEMA_FILE = "scenario.schema.json"


EXAMPLES = {
    "mockserver new my-agent": "write my-agent.yaml and scenario.schema.json",
}


@click.command(epilog=manual(EXAMPLES, "scenarios"))
@click.argument("name")
@report_errors
def new(name: str) -> None:
    """Create NAME.yaml, a commented scenario to start from, and a JSON Schema for your editor."""
    from mockserver.files.editor_schema import file_schema, first_scenario
    from mockserver.files.kinds import KINDS

    file = Path(f"{name}.yaml")
    text = first_scenario(name, SCHEMA_FILE)
    if file.exists():
        raise OperatorError(f"{file} already exists; choose another name, or remove it")
    file.write_text(text, encoding="utf-8")
    Path(SCHEMA_FILE).write_text(file_schema(KINDS["scenario"]), encoding="utf-8")
    click.echo(
        f"Created {file}, and {SCHEMA_FILE} for your editor. To play it:\n\n  mockserver serve --scenario {file}"
    )
