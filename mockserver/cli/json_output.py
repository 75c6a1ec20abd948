"""The option `--json` of commands whose output programs read."""

from collections.abc import Callable
from typing import TypeVar

import click

F = TypeVar("F", bound="Callable[..., object]")


def json_option(command: F) -> F:
    """Give a command the option `--json`; it is passed as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")(command)


def print_json(value: object) -> None:
    """Print a value as indented JSON."""
    import orjson

    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())
