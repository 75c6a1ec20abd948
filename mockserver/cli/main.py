"""The `mockserver` command and its subcommands.

A command is one file of this folder, which has the command's name, and one line in the table below. Only the module of
the command that runs is imported, and it imports what is heavy inside its function, so that every command starts
quickly. A mistake of the caller is one line (or one line each) on standard error, and exit code 2.
"""

import os
import sys
from importlib import import_module
from keyword import iskeyword
from typing import Any

import click

from mockserver import __version__
from mockserver.cli.colour import colour_choice
from mockserver.cli.errors import INTERRUPTED
from mockserver.core.errors import did_you_mean

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
    "coverage",
    "exam",
    "ask",
    "record",
    "compare",
    "import",
    "contract",
    "mcp",
    "openapi",
    "docs",
    "doctor",
    "completion",
)
"""The commands in the order of `mockserver --help`, most used first."""


READER_GONE = 141
"""The exit code after the reader of the output has gone, as shells report SIGPIPE. 1 would be a finding."""


def command_of(name: str) -> click.Command:
    """Return a command of the table."""
    name = f"{name}_" if iskeyword(name) else name
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

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the first argument names, and the arguments after it."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"No such command '{args[0]}'; {did_you_mean(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:  # Any: click's own type
        """Run the command. Ctrl-C and a reader that has gone end it with the exit codes that shells know."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("\nInterrupted.", err=True)
            sys.exit(INTERRUPTED)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still buffered goes nowhere
            sys.exit(READER_GONE)


EPILOG = """\b
Exit codes:
  0    done
  1    done, and found what the command looks for: mistakes, broken promises, findings
  2    could not be done: a wrong option, a missing file, a busy port; standard error says what to do
  3    `contract`: unfinished; nothing is known to be broken, but not everything was examined
  130  interrupted by Ctrl-C (servers stop with their own exit code)
  141  the reader of the output has gone, as after `| head`

\b
Environment:
  NO_COLOR     no colour, even on a terminal
  FORCE_COLOR  colour even where there is no terminal, such as in CI

\b
Examples of a command: mockserver COMMAND --help. The documentation: mockserver docs.
"""


SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


@click.group(cls=CommandTable, epilog=EPILOG, context_settings=SETTINGS)
@click.version_option(__version__, package_name="ainative-mockserver", message="mockserver %(version)s")
@click.pass_context
def main(context: click.Context) -> None:
    """Mock the AINative LLM gateway, and check any gateway against its documents."""
    context.color = colour_choice(os.environ)
