"""`mockserver start`: a gateway for a test suite in another language.

It prints one line of JSON (`url`, `openai_url`, `key`, `env`; for the control API `session`, `control`, `token` and
`page`) and serves until its standard input ends, so it ends with the suite that started it, however that ends.
"""

import sys

import click

from mockserver.cli.errors import report_errors


@click.command()
@click.option("--scenario", metavar="NAME|FILE", help="What to play; without it the mock answers by itself.")
@click.option("--chaos", metavar="PROFILE|FILE", help="What goes wrong at random, laid over everything.")
@click.option("--seed", default="0", show_default=True, help="Everything that looks random comes from it.")
@click.option("--clock", type=click.Choice(["virtual", "real"]), default="virtual", show_default=True)
@click.option("--strict", is_flag=True, help="Exit 1 if any turn was not played.")
@report_errors
def start(scenario: str | None, chaos: str | None, seed: str, clock: str, strict: bool) -> None:
    """Serve one test suite until standard input ends; exit 1 if a request matched nothing."""
    import orjson

    from mockserver.control import PREFIX
    from mockserver.journal.verify import ClientError
    from mockserver.testing.start import start as started

    try:
        with started(
            scenario,
            chaos=chaos,
            seed=seed,
            clock="real" if clock == "real" else "virtual",
            strict=strict,
            control=True,
        ) as gateway:
            told = {
                "url": gateway.url,
                "openai_url": gateway.openai_url,
                "key": gateway.key,
                "env": gateway.env,
                "session": gateway.session,
                "control": f"{gateway.url}{PREFIX}",
                "token": gateway.token,
                "page": gateway.page,
            }
            click.echo(orjson.dumps(told).decode())
            sys.stdout.flush()
            while sys.stdin.buffer.read(65_536):
                pass
    except ClientError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
