"""Asks an ASGI application in memory, as the gate sends its requests: no thread, no socket."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import Lock
from typing import Any
from urllib.parse import unquote

from mockserver.contracts.exchange import ReceivedResponse, SentRequest

LATIN = "latin-1"


@contextmanager
def sender(app: Callable[..., Any]) -> Iterator[Callable[..., ReceivedResponse]]:
    """Yield what sends a request to an application, and returns its answer."""
    loop, turn = asyncio.new_event_loop(), Lock()

    def send(request: SentRequest, *, pieces: int = 1) -> ReceivedResponse:
        sent: list[Mapping[str, Any]] = []
        incoming = [{"type": "http.request", "body": request.body or b""}]

        async def receive() -> Mapping[str, Any]:
            if incoming:
                return incoming.pop()
            await asyncio.Event().wait()
            raise AssertionError

        async def collect(message: Mapping[str, Any]) -> None:
            sent.append(message)

        with turn, suppress(ZeroDivisionError):  # starlette answers 500, then lets the server know why
            loop.run_until_complete(app(_scope(request), receive, collect))
        headers = tuple((name.decode(LATIN), value.decode(LATIN)) for name, value in sent[0]["headers"])
        body = b"".join(message.get("body", b"") for message in sent[1:])
        return ReceivedResponse(sent[0]["status"], headers, b"" if request.method == "HEAD" else body)

    yield send
    loop.close()


def _scope(request: SentRequest) -> dict[str, Any]:
    path, _, query = request.path.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": request.method,
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.encode(LATIN), value.encode(LATIN)) for name, value in request.headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("x", 80),
    }
