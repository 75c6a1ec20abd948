"""The ASGI application: reads a request, asks the engine, plays the answer, enters the journal.

Gateway routes are served by this one raw callable, without a framework between: routing is the contract's, and a
framework's request and response objects would cost more than the engine does.
"""

import logging
import secrets
from collections.abc import Mapping
from itertools import count
from typing import cast

from mockserver import billing
from mockserver.clock import Clock, SystemClock
from mockserver.connection import EXTENSION, Connection
from mockserver.engine import MAX_BODY, Decision, Engine, Request, wire_of
from mockserver.journal import Journal, Outcome
from mockserver.keys import ANONYMOUS
from mockserver.player import FastTimer, LoopTimer, Message, Receive, Send, Severed, Timer, VirtualTimer, play
from mockserver.session import REAL, Session, Timeline
from mockserver.sessions import MemoryStore, Store, StoreAwayError
from mockserver.wire.failures import failure, render

log = logging.getLogger("mockserver")

MOST_DISCARDED = 20 * MAX_BODY
"""How much of a too large body is read and thrown away, so that the client can finish sending and read its 413."""

AWAY = 1
"""The seconds of retry-after while the store is away: a store that restarts is back within one or two."""


class Gateway:
    """The gateway as an ASGI 3 application."""

    def __init__(
        self,
        engine: Engine,
        *,
        store: Store | None = None,
        journal: Journal | None = None,
        clock: Clock | None = None,
        timer: Timer | None = None,
    ) -> None:
        self.engine = engine
        self.store: Store = store if store is not None else MemoryStore()
        self.journal = journal if journal is not None else Journal()
        self._clock: Clock = clock if clock is not None else SystemClock()
        self._name = secrets.token_hex(8)  # tells this server's tickets from those of others; never on the wire
        self._tickets = count()
        self._timer: Timer = timer if timer is not None else LoopTimer()

    async def __call__(self, scope: Mapping[str, object], receive: Receive, send: Send) -> None:
        """Serve one connection of the kinds that ASGI knows; WebSockets are refused."""
        if scope["type"] == "http":
            try:
                await self._serve(scope, receive, send)
            except Severed:
                raise
            except Exception:
                log.exception("the player failed; this is a bug of the mock")
                raise
        elif scope["type"] == "lifespan":
            await _lifespan(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _serve(self, scope: Mapping[str, object], receive: Receive, send: Send) -> None:
        arrived = await _read_body(receive)
        if arrived is None:
            return
        body, too_large = arrived
        raw = cast(list[tuple[bytes, bytes]], scope["headers"])
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in raw}
        request = Request(
            method=cast(str, scope["method"]),
            path=cast(str, scope["path"]),
            headers=headers,
            body=body,
            too_large=too_large,
            query=cast(bytes, scope.get("query_string", b"")).decode("latin-1"),
            ticket=f"{self._name}-{next(self._tickets)}",
        )
        now = self._clock.now()
        id = self.engine.session_of(request)
        try:
            decision, clock = await self._decide(id, request, now)
        except Exception:
            log.exception("the engine failed; this is a bug of the mock")
            await _fail(request, send)
            return
        extensions = cast(Mapping[str, object], scope.get("extensions") or {})
        connection = cast(Connection | None, extensions.get(EXTENSION))
        outcome = await play(decision.actions, send, receive, self._timer_of(clock), connection)
        if id is not None and (decision.receipt is not None or (clock.is_virtual and outcome.seconds)):
            await self._settle(id, decision, outcome)
        self._enter(request, decision, outcome, clock.at(now))
        if outcome.breaks_off:
            raise Severed("the scenario breaks the connection off here")

    async def advance(self, id: str, seconds: float) -> None:
        """Move the clock of a session on."""
        now = self._clock.now()
        await self.store.update(id, lambda session: (session.advanced(now, seconds), None))

    async def _decide(self, id: str | None, request: Request, now: float) -> tuple[Decision, Timeline]:
        def change(session: Session) -> tuple[Session, tuple[Decision, Timeline]]:
            after, decision = self.engine.step(session, request, session.clock.at(now))
            return after, (decision, after.clock)

        if id is None:
            return change(Session(ANONYMOUS))[1]
        try:
            return await self.store.update(id, change)
        except StoreAwayError:
            # Whether the store heard us is not known. If it did, the price of an answer that is not sent comes back.
            self.store.owe(id, lambda session: billing.void(session, request.ticket))
            return self.engine.away(request, AWAY), REAL

    async def _settle(self, id: str, decision: Decision, outcome: Outcome) -> None:
        """Book what was really delivered, and the time that passed on a virtual clock; later, if the store is away."""
        now, complete = self._clock.now(), outcome.ended == "complete"

        def change(session: Session) -> Session:
            settled = self.engine.settle(session, decision, outcome.frames, complete)
            return settled.advanced(now, outcome.seconds) if settled.clock.is_virtual else settled

        try:
            await self.store.update(id, lambda session: (change(session), None))
        except StoreAwayError:
            self.store.owe(id, change)

    def _timer_of(self, clock: Timeline) -> Timer:
        """What the player waits by: a virtual clock's waits take no time, a fast one's take less."""
        if clock.is_virtual:
            return VirtualTimer()
        return self._timer if clock.speed == 1.0 else FastTimer(clock.speed)

    def _enter(self, request: Request, decision: Decision, outcome: Outcome, now: float) -> None:
        client = request.headers.get("user-agent", "")[:200]
        body = b"" if "/auth/" in request.path else request.body  # passwords and tokens are never kept
        self.journal.enter(now, client, request.method, request.path, body, decision.note, outcome)


async def _read_body(receive: Receive) -> tuple[bytes, bool] | None:
    """The body and whether it was too large to keep, or None if the client left before it was complete."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunk = cast(bytes, message.get("body", b""))
        size += len(chunk)
        if size <= MAX_BODY:
            chunks.append(chunk)
        else:
            chunks.clear()
        if not message.get("more_body") or size > MOST_DISCARDED:
            return b"".join(chunks), size > MAX_BODY


async def _fail(request: Request, send: Send) -> None:
    """Our own bug, told without its details, in the client's dialect."""
    told = failure(500, code="mock_error", message="The mock failed; its log says why.")
    body = render(told, wire_of(request.path), "")
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 500, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message: Message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        else:
            await send({"type": "lifespan.shutdown.complete"})
            return
