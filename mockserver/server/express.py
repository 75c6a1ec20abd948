"""The express lane: a request on an idle connection is answered in the turn of the event loop in which it came.

Theory. Most requests come in one piece, when every earlier answer of their connection is complete, and most answers
neither wait nor break. Between such a request and the end of its answer nothing else happens on the event loop: nobody
can look at the answer, hold it back or leave. So it needs no cycle, no player, no gate and no place in the traffic.
The lane decides, lays head and bodies together, settles the account, enters the exchange, and writes all at once: a
client that has its answer finds it in the journal, from another thread too.

Most answers are those of prepared turns. Such an answer is not even written out as actions: what the framing would make
of it is known but for a few values (`_format`), and the journal keeps it unread.

What the lane does not take goes the general way, and loses nothing by having been looked at:

- requests whose gateway has queued responses, and those whose traffic somebody watches: refused before anything is
  decided;
- answers that wait, break or need more than a head, bodies and the end: a `TransportCycle` goes on with the decision;
- answers that cannot be framed: the cycle fails as it would have.

Where the store waits for others, a cycle waits with it, and the lane sends what it can when the decision has come.

The bytes are those of the player, and the journal has the same entry, but for the real time, which is none.
"""

import logging
from functools import lru_cache
from operator import attrgetter
from typing import Protocol

from mockserver.core.actions import Actions, Data, End, Head
from mockserver.engine.decision import Decision
from mockserver.engine.prepared_turn import PreparedAnswer, PreparedTurn
from mockserver.journal import unread
from mockserver.journal.log import Balance, Outcome
from mockserver.journal.redact import capture
from mockserver.server.answer_framing import AnswerFraming, whole_answer
from mockserver.server.asgi import Decided, Gateway
from mockserver.server.http_parser import RequestHead
from mockserver.server.stores.memory import MemoryStore
from mockserver.server.transport_outlet import TransportConnection, TransportCycle

log = logging.getLogger("mockserver")

_ONLY_DATA = frozenset({Data})
_PAYLOAD = attrgetter("payload")
_COMMON, _ID, _LENGTH, _BODY = b"\r\n<common>\r\n", "<request id>", "811111111111111", b"<body>"
"""Marks in an answer, which become the holes of its format."""
_NOT_ENTERED = "the answer could not be entered in the journal; this is a bug of the mock"


class ExpressCycle(TransportCycle):
    """A request that waits for its session: its answer takes the lane if it was prepared and nothing came between."""

    __slots__ = ()

    def answer(self, decided: Decided) -> None:
        """Send the answer that was decided on, or play it."""
        answer, gateway, wire = decided.answer, self._gateway, self._wire
        if (
            not isinstance(answer, PreparedAnswer)
            or answer.turn.pauses
            or answer.receipt is not None
            or gateway.traffic.watchers
            or not self.is_undisturbed
        ):
            super().answer(decided)
            return
        _send_prepared(wire, gateway, decided, answer, gateway.clock.now())
        wire.answered(self)


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
    if gateway.queued or gateway.traffic.watchers or head.expects_continue:
        return False
    request = gateway.request(head.method, head.path, head.query, head.fields, body, too_large=False)
    if not isinstance(store, MemoryStore):
        later = ExpressCycle(wire, head, gateway)
        wire.owe(later)
        later.decide(request)
        return True
    decided = gateway.decide_now(request, store)
    answer = decided.answer
    if isinstance(answer, PreparedAnswer):
        if not answer.turn.pauses:
            _send_prepared(wire, gateway, decided, answer, decided.received_at)
            wire.served(keep_alive=True)
            return True
        answer = answer.decision()
    sent = _at_once(answer.actions, wire.common_headers(), is_head=head.method == "HEAD")
    if sent is None:
        cycle = TransportCycle(wire, head, gateway)
        wire.owe(cycle)
        cycle.play(gateway.begin_decided(decided, answer, wire.socket_connection))
        return True
    data, outcome, keep_alive = sent
    try:
        credits = gateway.settle_now(decided.session_id, answer, store, outcome)
        _enter(gateway, decided, answer, outcome, decided.received_at, gateway.traffic.next_id(), credits)
    except Exception:
        log.exception(_NOT_ENTERED)
    wire.transport.write(data)
    wire.served(keep_alive=keep_alive)
    return True


def _send_prepared(
    wire: TransportConnection, gateway: Gateway, decided: Decided, answer: PreparedAnswer, ended_at: float
) -> None:
    """Send an answer that was not written out, and enter it unread."""
    turn, common = answer.turn, wire.common_headers()
    body, frames = turn.body(answer)
    id, size, is_stream = answer.request_id.encode(), len(body), answer.is_stream
    values = (common, id, size, body) if is_stream else (common, size, id, body)
    data = (turn.formats.get(is_stream) or _format(turn, is_stream)) % values
    outcome, request, receipt = _complete(turn.status, frames, size), decided.request, answer.receipt
    try:
        credits = gateway.settle_whole(decided.session_id, receipt) if receipt is not None else None
        live = gateway.traffic.next_id()
        clock, received_at = decided.clock, decided.received_at
        if not unread.enter(gateway.journal, request, answer, outcome, clock, received_at, ended_at, live, credits):
            _enter(gateway, decided, answer.decision(), outcome, ended_at, live, credits)
    except Exception:
        log.exception(_NOT_ENTERED)
    wire.transport.write(data)


def _format(turn: PreparedTurn, is_stream: bool) -> bytes:
    """Return what the framing makes of the answers of a turn, as a format for the values in which they differ.

    A scenario's own headers may look like marks. They stand behind the length and before the id, so the first length
    and the last id are meant.
    """
    framing = AnswerFraming(is_head=False, keep_alive=True)
    head = framing.head(turn.status, turn.head(_ID, None if is_stream else _LENGTH), _COMMON).replace(b"%", b"%%")
    head = head.replace(_COMMON, b"%b", 1)
    if not is_stream:
        head = head.replace(_LENGTH.encode(), b"%d", 1)
    before, _, after = head.rpartition(_ID.encode())
    body = framing.body(_BODY, more=False).replace(b"%x\r\n" % len(_BODY), b"%x\r\n").replace(_BODY, b"%b")
    made = turn.formats[is_stream] = before + b"%b" + after + body  # each answer is made by it from now on
    return made


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


def _enter(
    gateway: Gateway,
    decided: Decided,
    decision: Decision,
    outcome: Outcome,
    ended_at: float,
    live: int,
    credits: Balance | None,
) -> None:
    """Enter an answer that was sent in the journal, without secrets."""
    request, clock, received_at = decided.request, decided.clock, decided.received_at
    client, path, body, kept = capture(
        request,
        decision,
        received_at=received_at,
        ended_at=ended_at,
        virtual=clock.is_virtual,
        credits=credits,
        live=live,
    )
    gateway.journal.enter(clock.at(received_at), client, request.method, path, body, decision.note, outcome, kept)
