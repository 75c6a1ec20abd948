"""What the connections of one server share."""

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockserver.server.protocol import HttpProtocol


class ServerState:
    """The connections that are open, the tasks that serve them, and the headers that every answer has."""

    def __init__(self) -> None:
        self.connections: set[HttpProtocol] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.default_headers: list[tuple[bytes, bytes]] = []
