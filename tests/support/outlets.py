"""A gateway on one connection in memory, by either outlet: below ASGI, or over it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Literal, TypeAlias, TypeVar

from mockserver.accounts.session import Session, start_clock
from mockserver.core.clock import FixedClock
from mockserver.engine.step import Engine, EngineSettings
from mockserver.journal.log import Exchange
from mockserver.scenarios.script import Script
from mockserver.server.asgi import Gateway
from mockserver.server.asgi_types import Receive, Scope, Send
from mockserver.server.http_parser import RequestParser
from mockserver.server.httptools_parser import HttptoolsParser
from mockserver.server.stores.memory import MemoryStore
from tests.support.engine import NOW, contract
from tests.support.memory_connection import Line

Outlet: TypeAlias = Literal["transport", "asgi", "transport, with a store that waits"]
OUTLETS: tuple[Outlet, ...] = ("transport", "asgi")
WAITING: Outlet = "transport, with a store that waits"
MOST_TURNS = 3_000
"""Turns of the event loop that the longest answer of a test may take."""
T = TypeVar("T")
DATE = [(b"date", b"Thu, 01 Jan 2026 00:00:00 GMT")]


class WaitingStore:
    """The sessions of a store in memory, whose changes take a turn of the loop, as those in Redis do."""

    is_immediate = False

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.new_session, self.defer, self.find = store.new_session, store.defer, store.find
        self.sessions, self.forget = store.sessions, store.forget

    async def update(self, id: str, change: Callable[[Session], tuple[Session, T]]) -> T:
        """Change one session."""
        await asyncio.sleep(0)
        return await self._store.update(id, change)


class OverAsgi:
    """A gateway as a plain ASGI application: nothing of it is served below."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._gateway(scope, receive, send)


class GatewayLine(Line):
    """A connection with a gateway behind it, whose sessions have a virtual clock unless `virtual` is false."""

    def __init__(
        self, outlet: Outlet, script: Script, parser: type[RequestParser] = HttptoolsParser, *, virtual: bool = True
    ) -> None:
        engine = Engine(contract(), {script.name: script}, EngineSettings(scenario=script.name))
        store = MemoryStore(clock=start_clock(NOW, virtual))
        waits = outlet == WAITING
        self.gateway = Gateway(engine, store=WaitingStore(store) if waits else store, clock=FixedClock(NOW))
        super().__init__(parser, app=OverAsgi(self.gateway) if outlet == "asgi" else self.gateway)
        self.state.default_headers = DATE
        assert (self.protocol._direct is not None) == (outlet != "asgi")

    async def settle(self) -> None:
        """Let every answer go on as far as it can: a long one takes many turns of the loop."""
        await super().settle()
        for _ in range(MOST_TURNS):
            if not self.gateway.traffic.live:
                break
            await asyncio.sleep(0)
        await super().settle()

    @property
    def entries(self) -> list[Exchange]:
        """The exchanges of the journal."""
        return list(self.gateway.journal)


Scene: TypeAlias = Callable[[GatewayLine], Awaitable[None]]


def on_line(
    scene: Scene,
    outlet: Outlet,
    script: Script,
    parser: type[RequestParser] = HttptoolsParser,
    *,
    virtual: bool = True,
) -> GatewayLine:
    """Play a scene on a connection that ends after it, and return the connection."""

    async def main() -> GatewayLine:
        line = GatewayLine(outlet, script, parser, virtual=virtual)
        await scene(line)
        if line.state.connections:
            line.protocol.connection_lost(None)
        await line.settle()
        line.transport.abort()
        assert line.gateway.traffic.live == {}, "every answer has ended"
        for task in line.state.tasks:
            task.cancel()
        return line

    return asyncio.run(main())
