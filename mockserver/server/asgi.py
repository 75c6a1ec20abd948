"""The ASGI application: reads a request, asks the engine, plays the answer, enters the exchange in the journal.

This one raw callable serves the gateway routes without a framework: the contract has the routing, and a framework's
request and response objects would cost more than the engine does.
"""

import logging
import secrets
from collections import deque
from collections.abc import Mapping
from itertools import count
from typing import Protocol, cast

import msgspec

from mockserver.accounts import billing
from mockserver.accounts.billing import Receipt
from mockserver.accounts.keys import ANONYMOUS
from mockserver.accounts.session import REAL, QueuedResponse, Session, Timeline
from mockserver.core.actions import Data, End, Head
from mockserver.core.clock import Clock, SystemClock
from mockserver.core.headers import RequestHeaders
from mockserver.engine import cors, overrides
from mockserver.engine.arrival import Arrival
from mockserver.engine.decision import Decision, Note
from mockserver.engine.prepared_turn import PreparedAnswer
from mockserver.engine.request import MAX_BODY, Request
from mockserver.engine.step import Engine
from mockserver.journal.log import Balance, Exchange, Journal, Outcome
from mockserver.server.asgi_outlet import ConnectionBroken, play
from mockserver.server.asgi_types import Message, Receive, Scope, Send
from mockserver.server.connection import EXTENSION, Connection
from mockserver.server.stores.memory import MemoryStore, Store, StoreUnavailableError
from mockserver.server.timers import FastTimer, LoopTimer, Timer, VirtualTimer
from mockserver.server.traffic import LiveAnswer, Traffic
from mockserver.wires import wire_of_path
from mockserver.wires.envelopes import render
from mockserver.wires.errors import failure

log = logging.getLogger("mockserver")

MOST_DISCARDED = 20 * MAX_BODY
"""Bytes of a too large body that are read and discarded, so that the client can finish sending and read its 413."""

MOST_FAILURES = 100
"""Internal errors that are remembered; each fails the test whose request caused it."""

RETRY_AFTER = 1
"""Seconds of `retry-after` while the store is unavailable: a store that restarts is back within one or two."""


class Decided(msgspec.Struct, frozen=True, gc=False):
    """A request, and the answer that was decided on; the rest is as in `LiveAnswer`."""

    session_id: str | None
    request: Request
    answer: Decision | PreparedAnswer
    clock: Timeline
    received_at: float

    def decision(self) -> Decision:
        """Return the decision that the answer is or stands for."""
        return self.answer.decision() if isinstance(self.answer, PreparedAnswer) else self.answer


