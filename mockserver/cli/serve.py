"""`mockserver serve`: the gateway in the foreground, until Ctrl-C."""

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mockserver import __version__
from mockserver.cli import watch as watching
from mockserver.cli.contract_option import contract_option, open_contract
from mockserver.cli.control_options import (
    MOST_BYTES,
    MOST_EXCHANGES,
    SEVERAL,
    control_options,
    files_of,
    place_in,
    serve_one,
)
from mockserver.cli.errors import report_errors
from mockserver.core.errors import OperatorError

if TYPE_CHECKING:
    from mockserver.accounts.session import Timeline
    from mockserver.cli.watch import Place
    from mockserver.files.library import Library
    from mockserver.server.stores.memory import Store
    from mockserver.wires.envelopes import Envelope

ENVELOPES = ("superset", "anthropic", "openai", "fastapi", "bare")
"""The shapes that an error body can have; see `wires.envelopes`."""

DEFAULT_PORT = 8000
"""The port of the documented development URL (D2: http://localhost:8000)."""

KEY = "sk_test"
SETTINGS = """\
  Anthropic SDK   ANTHROPIC_BASE_URL={url}
                  ANTHROPIC_API_KEY={key}
  OpenAI SDK      OPENAI_BASE_URL={url}/api/v1
                  OPENAI_API_KEY={key}
"""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=DEFAULT_PORT, show_default=True, type=click.IntRange(0, 65535), help="0: any free one.")
@click.option("--scenario", metavar="NAME|FILE|DIR", help="What to play; without it the mock answers by itself.")
@contract_option
@click.option("--chaos", metavar="PROFILE|FILE", help="What goes wrong at random, laid over everything.")
@click.option("--seed", default="0", show_default=True, help="Everything that looks random comes from it.")
@click.option("--clock", type=click.Choice(["real", "virtual"]), default="real", help="virtual: waiting takes no time.")
@click.option("--speed", default=1.0, type=click.FloatRange(0.001, 1000), help="How fast time runs: 10 is ten times.")
@click.option("--watch", is_flag=True, help="A saved scenario file is live at once.")
@click.option("--quiet", is_flag=True, help="No line for each request.")
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", help="How each request is told.")
@click.option("--accounts", metavar="FILE", type=click.Path(dir_okay=False), help="Keys, users, plans, credits.")
@click.option("--strict-keys", is_flag=True, help="Take no keys but sk_…, ak_… and tokens issued here.")
@click.option("--strict-models", is_flag=True, help="404 for unknown models, 403 for those that the plan lacks.")
@click.option("--strict", is_flag=True, help="404 for every route that no document names.")
@click.option("--errors", type=click.Choice(ENVELOPES), default="superset", show_default=True, help="Shape of errors.")
@click.option("--store", metavar="redis://…", help="Where sessions live; without it in this process.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes; needs --store.")
@click.option("--no-control", is_flag=True, help="No control API and no page.")
@click.option("--control-port", type=click.IntRange(0, 65535), help="The control API on a port of its own.")
@click.option("--token", envvar="MOCKSERVER_TOKEN", help="The control API's token; without it one is made.")
@click.option("--allow-host", "hosts", multiple=True, metavar="NAME", help="A name that the page may be opened by.")
@click.option("--open", "opened", is_flag=True, help="Open the page in a browser.")
@report_errors
def serve(
    host: str,
    port: int,
    scenario: str | None,
    external: Path | None,
    chaos: str | None,
    seed: str,
    clock: str,
    speed: float,
    watch: bool,
    quiet: bool,
    accounts: str | None,
    strict_keys: bool,
    strict_models: bool,
    strict: bool,
    errors: "Envelope",
    store: str | None,
    workers: int,
    log_format: str,
    no_control: bool,
    control_port: int | None,
    token: str | None,
    hosts: tuple[str, ...],
    opened: bool,
) -> None:
    """Serve the gateway until Ctrl-C."""
    from mockserver.accounts.identify import Accounts
    from mockserver.accounts.session import start_clock
    from mockserver.cli.access_log import LINES
    from mockserver.core.clock import SystemClock
    from mockserver.engine.chaos_stage import ChaosSettings
    from mockserver.engine.step import Engine, EngineSettings
    from mockserver.files.accounts_file import load_accounts
    from mockserver.files.chaos_file import load_profiles
    from mockserver.files.library import load_library
    from mockserver.journal.log import Journal
    from mockserver.server import uvicorn
    from mockserver.server import workers as processes
    from mockserver.server.asgi import Gateway

    processes.check(workers, store)
    panel = control_options(control_port, token, hosts, opened, off=no_control, workers=workers)
    contract, beside = open_contract(external)
    library = load_library(contract, scenario)
    file = load_accounts(Path(accounts)) if accounts is not None else None
    settings = EngineSettings(scenario=library.playing, envelope=errors, strict=strict, strict_models=strict_models)
    known = Accounts(file, seed=seed, strict_keys=strict_keys)
    profiles, storm = load_profiles(chaos)
    engine = Engine(contract, library.scripts, settings, known, ChaosSettings(profiles, storm))
    if storm is not None:
        beside = [*beside, f"Chaos '{storm}' with seed {seed}: {profiles[storm].about}"]
    begun = start_clock(SystemClock().now(), clock == "virtual", speed)
    if store is not None:
        _check_store(store)

    def make() -> Gateway:
        app = Gateway(engine, store=_store(store, seed, begun), journal=Journal(MOST_EXCHANGES, MOST_BYTES))
        if not quiet:
            app.journal.listeners.append(lambda exchange: click.echo(LINES[log_format](exchange)))
        return app

    def follow(place: "Place") -> None:
        if watch:
            watching.watch(place, contract, scenario)

    def make_one_of_many(number: int) -> Gateway:
        app = make()
        follow(place_in(app))
        return app

    aside = log_format == "json"  # standard output is for the lines alone
    with uvicorn.bind(host, port) as sock:
        hello = partial(_say_hello, uvicorn.url_of(sock), library, aside)
        if workers > 1:
            hello([*beside, SEVERAL], None)
            processes.run(make_one_of_many, sock, workers)
        else:
            serve_one(
                make(), sock, host, panel, files_of(library), hello=lambda link: hello(beside, link), follow=follow
            )
    click.echo("Ended.", err=aside)


def _check_store(url: str) -> None:
    """Raises `OperatorError` for a store that cannot be had, before anything is served."""
    if not url.startswith(("redis://", "rediss://", "unix://")):
        raise OperatorError("--store: sessions can live in Redis only; write redis://host:port")
    from mockserver.server.stores import redis

    redis.check(url)


def _store(url: str | None, seed: str, clock: "Timeline") -> "Store":
    """The sessions' store."""
    from mockserver.accounts.session import Session
    from mockserver.server.stores.memory import MemoryStore

    if url is None:
        return MemoryStore(seed, clock)
    from mockserver.server.stores.redis import RedisStore

    return RedisStore(url, lambda id: Session(id, seed, clock=clock))


def _say_hello(url: str, library: "Library", aside: bool, beside: list[str], link: str | None) -> None:
    lines = [f"AINative gateway mock {__version__} listens on {url}", f"Plays {watching.what_plays(library)}.", *beside]
    page = [] if link is None else ["See and steer it (the link is the key to it):\n", f"  {link}\n"]
    settings = SETTINGS.format(url=url, key=KEY)
    for line in (*lines, *page, "Point a client at it:\n", settings, "Ctrl-C ends it."):
        click.echo(line, err=aside)
    sys.stdout.flush()
