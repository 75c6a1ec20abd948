"""`mockserver start`: a gateway for a test suite in another language.

It prints one line of JSON: `url`, `openai_url`, `key` and `env`, and for the control API `session`, `control`, `token`
and `page`. It stops when its standard input closes, so it stops with the suite that started it, even if that crashes.
"""

import sys

import click

from mockserver.cli.errors import report_errors
from mockserver.cli.manual import manual

EXAMPLES = {
    "mockserver start --scenario greeting": "print url, key, token … as a line of JSON",
    "mockserver start --clock real --strict": "waits take time; an unplayed turn is exit code 1",
}


@click.command(epilog=manual(EXAMPLES, "testing"))
@click.option(
    "--scenario", metavar="NAME|FILE", help="Scenario to play; without it every request gets a default answer."
)
@click.option("--chaos", metavar="PROFILE|FILE", help="Chaos profile: random failures on top of any scenario.")
@click.option("--seed", default="0", show_default=True, help="Seed for all random choices.")
@click.option(
    "--clock",
    type=click.Choice(["virtual", "real"]),
    default="virtual",
    show_default=True,
    help="Clock for delays; on the virtual clock they take no time.",
)
@click.option("--strict", is_flag=True, help="Exit with code 1 if any turn was not played.")
@click.option(
    "--lenient",
    is_flag=True,
    help="Accept requests that are refused for their form alone: no provider, no model, nulls.",
)
@report_errors
def start(scenario: str | None, chaos: str | None, seed: str, clock: str, strict: bool, lenient: bool) -> None:
    """Run for one test suite; stops when stdin closes. Exit code 1 if a request matched no turn."""
    import orjson

    from mockserver.control import PREFIX
    from mockserver.journal.verify import ClientError
    from mockserver.testing.start import start as start_gateway

    try:
        with start_gateway(
            scenario,
            chaos=chaos,
            seed=seed,
            clock="real" if clock == "real" else "virtual",
            strict=strict,
            lenient=lenient,
            control=True,
        ) as gateway:
            connection = {
                "url": gateway.url,
                "openai_url": gateway.openai_url,
                "key": gateway.key,
                "env": gateway.env,
                "session": gateway.session,
                "control": f"{gateway.url}{PREFIX}",
                "token": gateway.token,
                "page": gateway.page,
            }
            click.echo(orjson.dumps(connection).decode())
            sys.stdout.flush()
            while sys.stdin.buffer.read(65_536):
                pass
    except ClientError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
