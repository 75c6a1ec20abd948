"""The express lane: a request on an idle connection is answered in the turn of the event loop in which it came.

Theory. Most requests come in one piece, when every earlier answer of their connection is complete, and most answers
neither wait nor break. Between such a request and the end of its answer nothing else happens on the event loop: nobody
can look at the answer, hold it back or leave. So it needs no cycle, no player, no gate and no place in the traffic.
The lane decides, lays head and bodies together and writes them at once. Then it settles the account, and leaves the
entry for the journal, which enters all those of one turn of the loop together (`Journal.late`).

What the lane does not take goes the general way, and loses nothing by having been looked at:

- requests whose store waits, whose gateway has queued responses, and those whose traffic somebody watches: refused
  before anything is decided;
- answers that wait, break or need more than a head, bodies and the end: a `TransportCycle` goes on with the decision;
- answers that cannot be framed: the cycle fails as it would have.

The bytes are those of the player, and the journal has the same entry, but for the real time, which is none.
"""

import asyncio
import logging
from functools import lru_cache
from operator import attrgetter
from typing import Protocol

import msgspec

from mockserver.core.actions import Actions, Data, End, Head
from mockserver.journal.log import Balance, Journal, Outcome
from mockserver.journal.redact import capture
from mockserver.server.answer_framing import AnswerFraming, whole_answer
from mockserver.server.asgi import Decided, Gateway
from mockserver.server.http_parser import RequestHead
from mockserver.server.stores.memory import MemoryStore
from mockserver.server.transport_outlet import TransportConnection, TransportCycle

log = logging.getLogger("mockserver")

_ONLY_DATA = frozenset({Data})
_PAYLOAD = attrgetter("payload")


class ExpressConnection(TransportConnection, Protocol):
    """What the lane needs of a connection."""

    def served(self, *, keep_alive: bool) -> None:
        """Go on: the answer to a request without a cycle is complete."""
        ...

    def owe(self, cycle: TransportCycle) -> None:
        """Owe the answer of this cycle."""
        ...


def serve(wire: ExpressConnection, gateway: Gateway, head: RequestHead, body: bytes) -> bool:
    """Answer a whole request on an idle connection. Return False if it has to go the general way."""
    store = gateway.store
    if not isinstance(store, MemoryStore) or gateway.queued or gateway.traffic.watchers or head.expects_continue:
        return False
    request = gateway.request(head.method, head.path, head.query, head.fields, body, too_large=False)
    decided = gateway.decide_now(request, store)
    sent = _at_once(decided.decision.actions, wire.common_headers(), is_head=head.method == "HEAD")
    if sent is None:
        cycle = TransportCycle(wire, head, gateway)
        wire.owe(cycle)
        cycle.play(gateway.begin_decided(decided, wire.socket_connection))
        return True
    data, outcome, keep_alive = sent
    wire.transport.write(data)
    journal = gateway.journal
    if not journal.late:
        asyncio.get_running_loop().call_soon(journal.settle)
    try:
        credits = None if decided.decision.receipt is None else gateway.settle_now(decided, store, outcome)
        journal.late.append(LateExchange(decided, outcome, gateway.clock.now(), credits, gateway.traffic.next_id()))
    except Exception:
        log.exception("the answer could not be entered in the journal; this is a bug of the mock")
    wire.served(keep_alive=keep_alive)
    return True


def _at_once(actions: Actions, common: bytes, *, is_head: bool) -> tuple[bytes, Outcome, bool] | None:
    """Return the bytes of an answer that goes out in one write, its outcome, and whether the connection stays open.

    Return None for any other answer.
    """
    frames = len(actions) - 2
    head, first = actions[0], actions[1]
    if type(head) is not Head or head.bare or type(actions[-1]) is not End:
        return None
    if frames == 1 and type(first) is Data:
        body = first.payload
    elif _ONLY_DATA.issuperset(map(type, actions[1:-1])):
        body = b"".join(map(_PAYLOAD, actions[1:-1]))
    else:
        return None
    data, keep_alive = None if is_head else whole_answer(head.status, head.headers, common, body), True
    if data is None:
        framing = AnswerFraming(is_head=is_head, keep_alive=True)
        try:
            data = framing.head(head.status, head.headers, common) + framing.body(body, more=False)
        except RuntimeError:
            return None
        if not framing.is_complete:
            return None
        keep_alive = framing.keep_alive
    return data, _complete(head.status, frames, len(body)), keep_alive


@lru_cache(maxsize=1_024)
def _complete(status: int, frames: int, size: int) -> Outcome:
    """Return the outcome of an answer that went out as a whole; most are of a size that came before."""
    return Outcome(status, frames, size, 0.0, "complete", frames, ((frames, size, 0.0),))


class LateExchange(msgspec.Struct, frozen=True, gc=False):
    """An exchange that is over and waits to be entered in the journal."""

    decided: Decided
    outcome: Outcome
    ended_at: float
    credits: Balance | None
    live: int

    def enter(self, journal: Journal) -> None:
        """Enter it, without secrets."""
        decided = self.decided
        request, decision, clock, received_at = decided.request, decided.decision, decided.clock, decided.received_at
        client, path, body, kept = capture(
            request,
            decision,
            received_at=received_at,
            ended_at=self.ended_at,
            virtual=clock.is_virtual,
            credits=self.credits,
            live=self.live,
        )
        at, method = clock.at(received_at), request.method
        journal.enter(at, client, method, path, body, decision.note, self.outcome, kept)
