"""`mockserver mcp`: tools for a coding agent, by the Model Context Protocol on standard input and output."""

import signal
import sys
from contextlib import ExitStack

import click

from mockserver.cli.errors import report_errors
from mockserver.cli.manual import manual

EXAMPLES = {
    "mockserver mcp": "start a mock of its own on a free port",
    "mockserver mcp --port 8000": "on a port that your program knows",
    "mockserver mcp 'http://127.0.0.1:8000/_mock/?token=TOKEN'": "join a running mock",
    "mockserver mcp --print-skill > SKILL.md": "print the skill that teaches an agent to use it",
}


@click.command(epilog=manual(EXAMPLES, "agents"))
@click.argument("link", required=False)
@click.option(
    "--token",
    envvar="MOCKSERVER_TOKEN",
    show_envvar=True,
    help="The token of a running mock, if the link has none.",
)
@click.option(
    "--port",
    default=0,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port of its own mock; 0 chooses a free one.",
)
@click.option("--print-skill", is_flag=True, help="Print a skill for coding agents (Markdown), and serve nothing.")
@report_errors
def mcp(link: str | None, token: str | None, port: int, print_skill: bool) -> None:
    """Serve tools for a coding agent on standard input and output (Model Context Protocol).

    LINK is what `mockserver serve` printed; without it the command starts a mock of its own.
    """
    from mockserver.agents import server
    from mockserver.agents.resources import skill

    if print_skill:
        click.echo(skill(), nl=False)
        return
    server.require_packages()
    from mockserver.control.client import ControlClient

    with ExitStack() as stack:
        if link is None:
            link, token = stack.enter_context(server.own_gateway("127.0.0.1", port)), None
        client = ControlClient(link, token)
        client.get("/about")  # a wrong link is a line now, not an error of the first tool
        if sys.stdin.isatty():
            click.echo(f"{client.url} waits for an agent on standard input (mockserver docs agents).", err=True)
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # else Ctrl-C waits for the thread that reads standard input
        server.build(client).run()
