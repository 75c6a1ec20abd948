"""The ASGI application: reads a request, asks the engine, plays the answer, enters the journal.

Gateway routes are served by this one raw callable, without a framework between: routing is the contract's, and a
framework's request and response objects would cost more than the engine does.
"""

import logging
from collections.abc import Mapping
from typing import cast

from mockserver.clock import Clock, SystemClock
from mockserver.engine import MAX_BODY, Decision, Engine, Request, wire_of
from mockserver.errors import Refusal
from mockserver.journal import Journal, Outcome
from mockserver.keys import ANONYMOUS
from mockserver.player import FastTimer, LoopTimer, Message, Receive, Send, Timer, VirtualTimer, play
from mockserver.session import Session, Timeline, name_session
from mockserver.sessions import MemoryStore, Store
from mockserver.wire.failures import failure, render

log = logging.getLogger("mockserver")

MOST_DISCARDED = 20 * MAX_BODY
"""How much of a too large body is read and thrown away, so that the client can finish sending and read its 413."""


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
        self._timer: Timer = timer if timer is not None else LoopTimer()

    async def __call__(self, scope: Mapping[str, object], receive: Receive, send: Send) -> None:
        """Serve one connection of the kinds that ASGI knows; WebSockets are refused."""
        if scope["type"] == "http":
            try:
                await self._serve(scope, receive, send)
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
        )
        now = self._clock.now()
        id = _session_of(request)
        try:
            decision, clock = await self._decide(id, request, now)
        except Exception:
            log.exception("the engine failed; this is a bug of the mock")
            await _fail(request, send)
            return
        outcome = await play(decision.actions, send, receive, self._timer_of(clock))
        if id is not None and clock.is_virtual and outcome.seconds:
            await self.advance(id, outcome.seconds)
        self._enter(request, decision, outcome, clock.at(now))

    async def advance(self, id: str, seconds: float) -> None:
        """Move the clock of a session on."""
        now = self._clock.now()
        await self.store.update(id, lambda session: (session.advanced(now, seconds), None))

    async def _decide(self, id: str | None, request: Request, now: float) -> tuple[Decision, Timeline]:
        def change(session: Session) -> tuple[Session, tuple[Decision, Timeline]]:
            after, decision = self.engine.step(session, request, session.clock.at(now))
            return after, (decision, after.clock)

        return change(Session(ANONYMOUS))[1] if id is None else await self.store.update(id, change)

    def _timer_of(self, clock: Timeline) -> Timer:
        """What the player waits by: a virtual clock's waits take no time, a fast one's take less."""
        if clock.is_virtual:
            return VirtualTimer()
        return self._timer if clock.speed == 1.0 else FastTimer(clock.speed)

    def _enter(self, request: Request, decision: Decision, outcome: Outcome, now: float) -> None:
        client = request.headers.get("user-agent", "")[:200]
        self.journal.enter(now, client, request.method, request.path, request.body, decision.note, outcome)


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


def _session_of(request: Request) -> str | None:
    """The session that a request belongs to; None if it makes none: a refused key, a name that is none."""
    try:
        return name_session(request.headers)
    except Refusal:
        return None


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
