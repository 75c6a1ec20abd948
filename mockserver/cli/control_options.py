"""The control API and the page of `serve`: what its switches say, and serving one process with or without it."""

import re
import threading
import webbrowser
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from socket import socket
from typing import TYPE_CHECKING, NamedTuple

import click

from mockserver.core.errors import OperatorError

if TYPE_CHECKING:
    from mockserver.cli.watch import Install
    from mockserver.files.library import Library
    from mockserver.server.asgi import Gateway

MOST_EXCHANGES = 5_000
MOST_BYTES = 64 * 1024 * 1024
"""How much the journal of a server keeps that somebody looks at."""

SEVERAL = "No page and no control API: each of several processes has a journal of its own. Serve one to have them."


_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?")


class ControlOptions(NamedTuple):
    """The switches: a port of its own, its token, names that it may be called by, whether a browser opens it."""

    port: int | None
    token: str | None
    hosts: tuple[str, ...]
    opened: bool


def control_options(
    port: int | None, token: str | None, hosts: tuple[str, ...], opened: bool, *, off: bool, workers: int
) -> ControlOptions | None:
    """The switches as they are meant; None where nothing is steered. Raises `OperatorError` if they contradict."""
    from mockserver.control.wiring import read_token

    given = {"--open": opened, "--control-port": port is not None, "--allow-host": bool(hosts)}
    asked = next((name for name, is_given in given.items() if is_given), None)
    for host in hosts:
        if _NAME.fullmatch(host) is None:
            raise OperatorError(f"--allow-host: '{host}' is no host name; leave out http:// and the port")
    if asked is not None and off:
        raise OperatorError(f"{asked} and --no-control contradict each other; leave one of them out")
    if asked is not None and workers > 1:
        raise OperatorError(f"{asked} needs one process: each of several has a journal of its own; leave --workers out")
    return None if off or workers > 1 else ControlOptions(port, read_token(token), hosts, opened)


def files_of(library: "Library") -> dict[str, Path]:
    """The files of a library by the names of their scenarios."""
    return {name: entry.file for name, entry in library.entries.items()}


def place_in(app: "Gateway") -> "Install":
    """What puts another library in the place of the one that a gateway plays."""

    def place(library: "Library") -> None:
        app.engine = app.engine.with_scripts(library.scripts, library.playing)

    return place


def serve_one(
    app: "Gateway",
    sock: socket,
    host: str,
    panel: ControlOptions | None,
    files: Mapping[str, Path],
    *,
    hello: Callable[[str | None], None],
    follow: "Callable[[Install], None]",
) -> None:
    """Serve in this process until Ctrl-C. `hello` is told the link to the page, `follow` where a saved file goes."""
    from mockserver.control.wiring import with_control
    from mockserver.server import uvicorn

    if panel is None:
        follow(place_in(app))
        uvicorn.run(app, sock, ready=lambda: hello(None))
        return
    with ExitStack() as stack:
        own = None if panel.port is None else stack.enter_context(uvicorn.bind(host, panel.port, "--control-port"))
        port = None if own is None else own.getsockname()[1]
        steered = with_control(
            app, files, uvicorn.url_of(sock), token=panel.token, hosts=(*panel.hosts, host), port=port
        )
        link = steered.link(uvicorn.url_of(own or sock))
        follow(lambda library: steered.desk.reload(library.scripts, files_of(library), library.playing))

        def ready() -> None:
            hello(link)
            if panel.opened:
                threading.Thread(target=open_page, args=(link,), name="open", daemon=True).start()

        socks = [sock] if own is None else [sock, own]
        uvicorn.run(steered.app, *socks, ready=ready, stopping=steered.control.close)


def open_page(link: str) -> None:
    """Open the page; a browser in a terminal would hold up whoever waits for it."""
    if not webbrowser.open(link):
        click.echo("No browser could be opened; the link above is the page.", err=True)
