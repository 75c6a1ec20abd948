"""`mockserver serve`: the gateway in the foreground, until Ctrl-C."""

import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mockserver import __version__
from mockserver.commands.contracts import contract_option, open_contract
from mockserver.commands.errors import honest

if TYPE_CHECKING:
    from mockserver.app import Gateway
    from mockserver.contract import Contract
    from mockserver.journal import Exchange
    from mockserver.library import Library

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
@click.option("--seed", default="0", show_default=True, help="Everything that looks random comes from it.")
@click.option("--clock", type=click.Choice(["real", "virtual"]), default="real", help="virtual: waiting takes no time.")
@click.option("--speed", default=1.0, type=click.FloatRange(0.001, 1000), help="How fast time runs: 10 is ten times.")
@click.option("--watch", is_flag=True, help="A saved scenario file is live at once.")
@click.option("--quiet", is_flag=True, help="No line for each request.")
@honest
def serve(
    host: str,
    port: int,
    scenario: str | None,
    foreign: Path | None,
    seed: str,
    clock: str,
    speed: float,
    watch: bool,
    quiet: bool,
) -> None:
    """Serve the gateway until Ctrl-C."""
    from mockserver import server
    from mockserver.app import Gateway
    from mockserver.clock import SystemClock
    from mockserver.engine import Engine, Settings
    from mockserver.library import load_library
    from mockserver.session import start_clock
    from mockserver.sessions import MemoryStore

    contract, beside = open_contract(foreign)
    library = load_library(contract, scenario)
    store = MemoryStore(seed, start_clock(SystemClock().now(), clock == "virtual", speed))
    app = Gateway(Engine(contract, library.scripts, Settings(scenario=library.playing)), store=store)
    with server.bind(host, port) as sock:
        if watch:
            _watch(app, contract, scenario)
        if not quiet:
            app.journal.listeners.append(lambda exchange: click.echo(_line(exchange)))
        server.run(app, sock, ready=lambda: _say_hello(server.url_of(sock), library, beside))
    click.echo("Ended.")


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


def _watch(app: "Gateway", contract: "Contract", scenario: str | None) -> None:
    """Load what was chosen again whenever it is saved; a save with mistakes keeps what plays, and is told."""
    from mockserver.errors import AuthorError, OperatorError
    from mockserver.library import load_library, with_library

    if scenario is None or not Path(scenario).exists():
        raise OperatorError("--watch needs a file or a folder: serve --scenario FILE --watch")
    try:
        from watchfiles import watch
    except ImportError:
        raise OperatorError("--watch needs the watchfiles package: pip install 'ainative-mockserver[watch]'") from None

    def follow() -> None:
        for _ in watch(scenario, debounce=50, step=20):
            try:
                library = load_library(contract, scenario)
            except (AuthorError, OperatorError) as error:
                click.echo(f"{error}\nNot loaded; what played before plays on.", err=True)
            else:
                app.engine = with_library(app.engine, library)
                click.echo(f"Loaded again. Plays {_what_plays(library)}.")

    threading.Thread(target=follow, name="watch", daemon=True).start()
