"""The ASGI application: reads a request, asks the engine, plays the answer, enters the journal.

Gateway routes are served by this one raw callable, without a framework between: routing is the contract's, and a
framework's request and response objects would cost more than the engine does.
"""

import logging
import secrets
from collections import deque
from collections.abc import Awaitable, Mapping
from itertools import count
from typing import Protocol, TypeAlias, cast

from mockserver.accounts import billing
from mockserver.accounts.keys import ANONYMOUS
from mockserver.accounts.session import REAL, QueuedResponse, Session, Timeline
from mockserver.core.actions import Data, End, Head
from mockserver.core.clock import Clock, SystemClock
from mockserver.engine import cors, overrides
from mockserver.engine.arrival import Arrival
from mockserver.engine.decision import Decision
from mockserver.engine.request import MAX_BODY, Request
from mockserver.engine.step import Engine
from mockserver.journal.log import Balance, Exchange, Journal, Outcome
from mockserver.server.connection import EXTENSION, Connection
from mockserver.server.player import FastTimer, LoopTimer, Message, Receive, Send, Severed, Timer, VirtualTimer, play
from mockserver.server.stores.memory import MemoryStore, Store, StoreAwayError
from mockserver.server.traffic import LiveAnswer, Traffic
from mockserver.wires import wire_of_path
from mockserver.wires.envelopes import render
from mockserver.wires.errors import failure

log = logging.getLogger("mockserver")

MOST_DISCARDED = 20 * MAX_BODY
"""How much of a too large body is read and thrown away, so that the client can finish sending and read its 413."""

MOST_FAILURES = 100
"""How many failures of our own are remembered, for the tests that they must fail."""

AWAY = 1
"""The seconds of retry-after while the store is away: a store that restarts is back within one or two."""


Scope: TypeAlias = Mapping[str, object]
"""What ASGI says of a connection or a request."""


