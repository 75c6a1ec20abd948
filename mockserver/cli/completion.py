"""`mockserver completion`: the script that makes a shell complete commands and options."""

import click
from click.shell_completion import get_completion_class

from mockserver.cli.manual import manual

SHELLS = ("bash", "zsh", "fish")

EXAMPLES = {
    "mockserver completion bash >> ~/.bashrc": "then open a new shell",
    "mockserver completion zsh >> ~/.zshrc": "below the line with compinit",
    "mockserver completion fish > ~/.config/fish/completions/mockserver.fish": "fish reads it at once",
}


@click.command(epilog=manual(EXAMPLES, "cli"))
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print the completion script of a shell: bash (4.4 or newer), zsh or fish."""
    from mockserver.cli.main import main

    script = get_completion_class(shell)
    assert script is not None
    click.echo(script(main, {}, "mockserver", "_MOCKSERVER_COMPLETE").source())
