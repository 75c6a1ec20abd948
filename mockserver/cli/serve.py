"""`mockserver serve`: runs the mock gateway in the foreground, until Ctrl-C."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from mockserver import __version__
from mockserver.cli import watch as watching
from mockserver.cli.banner import exposure, sdk_settings
from mockserver.cli.contract_option import contract_options, open_contract
from mockserver.cli.control_options import (
    MEGABYTE,
    MOST_BYTES,
    MOST_EXCHANGES,
    NEEDS_ONE_PROCESS,
    control_options,
    serve_one,
    without_control,
)
from mockserver.cli.environment import PortOption, with_environment
from mockserver.cli.errors import report_errors
from mockserver.cli.manual import manual
from mockserver.cli.output import Output
from mockserver.cli.upstream_modes import ModeOptions, open_mode
from mockserver.cli.upstream_options import upstream_options
from mockserver.core.errors import OperatorError
from mockserver.wires.envelopes import ENVELOPES, SUPERSET
from mockserver.wires.threads import ThreadPolicy

if TYPE_CHECKING:
    from mockserver.accounts.session import Timeline
    from mockserver.cli.watch import Install
    from mockserver.engine.chaos_stage import ChaosSettings
    from mockserver.engine.settings import EngineSettings
    from mockserver.files.library import Library
    from mockserver.openapi.contract import Contract
    from mockserver.server.stores.memory import Store
    from mockserver.wires.envelopes import Envelope

DEFAULT_PORT = 8000
"""The port of the documented development URL (D2: http://localhost:8000)."""

CONTROLLED = "; the control API and the page need the token"


EXAMPLES = {
    "mockserver serve": "default answers on port 8000",
    "mockserver serve --scenario tool-round-trip": "play a shipped scenario",
    "mockserver serve --scenario mine.yaml --watch": "your own file, reloaded when you save it",
    "mockserver serve --chaos flaky --seed 7": "random failures, the same in each run",
}


@click.command(epilog=manual(EXAMPLES, "scenarios"))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    cls=PortOption,
    default=DEFAULT_PORT,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0 chooses a free one.",
)
@click.option(
    "--scenario", metavar="NAME|FILE|DIR", help="Scenario to play; without it every request gets a default answer."
)
@contract_options
@upstream_options
@click.option("--chaos", metavar="PROFILE|FILE", help="Chaos profile: random failures on top of any scenario.")
@click.option("--seed", default="0", show_default=True, help="Seed for all random choices.")
@click.option(
    "--clock",
    type=click.Choice(["real", "virtual"]),
    default="real",
    show_default=True,
    help="Clock for delays; on the virtual clock they take no time.",
)
@click.option(
    "--speed",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0.001, 1000),
    help="Speed of the clock; 10 is ten times faster.",
)
@click.option("--watch", is_flag=True, help="Reload scenario files on change.")
@click.option("--quiet", is_flag=True, help="Print no line for each request.")
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Format of the line for each request.",
)
@click.option(
    "--accounts", metavar="FILE", type=click.Path(dir_okay=False), help="File with keys, users, plans and credits."
)
@click.option("--strict-keys", is_flag=True, help="Reject keys other than sk_…, ak_… and tokens issued here.")
@click.option(
    "--strict-models",
    is_flag=True,
    help="Answer 404 for unknown models, 403 outside the plan, 400 above the model's max_tokens.",
)
@click.option(
    "--threads",
    type=click.Choice(get_args(ThreadPolicy)),
    default="refuse",
    show_default=True,
    help="What to do with message threads (a beta of Anthropic's SDKs).",
)
@click.option("--strict", is_flag=True, help="Answer 404 on routes that no document names.")
@click.option(
    "--lenient",
    is_flag=True,
    help="Accept requests that are refused for their form alone: no provider, no model, nulls.",
)
@click.option(
    "--errors", type=click.Choice(ENVELOPES), default=SUPERSET, show_default=True, help="Form of error bodies."
)
@click.option("--store", metavar="redis://…", help="Redis server that keeps the sessions; default: this process.")
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Number of processes; more than 1 needs --store.",
)
@click.option(
    "--journal-size",
    metavar="MB",
    default=MOST_BYTES // MEGABYTE,
    show_default=True,
    type=click.IntRange(1, 4096),
    help="Megabytes of exchanges that the journal keeps; beyond it the oldest are dropped.",
)
@click.option("--no-control", is_flag=True, help="Serve neither the control API nor the page.")
@click.option("--control-port", type=click.IntRange(0, 65535), help="Separate port for the control API and the page.")
@click.option("--token", help="Token of the control API; generated if omitted.")
@click.option(
    "--allow-host", "hosts", multiple=True, metavar="NAME", help="Host name under which the page may be opened."
)
@click.option("--open", "opened", is_flag=True, help="Open the page in a browser.")
@report_errors
def serve(
    host: str,
    port: int,
    scenario: str | None,
    external: Path | None,
    extensions: tuple[str, ...],
    mode: str,
    upstream: str | None,
    allow_private: bool,
    chaos: str | None,
    seed: str,
    clock: str,
    speed: float,
    watch: bool,
    quiet: bool,
    accounts: str | None,
    strict_keys: bool,
    strict_models: bool,
    threads: ThreadPolicy,
    strict: bool,
    lenient: bool,
    errors: "Envelope",
    store: str | None,
    workers: int,
    log_format: str,
    journal_size: int,
    no_control: bool,
    control_port: int | None,
    token: str | None,
    hosts: tuple[str, ...],
    opened: bool,
) -> None:
    """Run the mock gateway until Ctrl-C."""
    from mockserver.accounts.identify import Accounts
    from mockserver.accounts.session import start_clock
    from mockserver.cli.access_log import LINES
    from mockserver.core.clock import SystemClock
    from mockserver.engine.step import Engine
    from mockserver.files.accounts_file import load_accounts
    from mockserver.files.library import load_library
    from mockserver.journal.log import Journal
    from mockserver.server import uvicorn
    from mockserver.server import workers as processes
    from mockserver.server.asgi import Gateway

    is_json = log_format == "json"  # then standard output has only the lines of the log
    output = Output(to_stderr=is_json)
    processes.check(workers, store)
    control = control_options(control_port, token, hosts, opened, off=no_control, workers=workers)
    contract, notices = open_contract(external, extensions)
    library = load_library(contract, scenario)
    file = load_accounts(Path(accounts)) if accounts is not None else None
    settings = _settings(library.playing, errors, threads, strict=strict, strict_models=strict_models, lenient=lenient)
    known = Accounts(file, seed=seed, strict_keys=strict_keys)
    chaos_settings, chaos_notices = _chaos(chaos, seed, contract)
    engine = Engine(contract, library.scripts, settings, known, chaos_settings)
    tell = partial(output.line, err=is_json)
    behind = open_mode(ModeOptions(mode, upstream, allow_private, scenario, workers, library, contract, tell))
    notices = [*notices, *chaos_notices, *behind.notices]
    begun = start_clock(SystemClock().now(), clock == "virtual", speed)
    if store is not None:
        _check_store(store)

    def make_app() -> Gateway:
        journal = Journal(MOST_EXCHANGES, journal_size * MEGABYTE)
        app = Gateway(engine, store=_store(store, seed, begun), journal=journal)
        app.fallback = behind.make()
        if not quiet:
            app.journal.listeners.append(lambda exchange: output.line(LINES[log_format](exchange)))
        return app

    def follow(install: "Install") -> None:
        if watch:
            watching.watch(install, contract, scenario, partial(output.line, err=is_json))

    with uvicorn.bind(host, port) as sock:
        notices = [*exposure(sock, CONTROLLED if control is not None else ""), *notices]
        hello = partial(_say_hello, uvicorn.url_of(sock), library, output)
        if workers > 1:
            hello([*notices, NEEDS_ONE_PROCESS], None)
            processes.run(lambda number: without_control(make_app(), follow), sock, workers)
        else:
            app, ready = make_app(), partial(hello, notices)
            serve_one(app, sock, host, control, library.files, hello=ready, follow=follow)
    for line in (*behind.finish(), "Stopped."):
        output.end(line)


