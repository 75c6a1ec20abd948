"""The argument and options by which a command names a running server."""

from collections.abc import Callable
from typing import ParamSpec

import click

P = ParamSpec("P")

DEFAULT = "http://127.0.0.1:8000"


def server_url_options(command: Callable[P, None]) -> Callable[P, None]:
    """Add the argument LINK and the options --token and --session to a command."""
    command = click.option("--session", metavar="ID", help="Only this session.")(command)
    command = click.option(
        "--token", envvar="MOCKSERVER_TOKEN", show_envvar=True, help="The token, if the link has none."
    )(command)
    return click.argument("link", default=DEFAULT)(command)
