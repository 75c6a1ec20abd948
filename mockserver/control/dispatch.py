"""The dispatcher in front of the gateway, which sends control requests to the control API.

The control API is under `/_mock/` on the gateway's port, or on its own port. The first request that passes the guard
imports and builds it.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from mockserver.control import CONTEXT, PREFIX
from mockserver.control.guard import (
    FAILED,
    TOO_LARGE,
    ClientLeftError,
    Guard,
    check_json,
    is_probe,
    read_bounded,
    replay,
    send_response,
    with_headers,
)
from mockserver.server.asgi import Gateway
from mockserver.server.asgi_types import Application, Receive, Scope, Send

if TYPE_CHECKING:
    from mockserver.control.context import ControlContext

log = logging.getLogger("mockserver")


class ControlApplication:
    """The control API behind its guard."""

    def __init__(self, guard: Guard, context: "Callable[[], ControlContext]") -> None:
        self._guard = guard
        self._make_context = context
        self._context: ControlContext | None = None
        self._built: Application | None = None
        self._building = asyncio.Lock()
        self._closed = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        refused = self._guard.check(scope)
        if refused is not None:
            await send_response(refused, send)
            return
        try:
            body = b"" if is_probe(scope) else await read_bounded(receive)
        except ClientLeftError:
            return
        if body is None:
            await send_response(TOO_LARGE, send)
            return
        refused = check_json(scope, body)
        if refused is not None:
            await send_response(refused, send)
            return
        try:
            application = await self._application()
        except Exception:
            log.exception("the control API could not be built; this is a bug of the mock")
            await send_response(FAILED, send)
            return
        try:
            await application({**scope, CONTEXT: self._context}, replay(body, receive), with_headers(send))
        except asyncio.CancelledError:
            if not self._closed:
                raise  # otherwise the server is stopping, and there is no client left to inform
        except Exception:  # the application has sent a response and raises the error again
            log.exception("the control API failed; this is a bug of the mock")

    def close(self) -> None:
        """Mark the server as stopping and end the feeds."""
        self._closed = True
        if self._context is not None:
            self._context.close()

    async def _application(self) -> Application:
        """Return the application, built once, in a thread: its imports would stall the streams on this loop."""
        async with self._building:
            if self._built is None:
                self._context = self._make_context()
                self._built = await asyncio.to_thread(_application)
            return self._built


def _application() -> Application:
    from mockserver.control.application import application

    return cast(Application, application())


class Dispatcher:
    """The gateway and its control API on one port; with `port`, the control API only on that port."""

    def __init__(self, gateway: Gateway, control: ControlApplication, port: int | None = None) -> None:
        self._gateway = gateway
        self._control = control
        self._port = port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if self._is_control(scope):
            await self._control(scope, receive, send)
        else:
            await self._gateway(scope, receive, send)

    def direct(self, path: str, port: int | None) -> Gateway | None:
        """Return the gateway if it can answer this path below ASGI."""
        return None if self._is_controls(path, port) else self._gateway.direct(path, port)

    def _is_control(self, scope: Scope) -> bool:
        if scope["type"] != "http":
            return False
        server = cast(tuple[str, int] | None, scope.get("server"))
        return self._is_controls(cast(str, scope["path"]), server[1] if server is not None else None)

    def _is_controls(self, path: str, port: int | None) -> bool:
        """Return whether a path on this port belongs to the control API."""
        if self._port is not None:
            return port == self._port
        return path.startswith(PREFIX) and (path == PREFIX or path.startswith(f"{PREFIX}/"))
