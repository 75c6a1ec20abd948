"""`mockserver faults`: the faults that a scenario can use."""

import click

from mockserver.cli.errors import report_errors
from mockserver.cli.json_output import json_option, print_json
from mockserver.cli.manual import manual
from mockserver.core.errors import OperatorError, did_you_mean

EXAMPLES = {
    "mockserver faults": "list them by group",
    "mockserver faults reset": "describe one",
    "mockserver faults --json": "all of them, for programs",
}


@click.command(epilog=manual(EXAMPLES, "faults"))
@click.argument("name", required=False)
@click.option("--markdown", is_flag=True, help="Print the page docs/faults.md.")
@json_option
@report_errors
def faults(name: str | None, markdown: bool, as_json: bool) -> None:
    """List the faults, or describe the fault NAME."""
    from mockserver.faults import FAULTS, pages

    if name is not None and name not in FAULTS:
        raise OperatorError(f"no fault is named '{name}'; {did_you_mean(name, FAULTS)}")
    if as_json:
        from mockserver.control.routes.scenarios import fault_shapes

        print_json([shape.model_dump() for shape in fault_shapes() if name in (None, shape.name)])
    elif markdown:
        click.echo(pages.markdown(), nl=False)
    elif name is None:
        click.echo(pages.listing())
    else:
        click.echo(pages.page(FAULTS[name]))
