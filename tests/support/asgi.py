"""A client and a clock in memory, in place of a server and its event loop."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import cast

from mockserver.server.asgi import Gateway
from mockserver.server.asgi_types import Message
from mockserver.server.timers import Waker

LEFT: Message = {"type": "http.disconnect"}


class VirtualTimer:
    """Time that passes only by waiting; `deadlines` records every wait."""

    def __init__(self, start: float = 1_000.0) -> None:
        self.present = start
        self.deadlines: list[float] = []

    def now(self) -> float:
        return self.present

    def wake_at(self, deadline: float, waker: Waker) -> None:
        self.deadlines.append(deadline)
        self.present = deadline
        waker()


class Client:
    """The client's end of an ASGI connection: it sends its messages, then is silent until it leaves."""

    def __init__(self, incoming: Iterable[Message] = ()) -> None:
        self.incoming = [*incoming]
        self.asked = 0
        self.sent: list[Message] = []
        self.gone = asyncio.Event()

    async def receive(self) -> Message:
        self.asked += 1
        if self.incoming:
            return self.incoming.pop(0)
        await self.gone.wait()
        return LEFT

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    @property
    def status(self) -> int:
        return cast(int, self.sent[0]["status"])

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(cast(list[tuple[bytes, bytes]], self.sent[0]["headers"]))

    @property
    def bodies(self) -> list[bytes]:
        """The body of each send."""
        return [cast(bytes, message["body"]) for message in self.sent[1:]]


class LeavingTimer(VirtualTimer):
    """A timer at whose `last` deadline the client leaves; that deadline never comes."""

    def __init__(self, client: Client, last: int) -> None:
        super().__init__()
        self.client = client
        self.last = last

    def wake_at(self, deadline: float, waker: Waker) -> None:
        if len(self.deadlines) + 1 < self.last:
            super().wake_at(deadline, waker)
        else:
            self.deadlines.append(deadline)
            self.client.gone.set()


def body(*chunks: bytes) -> list[Message]:
    """Return the messages of a body that comes in these chunks."""
    more = [True] * (len(chunks) - 1) + [False]
    return [{"type": "http.request", "body": each, "more_body": m} for each, m in zip(chunks, more, strict=True)]


def scope(method: str = "POST", path: str = "/v1/messages", headers: Mapping[str, str] | None = None) -> Message:
    """Return the scope of an HTTP request."""
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in (headers or {}).items()]
    return {"type": "http", "method": method, "path": path, "headers": raw}


def serve(app: Gateway, request: Message, client: Client) -> Client:
    """Serve one connection; return the client, which has what was sent."""
    asyncio.run(app(request, client.receive, client.send))
    return client
