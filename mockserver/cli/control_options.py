"""The options of `serve` for the control API and the page, and serving one process with or without them."""

import re
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from socket import socket
from typing import TYPE_CHECKING, NamedTuple

import click

from mockserver.core.errors import OperatorError

if TYPE_CHECKING:
    from mockserver.cli.watch import Install
    from mockserver.control.probes import ProbedGateway
    from mockserver.files.library import Library
    from mockserver.server.asgi import Gateway

MEGABYTE = 1024 * 1024
MOST_EXCHANGES = 5_000
MOST_BYTES = 16 * MEGABYTE
"""The bounds of a server's journal, unless `--journal-size` says another."""

SWITCH_INTERVAL = 0.001
"""Seconds for which a thread of the control API may keep the event loop waiting; Python's own value is 5 ms."""

NEEDS_ONE_PROCESS = "No page and no control API: each worker has its own journal. Use one worker to get them."
"""What `serve` prints if it has several workers."""

_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?")


class ControlOptions(NamedTuple):
    """The options: the control API's own port, its token, allowed host names, and whether to open a browser."""

    port: int | None
    token: str | None
    hosts: tuple[str, ...]
    opened: bool


def control_options(
    port: int | None, token: str | None, hosts: tuple[str, ...], opened: bool, *, off: bool, workers: int
) -> ControlOptions | None:
    """Return the options; None if there is no control API. Raise `OperatorError` if they contradict each other."""
    from mockserver.control.wiring import read_token

    given = {"--open": opened, "--control-port": port is not None, "--allow-host": bool(hosts)}
    required = next((name for name, is_given in given.items() if is_given), None)
    for host in hosts:
        if _NAME.fullmatch(host) is None:
            raise OperatorError(f"--allow-host: '{host}' is not a host name; omit http:// and the port")
    if required is not None and off:
        raise OperatorError(f"{required} and --no-control contradict each other; omit one of them")
    if required is not None and workers > 1:
        raise OperatorError(f"{required} needs a single process, since each worker has its own journal; omit --workers")
    return None if off or workers > 1 else ControlOptions(port, read_token(token), hosts, opened)


def installer(app: "Gateway") -> "Install":
    """Return a function that makes a gateway play another library."""

    def install(library: "Library") -> None:
        app.engine = app.engine.with_scripts(library.scripts, library.playing)

    return install


def without_control(app: "Gateway", follow: "Callable[[Install], None]") -> "ProbedGateway":
    """Return what a process without a control API serves: the gateway and the probes."""
    from mockserver.control.probes import ProbedGateway

    follow(installer(app))
    return ProbedGateway(app)


def serve_one(
    app: "Gateway",
    sock: socket,
    host: str,
    options: ControlOptions | None,
    files: Mapping[str, Path],
    *,
    hello: Callable[[str | None], None],
    follow: "Callable[[Install], None]",
) -> None:
    """Serve in this process until Ctrl-C.

    `hello` is called with the link to the page once the server listens; `follow` starts watching scenario files and
    is called with the function that installs a reloaded library.
    """
    from mockserver.control.wiring import with_control
    from mockserver.server import uvicorn

    if options is None:
        uvicorn.run(without_control(app, follow), sock, ready=lambda: hello(None))
        return
    sys.setswitchinterval(SWITCH_INTERVAL)
    with ExitStack() as stack:
        control_sock = (
            None if options.port is None else stack.enter_context(uvicorn.bind(host, options.port, "--control-port"))
        )
        port = None if control_sock is None else control_sock.getsockname()[1]
        controlled = with_control(
            app, files, uvicorn.url_of(sock), token=options.token, hosts=(*options.hosts, host), port=port
        )
        link = controlled.link(uvicorn.url_of(control_sock or sock))
        follow(lambda library: controlled.config.reload(library.scripts, library.files, library.playing))

        def ready() -> None:
            hello(link)
            if options.opened:
                threading.Thread(target=open_page, args=(link,), name="open", daemon=True).start()

        socks = [sock] if control_sock is None else [sock, control_sock]
        uvicorn.run(controlled.app, *socks, ready=ready, stopping=controlled.control.close)


def open_page(link: str) -> None:
    """Open the page in a browser. Run it in a thread: a text browser blocks until it is closed."""
    import webbrowser  # it imports a dozen modules that a server does not need

    if not webbrowser.open(link):
        click.echo("Could not open a browser; open the link above.", err=True)
