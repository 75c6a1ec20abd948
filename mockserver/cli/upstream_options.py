"""The options of `serve` for a real gateway behind it, and the package that a connection to one needs."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import TypeVar

import click

from mockserver.core.errors import OperatorError

F = TypeVar("F", bound="Callable[..., object]")

MODES = ("replay", "spy", "record-missing", "compare", "proxy")

_mode = click.option(
    "--mode",
    type=click.Choice(MODES),
    default="replay",
    show_default=True,
    help="What the upstream answers: nothing; what the scenario does not (spy), and add it to the file "
    "(record-missing); everything, and say where the scenario differs (compare), or with --chaos over it (proxy).",
)
_upstream = click.option("--upstream", metavar="URL", help="Gateway that every mode but replay asks.")
allow_private = click.option(
    "--allow-private", is_flag=True, help="Allow an upstream whose address is not public, such as localhost."
)


def upstream_options(command: F) -> F:
    """Give a command the options `--mode`, `--upstream` and `--allow-private`."""
    return _mode(_upstream(allow_private(command)))


def require_packages() -> None:
    """Raise `OperatorError`, with the command to run, if a package for connections to an upstream is missing."""
    if find_spec("httpcore2") is None:
        raise OperatorError("an upstream needs one more package: pip install 'ainative-mockserver[record]'")
