"""`mockserver tail`: a running server's traffic in the terminal, as it happens.

It prints a line when a stream begins, and two lines for each exchange that has ended: the request and the answer. A
stream gets a third line with one character for each event, whose height shows how long the event took to arrive.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from math import log10
from typing import Any, TypeAlias

import click

from mockserver.cli.errors import report_errors
from mockserver.cli.manual import manual
from mockserver.cli.server_url import server_url_options
from mockserver.control.client import ControlClient, FeedEvent
from mockserver.core.errors import OperatorError

MARGIN = " " * 16

HEIGHTS = "▁▂▃▄▅▆▇█"
"""The wait before an event, from a millisecond or less to ten seconds or more; each step is four times the last."""
WIDEST = 100
"""The maximum number of events shown; of a longer stream the first and the last."""
ENDS = {
    "closed": "✗ closed by the mock",
    "reset": "✗ reset by the mock",
    "client_left": "⇠ client left",
    "server_stopped": "■ server stopped",
}

ControlJson: TypeAlias = Mapping[str, Any]  # Any: JSON of our own server; see control.responses


EXAMPLES = {
    "mockserver tail 'http://127.0.0.1:8000/_mock/?token=TOKEN'": "follow the traffic",
    "mockserver tail --token TOKEN --json": "a line of JSON for each exchange",
}


@click.command(epilog=manual(EXAMPLES, "control"))
@server_url_options
@click.option(
    "--last", default=10, show_default=True, type=click.IntRange(0, 5000), help="Begin with this many past exchanges."
)
@click.option("--json", "as_json", is_flag=True, help="Print each exchange as a line of JSON, as in the control API.")
@report_errors
def tail(link: str, token: str | None, session: str | None, last: int, as_json: bool) -> None:
    """Show the traffic of a running server. LINK is what `mockserver serve` printed."""
    client = ControlClient(link, token)
    entered = client.get("/exchanges", limit=1)["entered"]
    assert isinstance(entered, int)
    try:
        for event in _follow(client, max(0, entered - last)):
            for line in _lines_of_event(event, session, client, as_json):
                click.echo(line)
            sys.stdout.flush()
    except KeyboardInterrupt:
        return
    click.echo("The server has stopped.", err=True)


def _follow(client: ControlClient, after: int) -> Iterator[FeedEvent]:
    """Yield the events of the feed until the server ends; come back when the feed has dropped us for being slow."""
    is_dropped = True
    while is_dropped:
        is_dropped = False
        for event in client.events("/traffic", after=after):
            data: Any = event.data
            if event.name == "ended":
                after = data["exchange"]["number"]
            is_dropped = event.name == "dropped"
            yield event


def _lines_of_event(event: FeedEvent, session: str | None, client: ControlClient, as_json: bool) -> Iterator[str]:
    """Yield the lines for an event of the feed; none if it is of another session."""
    data: Any = event.data
    if event.name == "began" and not as_json and data["stream"] and session in (None, data["session"]):
        yield _beginning(data)
    if event.name == "ended" and session in (None, data["exchange"]["session"]):
        exchange: ControlJson = data["exchange"]
        if as_json:
            yield json.dumps(exchange, ensure_ascii=False)
        else:
            yield from lines_of(exchange, _moments(client, exchange) if exchange["stream"] else ())


def _moments(client: ControlClient, exchange: ControlJson) -> Sequence[float]:
    """Return the time of each event of a stream, in seconds from the start; nothing if the exchange was dropped."""
    try:
        whole: Any = client.get(f"/exchanges/{exchange['number']}")
    except OperatorError:
        return ()  # the journal has dropped it
    return [event["seconds"] for event in whole["answer"]["events"]]


def _request_line(exchange: ControlJson, name: str) -> str:
    at = datetime.fromtimestamp(exchange["at"]).strftime("%H:%M:%S")
    request = click.style(plain(f"{exchange['method']} {exchange['path']}"), bold=True)
    return f"{click.style(at, dim=True)} {name:>5}  {request}  {plain(exchange['said'])}".rstrip()


def plain(text: str) -> str:
    """Return untrusted text with unprintable characters escaped, so that it cannot control the terminal."""
    return "".join([letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text])


def _beginning(live: ControlJson) -> str:
    return f"{_request_line(live, '…')}  {click.style('streams', fg='cyan')}"


def lines_of(exchange: ControlJson, moments: Sequence[float] = ()) -> Iterator[str]:
    """Yield the lines for an exchange; `moments` are the times of its events."""
    who = plain(" ".join(filter(None, (exchange["session"], exchange["sdk"]))))
    status = click.style(_status(exchange), fg=_colour(exchange))
    yield _request_line(exchange, str(exchange["number"]))
    yield f"{MARGIN}{status}  {plain(_summary(exchange))}  {click.style(who, dim=True)}"
    if moments:
        yield MARGIN + click.style(stream_line(moments), fg="cyan")


def _status(exchange: ControlJson) -> str:
    source = f"{exchange['scenario']}/{exchange['turn']}" if exchange["turn"] else exchange["code"]
    return f"{exchange['status'] or '---'} {source}".rstrip()


def _colour(exchange: ControlJson) -> str:
    if exchange["trouble"]:
        return "magenta"
    return "green" if exchange["status"] < 400 else "yellow" if exchange["status"] < 500 else "red"


def _summary(exchange: ControlJson) -> str:
    """Describe the answer: content, duration, retries, trouble, faults and cost."""
    parts = [exchange["gave"], _duration(exchange["seconds"])]
    parts += [f"retry {exchange['retry']}"] if exchange["retry"] else []
    if exchange["stream"]:
        of = "" if exchange["events"] == exchange["of"] else f" of {exchange['of']}"
        parts.append(f"{exchange['events']}{of} events")
    parts += [ENDS.get(exchange["ended"], f"✗ {exchange['trouble']}")] if exchange["trouble"] else []
    parts += [f"faults {', '.join(exchange['faults'])}"] if exchange["faults"] else []
    parts += [f"chaos {draw}" for draw in exchange["draws"]]
    if exchange["credits"] is not None:
        parts.append(f"credits {exchange['credits']['before']} → {exchange['credits']['after']}")
    return " · ".join([part for part in parts if part])


def _duration(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def stream_line(moments: Sequence[float]) -> str:
    """Return one character for each event; its height is the wait before it."""
    gaps = [after - before for before, after in zip([0.0, *moments], moments, strict=False)]
    line = "".join([HEIGHTS[_height(gap)] for gap in gaps])
    if len(line) > WIDEST:
        return f"{line[: WIDEST // 2]}…{line[-WIDEST // 2 :]}"
    return line


def _height(gap: float) -> int:
    if gap <= 0.001:
        return 0
    return min(len(HEIGHTS) - 1, 1 + int(log10(gap / 0.001) / log10(4)))
