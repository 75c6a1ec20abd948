"""Steered: a gateway put together with its control API, and the link to its page.

What stands here is wiring: the guard's token, the desk with the files that the server was started with, the hub that
the routes share. `serve` and `mockserver start` use it; a gateway without it costs nothing.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from secrets import token_urlsafe
from typing import NamedTuple

from mockserver.control import PREFIX
from mockserver.control.context import ControlContext
from mockserver.control.dispatch import ControlApplication, Dispatcher
from mockserver.control.guard import Guard
from mockserver.control.runtime_config import RuntimeConfig
from mockserver.core.errors import OperatorError
from mockserver.files import bundled
from mockserver.journal.totals import Totals
from mockserver.server.asgi import Gateway

SHORTEST_TOKEN = 16
"""A shorter token could be guessed."""


class ControlledGateway(NamedTuple):
    """A gateway with its control API: `app` is what is served."""

    app: Dispatcher
    control: ControlApplication
    desk: RuntimeConfig
    token: str

    def link(self, url: str) -> str:
        """The page, ready to be opened: the token is in it."""
        return f"{url}{PREFIX}/?token={self.token}"


def read_token(given: str | None) -> str:
    """The token that was chosen, else a new one. Raises `OperatorError` for one that is none."""
    if given is None:
        return token_urlsafe(24)
    if len(given) < SHORTEST_TOKEN or not given.isascii() or not all(c.isalnum() or c in "-_.~" for c in given):
        raise OperatorError(
            f"--token: at least {SHORTEST_TOKEN} letters, digits and - _ . ~; leave it out and one is made"
        )
    return given


def with_control(
    gateway: Gateway,
    files: Mapping[str, Path],
    url: str,
    *,
    token: str | None = None,
    hosts: tuple[str, ...] = (),
    port: int | None = None,
    own: Callable[[], str | None] = lambda: None,
) -> ControlledGateway:
    """Put the control API before a gateway that is reached at `url`.

    `files` are its scenarios by name; `hosts` are names by which it may be called beside localhost; `port` is the
    control API's own, if it has one; `own` says the session of a server with one client.
    """
    chosen, tally = read_token(token), Totals()
    gateway.journal.listeners.append(tally)
    desk = RuntimeConfig(gateway, files, bundled.SCENARIOS)
    control = ControlApplication(Guard(chosen, hosts), lambda: ControlContext(desk, tally, url=url, own=own()))
    return ControlledGateway(Dispatcher(gateway, control, port), control, desk, chosen)