def _settings(
    scenario: str | None, errors: str, threads: ThreadPolicy, *, strict: bool, strict_models: bool, lenient: bool
) -> "EngineSettings":
    """Return the settings of the engine. Raises `OperatorError` for two that exclude each other."""
    from mockserver.engine.settings import EngineSettings

    if strict and lenient:
        raise OperatorError("--strict and --lenient exclude each other; the default is between them")
    return EngineSettings(
        scenario=scenario,
        envelope=errors,
        strict=strict,
        strict_models=strict_models,
        lenient=lenient,
        threads=threads,
    )


def _chaos(chosen: str | None, seed: str, contract: "Contract") -> "tuple[ChaosSettings, list[str]]":
    """Return the chaos profiles with the chosen one, and what to print about it."""
    from mockserver.engine.chaos_stage import ChaosSettings
    from mockserver.files.chaos_file import load_profiles

    profiles, name = load_profiles(chosen, contract)
    notices = [] if name is None else [f"Chaos '{name}' with seed {seed}: {profiles[name].about}"]
    return ChaosSettings(profiles, name), notices


def _check_store(url: str) -> None:
    """Raise `OperatorError`, before anything is served, if the store is unknown or does not answer."""
    if not url.startswith(("redis://", "rediss://", "unix://")):
        raise OperatorError("--store: expected the URL of a Redis server, such as redis://host:port")
    from mockserver.server.stores import redis

    redis.check(url)


def _store(url: str | None, seed: str, clock: "Timeline") -> "Store":
    """Return the store of the sessions."""
    from mockserver.accounts.session import Session
    from mockserver.server.stores.memory import MemoryStore

    if url is None:
        return MemoryStore(seed, clock)
    from mockserver.server.stores.redis import RedisStore

    return RedisStore(url, lambda id: Session(id, seed, clock=clock))


def _say_hello(url: str, library: "Library", output: Output, notices: list[str], link: str | None) -> None:
    lines = [f"AINative gateway mock {__version__} listens on {url}", f"{watching.describe(library)}.", *notices]
    page = [] if link is None else ["Page and control API (the link contains the token):\n", f"  {link}\n"]
    settings = sdk_settings(url)
    output.begin("\n".join([*lines, *page, "Settings for a client:\n", settings, "Press Ctrl-C to stop."]))


with_environment(serve)
