"""`mockserver serve`: the gateway in the foreground, until Ctrl-C."""

import logging
import sys
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mockserver import __version__
from mockserver.commands.contracts import contract_option, open_contract
from mockserver.commands.errors import honest
from mockserver.errors import OperatorError

if TYPE_CHECKING:
    from mockserver.app import Gateway
    from mockserver.contract import Contract
    from mockserver.journal import Exchange
    from mockserver.library import Library
    from mockserver.session import Timeline
    from mockserver.sessions import Store
    from mockserver.wire.failures import Envelope

log = logging.getLogger("mockserver")

ENVELOPES = ("superset", "anthropic", "openai", "fastapi", "bare")
"""The shapes that an error body can have; see `wire.failures`."""

DEFAULT_PORT = 8000
"""The port of the documented development URL (D2: http://localhost:8000)."""

KEPT = "Not loaded; what played before plays on."

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
@click.option("--accounts", metavar="FILE", type=click.Path(dir_okay=False), help="Keys, users, plans, credits.")
@click.option("--strict-keys", is_flag=True, help="Take no keys but sk_…, ak_… and tokens issued here.")
@click.option("--strict-models", is_flag=True, help="404 for unknown models, 403 for those that the plan lacks.")
@click.option("--strict", is_flag=True, help="404 for every route that no document names.")
@click.option("--errors", type=click.Choice(ENVELOPES), default="superset", show_default=True, help="Shape of errors.")
@click.option("--store", metavar="redis://…", help="Where sessions live; without it in this process.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes; needs --store.")
@honest
def serve(
    host: str,
    port: int,
    scenario: str | None,
    foreign: Path | None,
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
) -> None:
    """Serve the gateway until Ctrl-C."""
    from mockserver import server
    from mockserver import workers as processes
    from mockserver.accountfiles import load_accounts
    from mockserver.accounts import Accounts
    from mockserver.app import Gateway
    from mockserver.chaos import ChaoticEngine
    from mockserver.chaosfiles import load_profiles
    from mockserver.clock import SystemClock
    from mockserver.engine import Settings
    from mockserver.library import load_library
    from mockserver.session import start_clock

    processes.check(workers, store)
    contract, beside = open_contract(foreign)
    library = load_library(contract, scenario)
    file = load_accounts(Path(accounts)) if accounts is not None else None
    settings = Settings(scenario=library.playing, envelope=errors, strict=strict, strict_models=strict_models)
    known = Accounts(file, seed=seed, strict_keys=strict_keys)
    profiles, storm = load_profiles(chaos)
    engine = ChaoticEngine(contract, library.scripts, settings, known, profiles, storm)
    if storm is not None:
        beside = [*beside, f"Chaos '{storm}' with seed {seed}: {profiles[storm].about}"]
    begun = start_clock(SystemClock().now(), clock == "virtual", speed)
    if store is not None:
        _check_store(store)

    def make(number: int) -> Gateway:
        app = Gateway(engine, store=_store(store, seed, begun))
        if watch:
            _watch(app, contract, scenario)
        if not quiet:
            app.journal.listeners.append(lambda exchange: click.echo(_line(exchange)))
        return app

    with server.bind(host, port) as sock:
        hello = partial(_say_hello, server.url_of(sock), library, beside)
        if workers > 1:
            hello()
            processes.run(make, sock, workers)
        else:
            server.run(make(0), sock, ready=hello)
    click.echo("Ended.")


def _check_store(url: str) -> None:
    """Raises `OperatorError` for a store that cannot be had, before anything is served."""
    if not url.startswith(("redis://", "rediss://", "unix://")):
        raise OperatorError("--store: sessions can live in Redis only; write redis://host:port")
    from mockserver import redis_store

    redis_store.check(url)


def _store(url: str | None, seed: str, clock: "Timeline") -> "Store":
    """The sessions' store."""
    from mockserver.session import Session
    from mockserver.sessions import MemoryStore

    if url is None:
        return MemoryStore(seed, clock)
    from mockserver.redis_store import RedisStore

    return RedisStore(url, lambda id: Session(id, seed, clock=clock))


def _say_hello(url: str, library: "Library", beside: list[str]) -> None:
    click.echo(f"AINative gateway mock {__version__} listens on {url}")
    for line in (f"Plays {_what_plays(library)}.", *beside):
        click.echo(line)
    click.echo("Point a client at it:\n")
    click.echo(SETTINGS.format(url=url, key=KEY))
    click.echo("Ctrl-C ends it.")
    sys.stdout.flush()


def _what_plays(library: "Library") -> str:
    if library.playing is not None:
        entry = library.entries[library.playing]
        about = f": {entry.script.about}" if entry.script.about else ""
        return f"'{library.playing}'{about}".rstrip(".")
    return (
        f"no scenario, so it answers by itself; the key sk_mock_<name> chooses one of {len(library.entries)} "
        "(mockserver scenarios lists them)"
    )


def _line(exchange: "Exchange") -> str:
    """One exchange on one line: number, status, operation, what answered, how it ended."""
    note, outcome = exchange.note, exchange.outcome
    what = f"{note.scenario}/{note.turn}" if note.turn else note.code
    ended = "" if outcome.ended == "complete" else f"  {outcome.ended.replace('_', ' ')}"
    name = note.operation or f"{exchange.method} {exchange.path[:60]!r}"
    return f"{exchange.number:5}  {outcome.status}  {name:<20} {what}{ended}".rstrip()


def reload(app: "Gateway", contract: "Contract", scenario: str) -> str:
    """Load what was chosen again; what is wrong with it keeps what plays. Gives what the operator is told."""
    from mockserver.errors import AuthorError
    from mockserver.library import load_library

    try:
        library = load_library(contract, scenario)
        app.engine = app.engine.with_scripts(library.scripts, library.playing)
    except (AuthorError, OperatorError) as error:
        return f"{error}\n{KEPT}"
    except Exception as error:  # whatever it is, the next save must be seen
        log.exception("a scenario could not be loaded; this is a bug of the mock")
        return f"{scenario}: {type(error).__name__}: {error}\n{KEPT}"
    return f"Loaded again. Plays {_what_plays(library)}."


def _watch(app: "Gateway", contract: "Contract", scenario: str | None) -> None:
    """Load what was chosen again whenever it is saved.

    A file is watched by its folder, since editors put a new file in its place; a link also where it leads.
    """
    if scenario is None or not Path(scenario).exists():
        raise OperatorError("--watch needs a file or a folder: serve --scenario FILE --watch")
    try:
        from watchfiles import watch
    except ImportError:
        raise OperatorError("--watch needs the watchfiles package: pip install 'ainative-mockserver[watch]'") from None
    chosen = Path(scenario)
    folders = {chosen} if chosen.is_dir() else {chosen.absolute().parent, chosen.resolve().parent}

    def concerns(_: object, path: str) -> bool:
        return is_watched(chosen, Path(path))

    def follow() -> None:
        for _ in watch(*sorted(folders), watch_filter=concerns, debounce=50, step=20, recursive=False):
            click.echo(reload(app, contract, scenario))

    threading.Thread(target=follow, name="watch", daemon=True).start()


def is_watched(chosen: Path, changed: Path) -> bool:
    """Whether a changed file concerns what was chosen: the file itself, or a scenario file of the folder."""
    if chosen.is_dir():
        return changed.suffix in (".yaml", ".yml")
    return changed.name in (chosen.name, chosen.resolve().name)
