"""`--contract FILE`, an option of several commands: an OpenAPI document to serve beside the gateway."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mockserver.openapi.contract import Contract

contract_option = click.option(
    "--contract",
    "external",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Add the operations of this OpenAPI 3 document.",
)


def open_contract(external: Path | None) -> tuple["Contract", list[str]]:
    """Return the gateway's contract, with an external document's operations if one is given.

    The second value holds the lines to print at start-up.
    """
    from mockserver.files.contract import load_contract

    contract = load_contract()
    if external is None:
        return contract, []
    from mockserver.files.external_document import add_external, load_external

    return add_external(contract, load_external(external, contract.names))
