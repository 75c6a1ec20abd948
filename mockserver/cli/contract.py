"""`mockserver contract`: the group of commands that check a gateway against its documents."""

import click

from mockserver.cli.contract_against import against
from mockserver.cli.contract_check import check
from mockserver.cli.contract_diff import diff
from mockserver.cli.contract_promises import promises
from mockserver.cli.contract_proxy import proxy
from mockserver.cli.contract_through import through
from mockserver.core.errors import nearest


class ContractGroup(click.Group):
    """A group whose first argument may be a URL: `mockserver contract URL` is `mockserver contract check URL`.

    With `--upstream-port` it is `mockserver contract through URL`, with `--against` `mockserver contract against URL`.
    """

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Take a first argument that is no command as the target of `check`, unless it is a command misspelt."""
        if args and args[0] not in self.commands:
            meant = nearest(args[0], self.commands) if args[0].isalpha() else None
            if meant is not None:
                ctx.fail(f"No such command '{args[0]}'; did you mean '{meant}'? A gateway is given as http://{args[0]}")
            args = [_meant(args), *args]
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take options before the URL as options of `check`."""
        if args and args[0].startswith("-") and args[0] not in ("-h", "--help"):
            args = [_meant(args), *args]
        return super().parse_args(ctx, args)


def _meant(args: list[str]) -> str:
    """Return the command that is meant by arguments without one."""
    names = [argument.partition("=")[0] for argument in args]
    return next((command for option, command in MEANT.items() if option in names), "check")


MEANT = {"--upstream-port": "through", "--against": "against"}
"""An option -> the command that has it."""


HELP = """Check a gateway, real or fake, against its documents.

\b
mockserver contract URL            check a gateway (see: mockserver contract check --help)
mockserver contract promises       list the promises
mockserver contract diff OLD NEW   compare two versions of openapi.yaml
mockserver contract proxy ...      check real traffic on its way to a gateway
mockserver contract through ...    say what a gateway changes between client and upstream
mockserver contract against ...    put the same questions to two gateways
"""


@click.group(cls=ContractGroup, help=HELP)
def contract() -> None:
    """Check a gateway, real or fake, against its documents."""


for command in (
    check,
    promises,
    diff,
    proxy,
    through,
    against,
):
    contract.add_command(command)
