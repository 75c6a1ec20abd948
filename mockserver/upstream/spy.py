"""The spy: what the scenario does not answer, an upstream does, and the journal has both.

A request goes to the upstream if no turn of its scenario matches it, or if the contract does not know its route. The
page and the verdict see such an exchange as any other; its note has the code `upstream`. An answer that the upstream
gave to the same request before can be given again, at the same times, without asking.
"""

from collections.abc import Callable
from itertools import accumulate
from typing import TypeAlias

import msgspec

from mockserver.core.actions import Action, Actions, Close, Data, End, Head, Reset, Wait
from mockserver.engine.decision import Decision
from mockserver.journal.log import Ended, Outcome
from mockserver.journal.verify import UNMATCHED
from mockserver.recording.events import RecordedEvent, events_of
from mockserver.recording.exchange import Ended as UpstreamEnded
from mockserver.recording.exchange import RecordedExchange
from mockserver.server.asgi_outlet import ConnectionBroken, play
from mockserver.server.asgi_types import Receive, Scope, Send
from mockserver.server.traffic import LiveAnswer
from mockserver.upstream import CODE
from mockserver.upstream.address import UpstreamAddress
from mockserver.upstream.live_play import timer_of
from mockserver.upstream.passthrough import CLIENT_LEFT, PassThrough
from mockserver.wires.sse import DONE, frame

ENDS: dict[UpstreamEnded, tuple[Action, Ended]] = {
    "complete": (End(), "complete"),
    "closed": (Close(), "closed"),
    "reset": (Reset(), "reset"),
    "no_answer": (Close(), "closed"),
}
"""How an answer ended -> its last action, and what the journal says."""


Seen: TypeAlias = Callable[[LiveAnswer, RecordedExchange, str], tuple[str, ...]]
"""Called with what the scenario would have answered, what the upstream did, and why that cannot be recorded (an empty
string: it can). Returns what the journal should say of it."""


Known: TypeAlias = Callable[[LiveAnswer], RecordedExchange | None]
"""Returns an earlier answer that a request gets again, or None."""


def unknown(live: LiveAnswer) -> RecordedExchange | None:
    """Return no earlier answer."""
    return None


def unseen(live: LiveAnswer, exchange: RecordedExchange, skipped: str) -> tuple[str, ...]:
    """Do nothing with an answer."""
    return ()


class Spy:
    """Answers from an upstream what the scenario does not answer, or everything if it `asks_always`."""

    def __init__(
        self, upstream: UpstreamAddress, seen: Seen = unseen, known: Known = unknown, *, asks_always: bool = False
    ) -> None:
        self._passthrough = PassThrough(upstream, lambda exchange, skipped: None)
        self._seen = seen
        self._known = known
        self._asks_always = asks_always

    def takes(self, live: LiveAnswer) -> bool:
        """Return whether the upstream answers a request."""
        return self._asks_always or live.decision.note.code in UNMATCHED

    async def answer(self, live: LiveAnswer, scope: Scope, receive: Receive, send: Send) -> tuple[LiveAnswer, Outcome]:
        """Pass a request to the upstream. Return its answer as it should be in the journal, and its outcome."""
        known = self._known(live)
        if known is not None:
            again = entered(live, known, End())
            return again, await play(timed(known), send, receive, timer_of(live), live.connection, live.delivery)
        passed: list[tuple[RecordedExchange, str]] = []
        broken = False
        try:
            await self._passthrough.carry(
                scope, live.request.body, live.request.too_large, receive, send, lambda *report: passed.append(report)
            )
        except ConnectionBroken:
            broken = True  # the gateway raises it again when the exchange is in the journal
        [(exchange, skipped)] = passed
        end, ended = (Close(), "client_left") if skipped == CLIENT_LEFT else ENDS[exchange.ended]
        remarks = self._seen(live, exchange, skipped)
        return entered(live, exchange, end, remarks), outcome_of(exchange, ended, nearest=(ended,) if broken else ())

    async def aclose(self) -> None:
        """Close the connections to the upstream."""
        await self._passthrough.aclose()


def entered(live: LiveAnswer, exchange: RecordedExchange, end: Action, remarks: tuple[str, ...] = ()) -> LiveAnswer:
    """Return the answer as the upstream gave it, with remarks for the journal."""
    actions = (Head(exchange.status, tuple(exchange.response_headers.items())), *frames_of(exchange), end)
    note = live.decision.note
    note = msgspec.structs.replace(note, code=CODE, warnings=(*note.warnings, *remarks))
    return msgspec.structs.replace(live, decision=Decision(actions, note))


def frames_of(exchange: RecordedExchange) -> tuple[Data, ...]:
    """Return the events of a stream, or the body."""
    if not is_stream(exchange):
        return (Data(exchange.payload),)
    return tuple([framed(event) for event in events_of(exchange.frames)])


def timed(exchange: RecordedExchange) -> Actions:
    """Return the actions that give a whole answer again, at the same times."""
    dropped = {"content-length"} if is_stream(exchange) else set[str]()
    headers = [(name, value) for name, value in exchange.response_headers.items() if name not in dropped]
    now, actions = exchange.first, list[Action]((Wait(exchange.first), Head(exchange.status, tuple(headers))))
    for at, data in zip(moments_of(exchange), frames_of(exchange), strict=True):
        actions += [Wait(max(at - now, 0.0)), data]
        now = max(at, now)
    return (*actions, End())


def framed(event: RecordedEvent) -> Data:
    """Return an event in the form that the journal reads."""
    kind = event.name or (DONE.event if event.data == b"[DONE]" else "data")
    return Data(frame(event.data.replace(b"\n", b"\ndata: "), event.name), kind)


def outcome_of(exchange: RecordedExchange, ended: Ended, nearest: tuple[str, ...]) -> Outcome:
    """Return what was delivered, and when."""
    payloads = [len(data.payload) for data in frames_of(exchange)]
    writes = tuple(zip(range(1, len(payloads) + 1), accumulate(payloads), moments_of(exchange), strict=True))
    return Outcome(
        status=exchange.status,
        frames=len(payloads),
        bytes=sum(payloads),
        seconds=_last(exchange),
        ended=ended,
        of=len(payloads),
        writes=writes,
        nearest=nearest,
    )


def moments_of(exchange: RecordedExchange) -> list[float]:
    """Return when each event of a stream came, or the whole body."""
    return [event.at for event in events_of(exchange.frames)] if is_stream(exchange) else [_last(exchange)]


def _last(exchange: RecordedExchange) -> float:
    return exchange.frames[-1].at if exchange.frames else exchange.first


def is_stream(exchange: RecordedExchange) -> bool:
    """Return whether an answer is a stream of events."""
    return exchange.response_headers.get("content-type", "").startswith("text/event-stream")
