"""Probes of an orchestrator, where there is no control API: `serve --no-control` and `--workers`.

`GET /_mock/health` and `GET /_mock/ready` answer as those of the control API do: to anybody, ok or not, nothing else.
"""

import orjson

from mockserver.control import PREFIX
from mockserver.control.guard import PROBES, GuardResponse, is_probe, send_response
from mockserver.server.asgi import Gateway
from mockserver.server.asgi_types import Receive, Scope, Send
from mockserver.server.stores.memory import Store, StoreUnavailableError


async def is_ready(store: Store) -> bool:
    """Return whether the gateway can answer requests: its session store is available."""
    try:
        await store.find("ready")
    except StoreUnavailableError:
        return False
    return True


class ProbedGateway:
    """A gateway with the two probes and no other control route, as an ASGI application."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def direct(self, path: str, port: int | None) -> Gateway | None:
        """Return the gateway if it can answer this path below ASGI."""
        return None if path in PROBES else self._gateway.direct(path, port)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or not is_probe(scope):
            await self._gateway(scope, receive, send)
        elif scope["path"] == f"{PREFIX}/health":
            await send_response(_status(200, "ok"), send)
        elif await is_ready(self._gateway.store):
            await send_response(_status(200, "ready"), send)
        else:
            await send_response(_status(503, "not ready", (b"retry-after", b"1")), send)


def _status(status: int, text: str, *headers: tuple[bytes, bytes]) -> GuardResponse:
    """Return a response that says only this."""
    return GuardResponse(status, orjson.dumps({"status": text}), ((b"content-type", b"application/json"), *headers))