class Application(Protocol):
    """An ASGI application."""

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one connection."""
        ...


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
        self.traffic = Traffic()
        self.queued: tuple[QueuedResponse, ...] = ()
        """Queued responses for the next request of any session."""
        self.failures: deque[tuple[str | None, str]] = deque(maxlen=MOST_FAILURES)
        self._clock: Clock = clock if clock is not None else SystemClock()
        self._name = secrets.token_hex(8)  # tells this server's tickets from those of others; never on the wire
        self._tickets = count()
        self._timer: Timer = timer if timer is not None else LoopTimer()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
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

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
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
        arrival = self.engine.arrive(request)
        id = arrival.session_id
        try:
            decision, clock = await self._decide(arrival, now)
        except Exception as error:
            self.failures.append((id, f"{request.method} {request.path}: {type(error).__name__}: {error}"))
            log.exception("the engine failed; this is a bug of the mock")
            await _fail(request, send, receive)
            return
        extensions = cast(Mapping[str, object], scope.get("extensions") or {})
        connection = cast(Connection | None, extensions.get(EXTENSION))
        live = self.traffic.begin(request, decision, clock, now, connection)
        try:
            outcome = await self._answer(live, id, send, receive)
        finally:
            self.traffic.forget(live)
        if outcome.breaks_off:
            raise Severed("the scenario breaks the connection off here")

    async def _answer(self, live: LiveAnswer, id: str | None, send: Send, receive: Receive) -> Outcome:
        """Play an answer, settle it with the store, and enter it in the journal."""
        decision, clock = live.decision, live.clock
        try:
            outcome = await play(decision.actions, send, receive, self._timer_of(clock), live.connection, live.delivery)
        finally:
            self.traffic.end(live)
        credits = None
        if id is not None and (decision.receipt is not None or (clock.is_virtual and outcome.seconds)):
            credits = await self._settle(id, decision, outcome)
        self.traffic.entered(live, self._enter(live, outcome, credits))
        return outcome

    async def settled(self) -> None:
        """Return when every answer whose end its client can have seen by now is in the journal."""
        await self.traffic.settled()

    async def advance(self, id: str, seconds: float) -> None:
        """Move the clock of a session on."""
        now = self._clock.now()
        await self.store.update(id, lambda session: (session.advanced(now, seconds), None))

    async def _decide(self, arrival: Arrival, now: float) -> tuple[Decision, Timeline]:
        def change(session: Session) -> tuple[Session, tuple[Decision, Timeline]]:
            after, decision = self.engine.decide(session, arrival, session.clock.at(now))
            return after, (decision, after.clock)

        id, request = arrival.session_id, arrival.request
        if id is None:
            return change(Session(ANONYMOUS))[1]
        try:
            if self.queued:
                return await self._offer(id, arrival, now)
            return await self.store.update(id, change)
        except StoreAwayError:
            # Whether the store heard us is not known. If it did, the price of an answer that is not sent comes back.
            self.store.owe(id, lambda session: billing.void(session, request.ticket))
            return self.engine.away(request, AWAY), REAL

    async def _offer(self, id: str, arrival: Arrival, now: float) -> tuple[Decision, Timeline]:
        """The same while something waits for everybody: this request has it alone, and gives back what it leaves."""
        queue, self.queued = self.queued, ()
        left = queue

        def change(session: Session) -> tuple[Session, tuple[Decision, Timeline, tuple[QueuedResponse, ...]]]:
            given = overrides.lend(session, queue)
            after, decision = self.engine.decide(given, arrival, session.clock.at(now))
            if after is given:
                return session, (decision, session.clock, queue)
            after, rest = overrides.reclaim(after, queue)
            return after, (decision, after.clock, rest)

        try:
            decision, clock, left = await self.store.update(id, change)
        finally:
            self.queued = (*left, *self.queued)
        return decision, clock

    async def _settle(self, id: str, decision: Decision, outcome: Outcome) -> Balance | None:
        """Book what was really delivered, and the time that passed on a virtual clock; later, if the store is away.

        Gives the balance before the answer and after it, if it was paid for.
        """
        now, complete = self._clock.now(), outcome.ended == "complete"

        def change(session: Session) -> Session:
            settled = self.engine.settle(session, decision, outcome.frames, complete)
            return settled.advanced(now, outcome.seconds) if settled.clock.is_virtual else settled

        def booked(session: Session) -> tuple[Session, Balance | None]:
            settled = change(session)
            return settled, _balance(decision, session, settled)

        try:
            return await self.store.update(id, booked)
        except StoreAwayError:
            self.store.owe(id, change)
            return None

    def _timer_of(self, clock: Timeline) -> Timer:
        """What the player waits by: a virtual clock's waits take no time, a fast one's take less."""
        if clock.is_virtual:
            return VirtualTimer()
        return self._timer if clock.speed == 1.0 else FastTimer(clock.speed)

    def _enter(self, live: LiveAnswer, outcome: Outcome, credits: Balance | None) -> Exchange:
        client, path, body, kept = live.kept(self._clock.now(), credits)
        at, method, note = live.clock.at(live.received_at), live.request.method, live.decision.note
        return self.journal.enter(at, client, method, path, body, note, outcome, kept)


def _balance(decision: Decision, held: Session, settled: Session) -> Balance | None:
    """What the account had before it paid for an answer, and what it has now that the answer is settled."""
    receipt = decision.receipt
    if receipt is None or receipt.ledger_name not in held.ledgers:
        return None
    return Balance(
        held.ledgers[receipt.ledger_name].remaining + receipt.paid, settled.ledgers[receipt.ledger_name].remaining
    )


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


async def _fail(request: Request, send: Send, receive: Receive) -> None:
    """Our own bug, told without its details, in the client's dialect."""
    told = failure(500, code="mock_error", message="The mock failed; its log says why.")
    body = render(told, wire_of_path(request.path), "")
    head = Head(500, (("content-type", "application/json"), ("content-length", str(len(body)))))
    actions = cors.shared((head, Data(body), End()), request.headers)
    await play(actions, send, receive, LoopTimer())


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message: Message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        else:
            await send({"type": "lifespan.shutdown.complete"})
            return
