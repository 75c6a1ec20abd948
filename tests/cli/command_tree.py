"""Every command by what a user types after `mockserver`."""

import click

from mockserver.cli.main import COMMANDS, command_of


def commands() -> dict[str, click.Command]:
    """Return the commands that do something; a group is none."""
    found: dict[str, click.Command] = {}
    for name in COMMANDS:
        command = command_of(name)
        if isinstance(command, click.Group):
            found |= {f"{name} {inner}": each for inner, each in command.commands.items()}
        else:
            found[name] = command
    return found
