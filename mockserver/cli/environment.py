"""Options that can also come from the environment: `--log-format` is `MOCKSERVER_LOG_FORMAT`, and so on.

An option on the command line goes first.
"""

import click

PREFIX = "MOCKSERVER_"


class PortOption(click.Option):
    """A port option that ignores the variable that Kubernetes sets for a service called `mockserver`.

    Kubernetes gives every container `MOCKSERVER_PORT=tcp://10.0.0.1:8000` then.
    """

    def resolve_envvar_value(self, ctx: click.Context) -> str | None:
        """Return the variable's value; None if it is a URL."""
        value = super().resolve_envvar_value(ctx)
        return None if value is not None and "://" in value else value


def with_environment(command: click.Command) -> click.Command:
    """Let every option of a command come from the environment too, and say so in its help."""
    for option in command.params:
        if isinstance(option, click.Option):
            option.envvar = variable_of(option)
            option.show_envvar = True
    return command


def variable_of(option: click.Option) -> str:
    """Return the name of an option's variable."""
    return PREFIX + option.opts[0].lstrip("-").replace("-", "_").upper()
