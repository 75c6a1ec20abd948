"""`--contract FILE`, the option that commands share: a foreign contract beside the gateway's own."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mockserver.openapi.contract import Contract

contract_option = click.option(
    "--contract",
    "foreign",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="An OpenAPI 3 document to have beside the gateway.",
)


def open_contract(foreign: Path | None) -> tuple["Contract", list[str]]:
    """The contract, with a foreign one beside it if one is given, and what to tell at start-up."""
    from mockserver.files.library import load_contract

    contract = load_contract()
    if foreign is None:
        return contract, []
    from mockserver.files.external_document import add_external, load_external

    return add_external(contract, load_external(foreign, contract.names))
