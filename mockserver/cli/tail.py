"""`mockserver tail`: a running server's traffic in the terminal, as it happens.

A stream is told when it begins. Each exchange is two lines when it is over: what was asked, and what was answered; of a
stream a third, one character an event: its height says how long it was waited for.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from math import log10
from typing import Any, TypeAlias

import click

from mockserver.cli.errors import report_errors
from mockserver.cli.server_url import server_url_options
from mockserver.control.client import ControlClient, FeedEvent
from mockserver.core.errors import OperatorError

MARGIN = " " * 16

HEIGHTS = "▁▂▃▄▅▆▇█"
"""How long an event was waited for: a millisecond or less, to ten seconds or more, a step for each factor of four."""
WIDEST = 100
"""How many events a stream shows; of a longer one the first and the last."""
ENDS = {
    "closed": "✗ closed by the mock",
    "reset": "✗ reset by the mock",
    "client_left": "⇠ the client left",
    "server_stopped": "■ the server ended",
}

Shown: TypeAlias = Mapping[str, Any]  # Any: JSON that our own server has made; its shapes are in control.shapes


@click.command()
@server_url_options
@click.option(
    "--last", default=10, show_default=True, type=click.IntRange(0, 5000), help="Begin with the last so many."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, as the control API says it.")
@report_errors
def tail(link: str, token: str | None, session: str | None, last: int, as_json: bool) -> None:
    """Show the traffic of a running server as it happens. LINK is what `mockserver serve` printed."""
    remote = ControlClient(link, token)
    entered = remote.get("/exchanges", limit=1)["entered"]
    assert isinstance(entered, int)
    try:
        for event in remote.events("/traffic", after=max(0, entered - last)):
            for line in _told(event, session, remote, as_json):
                click.echo(line)
            sys.stdout.flush()
    except KeyboardInterrupt:
        return
    click.echo("The server has ended.", err=True)


def _told(event: FeedEvent, session: str | None, remote: ControlClient, as_json: bool) -> Iterator[str]:
    """What is said of an event, if it is of the session that is asked for."""
    data: Any = event.data
    if event.name == "began" and not as_json and data["stream"] and session in (None, data["session"]):
        yield _beginning(data)
    if event.name == "ended" and session in (None, data["exchange"]["session"]):
        exchange: Shown = data["exchange"]
        if as_json:
            yield json.dumps(exchange, ensure_ascii=False)
        else:
            yield from lines_of(exchange, _moments(remote, exchange) if exchange["stream"] else ())


def _moments(remote: ControlClient, exchange: Shown) -> Sequence[float]:
    """When each event of a stream was handed over, in seconds from the start."""
    try:
        found: Any = remote.get(f"/exchanges/{exchange['number']}")
    except OperatorError:
        return ()  # forgotten meanwhile
    return [event["seconds"] for event in found["answer"]["events"]]


def _at(exchange: Shown, name: str) -> str:
    at = datetime.fromtimestamp(exchange["at"]).strftime("%H:%M:%S")
    asked = click.style(plain(f"{exchange['method']} {exchange['path']}"), bold=True)
    return f"{click.style(at, dim=True)} {name:>5}  {asked}  {plain(exchange['said'])}".rstrip()


def plain(text: str) -> str:
    """Somebody else's text without what would move a terminal's cursor, colour it, or worse."""
    return "".join([letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text])


def _beginning(live: Shown) -> str:
    return f"{_at(live, '…')}  {click.style('streams', fg='cyan')}"


def lines_of(exchange: Shown, moments: Sequence[float] = ()) -> Iterator[str]:
    """An exchange for a terminal."""
    who = plain(" ".join(filter(None, (exchange["session"], exchange["sdk"]))))
    status = click.style(_status(exchange), fg=_colour(exchange))
    yield _at(exchange, str(exchange["number"]))
    yield f"{MARGIN}{status}  {plain(_how(exchange))}  {click.style(who, dim=True)}"
    if moments:
        yield MARGIN + click.style(stream_line(moments), fg="cyan")


def _status(exchange: Shown) -> str:
    source = f"{exchange['scenario']}/{exchange['turn']}" if exchange["turn"] else exchange["code"]
    return f"{exchange['status'] or '---'} {source}".rstrip()


def _colour(exchange: Shown) -> str:
    if exchange["ended"] != "complete":
        return "magenta"
    return "green" if exchange["status"] < 400 else "yellow" if exchange["status"] < 500 else "red"


def _how(exchange: Shown) -> str:
    """What was answered, how long it took, what went wrong, what it cost."""
    parts = [exchange["gave"], _duration(exchange["seconds"])]
    parts += [f"retry {exchange['retry']}"] if exchange["retry"] else []
    if exchange["stream"]:
        of = "" if exchange["events"] == exchange["of"] else f" of {exchange['of']}"
        parts.append(f"{exchange['events']}{of} events")
    parts += [ENDS[exchange["ended"]]] if exchange["ended"] in ENDS else []
    parts += [f"faults {', '.join(exchange['faults'])}"] if exchange["faults"] else []
    parts += [f"chaos {draw}" for draw in exchange["draws"]]
    if exchange["credits"] is not None:
        parts.append(f"credits {exchange['credits']['before']} → {exchange['credits']['after']}")
    return " · ".join([part for part in parts if part])


def _duration(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def stream_line(moments: Sequence[float]) -> str:
    """One character an event."""
    gaps = [after - before for before, after in zip([0.0, *moments], moments, strict=False)]
    shown = "".join([HEIGHTS[_height(gap)] for gap in gaps])
    if len(shown) > WIDEST:
        return f"{shown[: WIDEST // 2]}…{shown[-WIDEST // 2 :]}"
    return shown


def _height(gap: float) -> int:
    if gap <= 0.001:
        return 0
    return min(len(HEIGHTS) - 1, 1 + int(log10(gap / 0.001) / log10(4)))
