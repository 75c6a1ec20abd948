"""The options of `serve` for a real gateway behind it, and the package that a connection to one needs."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, TypeVar

import click

from mockserver.core.errors import OperatorError

if TYPE_CHECKING:
    from mockserver.server.asgi import Fallback

F = TypeVar("F", bound="Callable[..., object]")

_mode = click.option(
    "--mode",
    type=click.Choice(["replay", "spy"]),
    default="replay",
    show_default=True,
    help="What becomes of requests that the scenario does not answer: 404, or the upstream's answer.",
)
_upstream = click.option("--upstream", metavar="URL", help="Gateway that --mode spy asks.")
allow_private = click.option(
    "--allow-private", is_flag=True, help="Allow an upstream whose address is not public, such as localhost."
)


def upstream_options(command: F) -> F:
    """Give a command the options `--mode`, `--upstream` and `--allow-private`."""
    return _mode(_upstream(allow_private(command)))


def open_fallback(
    mode: str, upstream: str | None, *, allow_private: bool, scenario: str | None
) -> "tuple[Callable[[], Fallback | None], list[str]]":
    """Return what makes the fallback of a gateway, and lines to print at the start.

    Raise `OperatorError` if the options contradict each other.
    """
    if mode == "replay":
        if upstream is not None or allow_private:
            raise OperatorError(f"{'--upstream' if upstream is not None else '--allow-private'} needs --mode spy")
        return lambda: None, []
    if upstream is None:
        raise OperatorError("--mode spy needs --upstream")
    if scenario is None:
        raise OperatorError("--mode spy needs --scenario: without one the mock answers every request")
    require_packages()
    from mockserver.upstream.address import upstream_at
    from mockserver.upstream.spy import Spy

    address = upstream_at(upstream, allow_private=allow_private)
    notices = [f"What the scenario does not answer goes to {address.url}.", *address.warnings]
    return lambda: Spy(address), notices


def require_packages() -> None:
    """Raise `OperatorError`, with the command to run, if a package for connections to an upstream is missing."""
    if find_spec("httpcore2") is None:
        raise OperatorError("an upstream needs one more package: pip install 'ainative-mockserver[record]'")
