"""Traffic: the answers that are on their way, and who is told of them.

The journal has what is over; here is what is not. A watcher is told when an answer begins, whenever more of it was
handed over or it is held back, and when it has ended and stands in the journal. All of it happens on the server's loop.
"""

from itertools import count
from typing import Protocol

import msgspec

from mockserver.accounts.session import Timeline
from mockserver.engine.decision import Decision
from mockserver.engine.request import Request
from mockserver.journal.log import Balance, Captured, Exchange, Outcome
from mockserver.journal.redact import capture
from mockserver.server.stream_gate import Delivery

LONGEST_CLIENT = 200
"""How much of a client's own name is kept."""


class LiveAnswer(msgspec.Struct, frozen=True):
    """One answer on its way. `id` counts from 1 in this process; `arrived` is the host's time."""

    id: int
    request: Request
    decision: Decision
    clock: Timeline
    arrived: float
    delivery: Delivery

    def kept(self, now: float, credits: Balance | None = None) -> tuple[str, str, bytes, Captured]:
        """What the client calls itself, the path, the body and the rest, as they may be kept: secrets taken out."""
        path, body, kept = capture(
            self.request,
            self.decision,
            arrived=self.arrived,
            left=now,
            virtual=self.clock.is_virtual,
            credits=credits,
            live=self.id,
        )
        return kept.headers.get("user-agent", "")[:LONGEST_CLIENT], path, body, kept

    def exchange(self, now: float) -> Exchange:
        """What the journal would keep if it ended now; its number is 0."""
        client, path, body, kept = self.kept(now)
        at, method, note = self.clock.at(self.arrived), self.request.method, self.decision.note
        return Exchange(0, at, client, method, path, body, note, self._so_far(now), kept)

    def _so_far(self, now: float) -> Outcome:
        """How far it is, as if that were all."""
        delivery = self.delivery
        return Outcome(
            status=delivery.status,
            frames=delivery.frames,
            bytes=delivery.bytes,
            seconds=max(0.0, now - self.arrived),
            ended="complete",
            of=delivery.frames,
            writes=tuple(delivery.writes),
            holds=tuple(delivery.holds),
        )


class TrafficListener(Protocol):
    """Somebody who is told of answers."""

    def began(self, live: LiveAnswer) -> None:
        """An answer is on its way."""
        ...

    def changed(self, live: LiveAnswer) -> None:
        """More of it was handed over, or it is held back, or goes on."""
        ...

    def ended(self, live: LiveAnswer, exchange: Exchange) -> None:
        """It is over, and stands in the journal."""
        ...


class Traffic:
    """Every answer that is on its way, by its id, oldest first."""

    def __init__(self) -> None:
        self.live: dict[int, LiveAnswer] = {}
        self.watchers: list[TrafficListener] = []
        self._ids = count(1)

    def begin(self, request: Request, decision: Decision, clock: Timeline, arrived: float) -> LiveAnswer:
        """An answer begins."""
        delivery = Delivery()
        live = LiveAnswer(next(self._ids), request, decision, clock, arrived, delivery)
        self.live[live.id] = live
        for watcher in self.watchers:
            watcher.began(live)
        delivery.tell = lambda: self._changed(live)
        return live

    def _changed(self, live: LiveAnswer) -> None:
        for watcher in self.watchers:
            watcher.changed(live)

    def end(self, live: LiveAnswer) -> None:
        """It is not on its way any more."""
        self.live.pop(live.id, None)
        live.delivery.tell = None

    def entered(self, live: LiveAnswer, exchange: Exchange) -> None:
        """It stands in the journal."""
        for watcher in self.watchers:
            watcher.ended(live, exchange)
