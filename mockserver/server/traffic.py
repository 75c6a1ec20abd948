"""Answers on their way: who can watch them, and who can wait until the finished ones are in the journal.

The journal has the exchanges that are over; `Traffic` has those that are not. A watcher is notified when an answer
begins, when more of it was sent, when it is held back or goes on, and when it has been entered in the journal. All of
it happens on the server's event loop. A watcher that raises is logged once and costs neither the answer nor the other
watchers anything.
"""

import asyncio
from contextlib import suppress
from functools import partial
from itertools import count
from typing import Protocol

import msgspec

from mockserver.accounts.session import Timeline
from mockserver.core.actions import Data, Hang, Hold, Wait
from mockserver.engine.decision import Decision
from mockserver.engine.request import Request
from mockserver.journal.listeners import GuardedCalls
from mockserver.journal.log import Balance, Captured, Exchange, Outcome
from mockserver.journal.redact import capture
from mockserver.server.connection import Connection
from mockserver.server.stream_gate import Delivery

SETTLED_WITHIN = 5.0
"""Seconds that `settled` waits at most: as long as Redis may take, or a client that does not read what is left."""


class LiveAnswer(msgspec.Struct, frozen=True):
    """One answer on its way.

    `id` counts from 1 in this process; `session_id` is None for a request that makes no session; `received_at` is the
    host's time.
    """

    id: int
    session_id: str | None
    request: Request
    decision: Decision
    clock: Timeline
    received_at: float
    delivery: Delivery
    connection: Connection | None = None

    def is_over(self) -> bool:
        """Return whether the client can have seen the end of the answer, or has left."""
        delivery = self.delivery
        if delivery.is_over:
            return True
        if delivery.is_held or delivery.gate.is_shut:
            return False
        return (self.connection is not None and self.connection.has_ended()) or self._has_only_its_end_left()

    def _has_only_its_end_left(self) -> bool:
        """Return whether every frame was sent and what follows takes no real time: a client may stop reading here."""
        actions = self.decision.actions
        last = max([place for place, action in enumerate(actions) if isinstance(action, Data)], default=-1)
        frames = sum([isinstance(action, Data) for action in actions])
        if last < 0 or self.delivery.sent < frames:
            return False
        rest = actions[last + 1 :]
        takes_time = any(isinstance(action, Wait | Hang) and action.seconds > 0 for action in rest)
        return not any(isinstance(action, Hold) for action in rest) and (self.clock.is_virtual or not takes_time)

    def kept(self, now: float, credits: Balance | None = None) -> tuple[str, str, bytes, Captured]:
        """Return the client's name, the path, the body and the rest, without secrets."""
        return capture(
            self.request,
            self.decision,
            received_at=self.received_at,
            ended_at=now,
            virtual=self.clock.is_virtual,
            credits=credits,
            live=self.id,
        )

    def exchange(self, now: float) -> Exchange:
        """Return what the journal would keep if the answer ended now; its number is 0."""
        client, path, body, kept = self.kept(now)
        at, method, note = self.clock.at(self.received_at), self.request.method, self.decision.note
        return Exchange(0, at, client, method, path, body, note, self._so_far(now), kept)

    def _so_far(self, now: float) -> Outcome:
        """Return what was delivered until now, as a complete outcome."""
        delivery = self.delivery
        return Outcome(
            status=delivery.status,
            frames=delivery.frames,
            bytes=delivery.bytes,
            seconds=max(0.0, now - self.received_at),
            ended="complete",
            of=delivery.frames,
            writes=delivery.writes,
            holds=tuple(delivery.holds),
        )


class TrafficListener(Protocol):
    """A watcher of answers."""

    def began(self, live: LiveAnswer) -> None:
        """Note that an answer has begun."""
        ...

    def changed(self, live: LiveAnswer) -> None:
        """Note that more of an answer was sent, or that it is held back, or goes on."""
        ...

    def ended(self, live: LiveAnswer, exchange: Exchange) -> None:
        """Note that an answer is over and has been entered in the journal."""
        ...


class Traffic:
    """Every answer that is on its way, by its id, oldest first."""

    def __init__(self) -> None:
        self.live: dict[int, LiveAnswer] = {}
        self.watchers: list[TrafficListener] = []
        self._guarded = GuardedCalls()
        self._ending: dict[int, LiveAnswer] = {}
        """Answers that were played to their end and are not in the journal yet."""
        self._waiters: list[asyncio.Future[None]] = []
        self._ids = count(1)

    def begin(
        self,
        session_id: str | None,
        request: Request,
        decision: Decision,
        clock: Timeline,
        received_at: float,
        connection: Connection | None,
    ) -> LiveAnswer:
        """Return a new answer, and notify the watchers of it."""
        delivery = Delivery()
        live = LiveAnswer(next(self._ids), session_id, request, decision, clock, received_at, delivery, connection)
        self.live[live.id] = live
        for watcher in tuple(self.watchers):
            self._guarded.call(watcher.began, live)
        delivery.on_change = partial(self._changed, live)
        return live

    def next_id(self) -> int:
        """Return the id of an answer that is over before anybody can look at it."""
        return next(self._ids)

    def _changed(self, live: LiveAnswer) -> None:
        if self._waiters:
            self._wake()
        for watcher in tuple(self.watchers):
            self._guarded.call(watcher.changed, live)

    def end(self, live: LiveAnswer) -> None:
        """Take an answer out of `live`: it was played to its end."""
        self._ending[live.id] = live  # first, so that `is_quiet` finds it in one of the two
        self.live.pop(live.id, None)
        live.delivery.on_change = None

    def entered(self, live: LiveAnswer, exchange: Exchange) -> None:
        """Notify the watchers that an answer has been entered in the journal."""
        for watcher in tuple(self.watchers):
            self._guarded.call(watcher.ended, live, exchange)

    def forget(self, live: LiveAnswer) -> None:
        """Forget an answer that is in the journal, or that failed and never will be."""
        self._ending.pop(live.id, None)
        self._wake()

    @property
    def is_quiet(self) -> bool:
        """Whether no answer is on its way: each that a client has seen is in the journal. Any thread may ask."""
        return not self.live and not self._ending

    async def settled(self) -> None:
        """Return when every answer whose end its client can have seen by now is in the journal.

        A client can have read the end of an answer before the exchange is entered: the store settles it in between.
        """
        over = [*self._ending.values(), *[live for live in self.live.values() if live.is_over()]]
        if not over:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLED_WITHIN):
                for live in over:
                    while live.id in self._ending or (live.id in self.live and live.is_over()):
                        waiter = asyncio.get_running_loop().create_future()
                        self._waiters.append(waiter)
                        await waiter

    def _wake(self) -> None:
        """Let every `settled` look again."""
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)
