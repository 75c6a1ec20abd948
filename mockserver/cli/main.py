"""The `mockserver` command and its subcommands.

A command is one file of this folder, which has the command's name, and one line in the table below. Only the module of
the command that runs is imported, and it imports what is heavy inside its function, so that every command starts
quickly. A mistake of the caller is one line (or one line each) on standard error, and exit code 2.
"""

from importlib import import_module

import click

from mockserver import __version__

COMMANDS = (
    "serve",
    "start",
    "scenarios",
    "new",
    "lint",
    "explain",
    "schema",
    "faults",
    "chaos",
    "tail",
    "verdict",
    "ask",
    "record",
    "contract",
    "openapi",
)
"""The commands in the order of `mockserver --help`, most used first."""


def command_of(name: str) -> click.Command:
    """Return a command of the table."""
    command: click.Command = getattr(import_module(f"mockserver.cli.{name}"), name)
    return command


class CommandTable(click.Group):
    """A group whose commands are imported when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, or None if there is none of that name."""
        return command_of(cmd_name) if cmd_name in COMMANDS else None


@click.group(cls=CommandTable, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, package_name="ainative-mockserver", message="mockserver %(version)s")
def main() -> None:
    """Mock the AINative LLM gateway, and check any gateway against its documents."""
