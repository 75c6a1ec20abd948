"""The front: what stands before the gateway on its port, and sends what belongs to the control API there.

The control API is under `/_mock/` on the gateway's port, or alone on a port of its own. It is imported and built when
somebody whom the guard has let in first asks for it.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from mockserver.control import PREFIX
from mockserver.control.guard import FAILED, TOO_LARGE, ClientLeftError, Guard, answer, read_bounded, safely
from mockserver.server.asgi import Application, Gateway, Scope
from mockserver.server.player import Receive, Send

if TYPE_CHECKING:
    from mockserver.control.context import ControlContext

log = logging.getLogger("mockserver")


class ControlApplication:
    """The control API behind its guard."""

    def __init__(self, guard: Guard, hub: "Callable[[], ControlContext]") -> None:
        self._guard = guard
        self._make_hub = hub
        self._hub: ControlContext | None = None
        self._built: Application | None = None
        self._building = asyncio.Lock()
        self._closed = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        judged = self._guard.judge(scope)
        if judged is not None:
            await answer(judged, send)
            return
        try:
            bounded = await read_bounded(receive)
        except ClientLeftError:
            return
        if bounded is None:
            await answer(TOO_LARGE, send)
            return
        try:
            application = await self._application()
        except Exception:
            log.exception("the control API could not be built; this is a bug of the mock")
            await answer(FAILED, send)
            return
        try:
            await application(scope, bounded, safely(send))
        except asyncio.CancelledError:
            if not self._closed:
                raise  # else the server ends, and nobody is left who could be told
        except Exception:  # it has been answered by the application itself, which raises it again for us
            log.exception("the control API failed; this is a bug of the mock")

    def close(self) -> None:
        """The server ends."""
        self._closed = True
        if self._hub is not None:
            self._hub.close()

    async def _application(self) -> Application:
        """The application, built once. Its imports take a moment, which no stream on this loop shall feel."""
        async with self._building:
            if self._built is None:
                self._hub = self._make_hub()
                self._built = await asyncio.to_thread(_build, self._hub)
            return self._built


def _build(hub: "ControlContext") -> Application:
    from mockserver.control.application import build

    return cast(Application, build(hub))


class Dispatcher:
    """The gateway and its control API on one port; with `port`, the control API on that port alone."""

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

    def _is_control(self, scope: Scope) -> bool:
        if scope["type"] != "http":
            return False
        if self._port is not None:
            server = cast(tuple[str, int] | None, scope.get("server"))
            return server is not None and server[1] == self._port
        path = cast(str, scope["path"])
        return path == PREFIX or path.startswith(f"{PREFIX}/")
