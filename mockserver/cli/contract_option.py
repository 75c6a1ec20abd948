"""Which operations there are, an option of several commands.

`--contract FILE` adds the operations of an OpenAPI document, `--extensions NAME` those of an extension.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockserver.openapi.contract import Contract

F = TypeVar("F", bound="Callable[..., object]")

_contract = click.option(
    "--contract",
    "external",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Add the operations of this OpenAPI 3 document.",
)
_extensions = click.option(
    "--extensions",
    metavar="NAME,…",
    multiple=True,
    help="Add APIs that the gateway does not have: responses, embeddings (OpenAI).",
)


def contract_options(command: F) -> F:
    """Give a command the options `--contract` and `--extensions`."""
    return _contract(_extensions(command))


def open_contract(external: Path | None, extensions: Iterable[str] = ()) -> tuple["Contract", list[str]]:
    """Return the gateway's contract with these extensions, and with an external document's operations if one is given.

    The second value holds the lines to print at start-up.
    """
    from mockserver.files.contract import load_contract, split_names

    names = split_names(extensions)
    contract = load_contract(names)
    notices = [f"Extensions: {', '.join(names)}."] if names else []
    if external is None:
        return contract, notices
    from mockserver.files.external_document import add_external, load_external

    contract, about = add_external(contract, load_external(external, contract.names))
    return contract, [*notices, *about]
