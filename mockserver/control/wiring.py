"""A gateway with its control API, wired together; used by `serve` and `mockserver start`."""

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
from mockserver.server.asgi import Gateway

SHORTEST_TOKEN = 16
"""The minimum length of a token, so that it cannot be guessed."""


class ControlledGateway(NamedTuple):
    """A gateway with its control API; `app` is the ASGI application to serve."""

    app: Dispatcher
    control: ControlApplication
    config: RuntimeConfig
    token: str

    def link(self, url: str) -> str:
        """Return the link to the page, including the token."""
        return f"{url}{PREFIX}/?token={self.token}"


def read_token(token: str | None) -> str:
    """Return the given token, or a new one. Raise `OperatorError` for a short or malformed token."""
    if token is None:
        return token_urlsafe(24)
    if len(token) < SHORTEST_TOKEN or not token.isascii() or not all(c.isalnum() or c in "-_.~" for c in token):
        raise OperatorError(
            f"--token: expected at least {SHORTEST_TOKEN} letters, digits, or - _ . ~; omit it to generate one"
        )
    return token


def with_control(
    gateway: Gateway,
    files: Mapping[str, Path],
    url: str,
    *,
    token: str | None = None,
    hosts: tuple[str, ...] = (),
    port: int | None = None,
    default_session: Callable[[], str | None] = lambda: None,
) -> ControlledGateway:
    """Put the control API in front of a gateway that is reachable at `url`.

    `files` are its scenario files by name, `hosts` the host names allowed besides localhost, `port` the control API's
    own port if it has one. `default_session` returns the session of a server with one client.
    """
    chosen = read_token(token)
    config = RuntimeConfig(gateway, files, bundled.SCENARIOS)
    control = ControlApplication(
        Guard(chosen, hosts), lambda: ControlContext(config, url=url, default_session=default_session())
    )
    return ControlledGateway(Dispatcher(gateway, control, port), control, config, chosen)