class Fallback(Protocol):
    """Answers some requests in the gateway's place."""

    def takes(self, live: LiveAnswer) -> bool:
        """Return whether it answers this request, on which the engine has decided."""
        ...

    async def answer(self, live: LiveAnswer, scope: Scope, receive: Receive, send: Send) -> tuple[LiveAnswer, Outcome]:
        """Answer a request. Return the answer as it should be in the journal, and its outcome."""
        ...

    async def aclose(self) -> None:
        """Close what it has open."""
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
        """Responses for the next requests of any session."""
        self.fallback: Fallback | None = None
        """Answers what the scenario does not; without one such a request gets its 404."""
        self.failures: deque[tuple[str | None, str]] = deque(maxlen=MOST_FAILURES)
        self._clock: Clock = clock if clock is not None else SystemClock()
        self._name = secrets.token_hex(8)  # makes this server's tickets unique among several; never on the wire
        self._tickets = count()
        self._timer: Timer = timer if timer is not None else LoopTimer()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or the lifespan protocol; refuse WebSockets."""
        if scope["type"] == "http":
            try:
                await self._serve(scope, receive, send)
            except ConnectionBroken:
                raise
            except Exception:
                log.exception("the player failed; this is a bug of the mock")
                raise
        elif scope["type"] == "lifespan":
            await _lifespan(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        received = await read_body(receive)
        if received is None:
            return
        body, too_large = received
        raw = cast(list[tuple[bytes, bytes]], scope["headers"])
        request = self.request(
            cast(str, scope["method"]),
            cast(str, scope["path"]),
            cast(bytes, scope.get("query_string", b"")),
            RequestHeaders({name.decode("latin-1"): value.decode("latin-1") for name, value in raw}),
            body,
            too_large=too_large,
        )
        extensions = cast(Mapping[str, object], scope.get("extensions") or {})
        connection = cast(Connection | None, extensions.get(EXTENSION))
        live = await self.begin(request, connection)
        try:
            if self.fallback is not None and self.fallback.takes(live):
                live, outcome = await self.fallback.answer(live, scope, receive, send)
            else:
                timer = self.timer_of(live)
                outcome = await play(live.decision.actions, send, receive, timer, connection, live.delivery)
        except BaseException:
            self.abandon(live)
            raise
        await self.end(live, outcome)
        if outcome.breaks_off:
            raise ConnectionBroken("the scenario breaks the connection off here")

    # --- what every outlet does with a request and its answer ---------------------------------------------------------

    def request(
        self,
        method: str,
        path: str,
        query: bytes,
        headers: RequestHeaders,
        body: bytes,
        *,
        too_large: bool,
    ) -> Request:
        """Return the request with a ticket of its own."""
        return Request(
            method=method,
            path=path,
            headers=headers,
            body=body,
            too_large=too_large,
            query=query.decode("latin-1"),
            ticket=f"{self._name}-{next(self._tickets)}",
        )

    async def begin(self, request: Request, connection: Connection | None) -> LiveAnswer:
        """Decide on a request. Return its answer, which the outlet has to play and then to `end` or `abandon`."""
        decided = await self.decide(request)
        return self.begin_decided(decided, decided.decision(), connection)

    async def decide(self, request: Request) -> Decided:
        """Decide on a request, whose session may be somewhere else."""
        now = self._clock.now()
        arrival = self.engine.arrive(request)
        id = arrival.session_id
        answer: Decision | PreparedAnswer
        try:
            answer, clock = await self._decide(id, arrival, now)
        except Exception as error:
            answer, clock = self._failed(request, id, error), REAL
        return Decided(id, request, answer, clock, now)

    def decide_now(self, request: Request, store: MemoryStore) -> Decided:
        """Decide on a request for which nothing has to wait: its session is in memory, and no response is queued."""
        now = self._clock.now()
        arrival = self.engine.arrive(request)
        id, clock = arrival.session_id, REAL
        answer: Decision | PreparedAnswer
        try:
            before = Session(ANONYMOUS) if id is None else store.present(id)
            after, answer = self.engine.answer(before, arrival, before.clock.at(now))
            if after is not before and id is not None:
                store.keep(id, after)
            clock = after.clock
        except Exception as error:
            answer = self._failed(request, id, error)
        return Decided(id, request, answer, clock, now)

    def begin_decided(self, decided: Decided, decision: Decision, connection: Connection | None) -> LiveAnswer:
        """Return the answer that was decided on, which the outlet has to play and then to `end` or `abandon`."""
        id, clock, received_at = decided.session_id, decided.clock, decided.received_at
        return self.traffic.begin(id, decided.request, decision, clock, received_at, connection)

    def settle_now(self, id: str | None, decision: Decision, store: MemoryStore, outcome: Outcome) -> Balance | None:
        """Settle an answer of `decide_now` that was sent. Return what `_settle` does."""
        if id is None or decision.receipt is None:
            return None
        before = store.present(id)
        after, credits = self._settled(before, decision, outcome)
        store.keep(id, after)
        return credits

    def settle_whole(self, id: str | None, receipt: Receipt) -> Balance:
        """Settle a prepared answer that was sent as a whole. Return what `_settle` does."""
        store = self.store
        assert id is not None, "only a session pays"
        assert isinstance(store, MemoryStore), "other stores settle later"
        before = store.present(id)
        after = billing.settle_whole(before, receipt)
        store.keep(id, after)
        return _balance(receipt, before, after)

    def _failed(self, request: Request, id: str | None, error: Exception) -> Decision:
        """Return the answer to a bug of the mock, and remember the bug."""
        self.failures.append((id, f"{request.method} {request.path}: {type(error).__name__}: {error}"))
        log.exception("the engine failed; this is a bug of the mock")
        return _failure(request, id)

    async def end(self, live: LiveAnswer, outcome: Outcome) -> None:
        """Settle an answer that was played with the store, and enter it in the journal."""
        id, decision, credits = live.session_id, live.decision, None
        self.traffic.end(live)
        try:
            if id is not None and self.must_settle(live, outcome):
                credits = await self._settle(id, decision, outcome)
            self.traffic.entered(live, self._enter(live, outcome, credits))
        finally:
            self.traffic.forget(live)

    @staticmethod
    def must_settle(live: LiveAnswer, outcome: Outcome) -> bool:
        """Return whether the end of an answer changes its session."""
        return live.decision.receipt is not None or bool(live.clock.is_virtual and outcome.seconds)

    def abandon(self, live: LiveAnswer) -> None:
        """Forget an answer whose outlet failed."""
        self.traffic.end(live)
        self.traffic.forget(live)

    def timer_of(self, live: LiveAnswer) -> Timer:
        """Return the timer of a session's clock: waits take no time on a virtual clock, and less on a fast one."""
        clock = live.clock
        if clock.is_virtual:
            return VirtualTimer()
        return self._timer if clock.speed == 1.0 else FastTimer(clock.speed)

    def direct(self, path: str, port: int | None) -> "Gateway | None":
        """Return the gateway if it can answer below ASGI: all its answers are its own."""
        return self if self.fallback is None else None

    async def aclose(self) -> None:
        """Close what the fallback has open."""
        if self.fallback is not None:
            await self.fallback.aclose()

    async def settled(self) -> None:
        """Return when every answer whose end its client can have seen by now is in the journal."""
        await self.traffic.settled()

    async def advance(self, id: str, seconds: float) -> None:
        """Advance the clock of a session."""
        now = self._clock.now()
        await self.store.update(id, lambda session: (session.advanced(now, seconds), None))

    async def _decide(self, id: str | None, arrival: Arrival, now: float) -> tuple[Decision | PreparedAnswer, Timeline]:
        def change(session: Session) -> tuple[Session, tuple[Decision | PreparedAnswer, Timeline]]:
            after, answer = self.engine.answer(session, arrival, session.clock.at(now))
            return after, (answer, after.clock)

        if id is None:
            return change(Session(ANONYMOUS))[1]
        try:
            if self.queued:
                return await self._decide_with_queue(id, arrival, now)
            return await self.store.update(id, change)
        except StoreUnavailableError:
            # The store may have kept the change. If it did, refund the price of the answer, which is not sent.
            self.store.defer(id, lambda session: billing.void(session, arrival.request.ticket))
            return self.engine.away(arrival.request, RETRY_AFTER), REAL

    async def _decide_with_queue(self, id: str, arrival: Arrival, now: float) -> tuple[Decision, Timeline]:
        """Decide while responses are queued for all sessions: this request borrows the queue and returns the rest."""
        queue, self.queued = self.queued, ()
        rest = queue

        def change(session: Session) -> tuple[Session, tuple[Decision, Timeline, tuple[QueuedResponse, ...]]]:
            before = overrides.lend(session, queue)
            after, decision = self.engine.decide(before, arrival, session.clock.at(now))
            if after is before:
                return session, (decision, session.clock, queue)
            after, unused = overrides.reclaim(after, queue)
            return after, (decision, after.clock, unused)

        try:
            decision, clock, rest = await self.store.update(id, change)
        finally:
            self.queued = (*rest, *self.queued)
        return decision, clock

    async def _settle(self, id: str, decision: Decision, outcome: Outcome) -> Balance | None:
        """Book what was delivered, and the time that passed on a virtual clock; later, if the store is unavailable.

        Return the balance before the answer and after it, or None if it was not paid for.
        """
        try:
            return await self.store.update(id, lambda session: self._settled(session, decision, outcome))
        except StoreUnavailableError:
            self.store.defer(id, lambda session: self._settled(session, decision, outcome)[0])
            return None

    def _settled(self, session: Session, decision: Decision, outcome: Outcome) -> tuple[Session, Balance | None]:
        """Return the session after an answer was delivered, and the balance before and after it."""
        settled = self.engine.settle(session, decision, outcome.frames, outcome.ended == "complete")
        if settled.clock.is_virtual:
            settled = settled.advanced(self._clock.now(), outcome.seconds)
        receipt = decision.receipt
        if receipt is None or receipt.ledger_name not in session.ledgers:
            return settled, None
        return settled, _balance(receipt, session, settled)

    def _enter(self, live: LiveAnswer, outcome: Outcome, credits: Balance | None) -> Exchange:
        client, path, body, kept = live.kept(self._clock.now(), credits)
        at, method, note = live.clock.at(live.received_at), live.request.method, live.decision.note
        return self.journal.enter(at, client, method, path, body, note, outcome, kept)

    @property
    def clock(self) -> Clock:
        """The host's clock."""
        return self._clock


def _balance(receipt: Receipt, held: Session, settled: Session) -> Balance:
    """Return the account's balance before it paid for an answer and after the answer was settled."""
    name = receipt.ledger_name
    return Balance(held.ledgers[name].remaining + receipt.paid, settled.ledgers[name].remaining)


async def read_body(receive: Receive) -> tuple[bytes, bool] | None:
    """Return the body and whether it was too large to keep, or None if the client left before it was complete."""
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


def _failure(request: Request, id: str | None) -> Decision:
    """Return the answer to a bug of the mock: a 500 in the client's dialect, without its details."""
    error = failure(500, code="mock_error", message="The mock failed; its log says why.")
    body = render(error, wire_of_path(request.path), "")
    head = Head(500, (("content-type", "application/json"), ("content-length", str(len(body)))))
    actions = cors.shared((head, Data(body), End()), request.headers)
    return Decision(actions, Note(session=id or ANONYMOUS, code=error.code))


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message: Message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        else:
            await send({"type": "lifespan.shutdown.complete"})
            return
