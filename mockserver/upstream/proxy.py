"""The chaos proxy: a real gateway's answers, with faults over them by chance.

Chaos is the engine's own: the same profiles, draws and notes. An error of a rule is answered without asking the
upstream, as a gateway fails before it calls its model. The faults of a rule are laid over the upstream's answer as it
arrives (`faults.arriving`); an answer on which no rule fired passes event by event as it comes.

The player plays every answer, so each is in the journal and on the page, can be held back there, and is judged. What
the journal keeps of one has a bound.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import cast

import msgspec

from mockserver.core.actions import Action, Close, Data, Head
from mockserver.engine.decision import Decision
from mockserver.faults.arriving import FaultedAnswer
from mockserver.journal.log import Outcome
from mockserver.recording.exchange import RecordedExchange
from mockserver.recording.splitter import EventSplitter
from mockserver.server.asgi_outlet import ConnectionBroken, perform
from mockserver.server.asgi_types import Message, Receive, Scope, Send
from mockserver.server.traffic import LiveAnswer
from mockserver.upstream import CODE
from mockserver.upstream.address import UpstreamAddress
from mockserver.upstream.asking import Patient
from mockserver.upstream.live_play import ActionQueue, LivePlayback, timer_of
from mockserver.upstream.passthrough import PassThrough
from mockserver.upstream.spy import ENDS
from mockserver.wires import wire_of_path

MOST_KEPT = 1024 * 1024
"""Bytes of one answer that the journal gets."""

OWN = frozenset({"chaos", "unknown_chaos", "store_unavailable", "mock_error"})
"""Codes of answers that the mock gives itself, without asking the upstream."""


class ChaosProxy:
    """Answers from an upstream, with the faults that chaos has chosen."""

    def __init__(self, upstream: UpstreamAddress) -> None:
        self._passthrough = PassThrough(upstream, lambda exchange, skipped: None, largest=0)

    def takes(self, live: LiveAnswer) -> bool:
        """Return whether the upstream answers a request: always, unless chaos has refused it."""
        return live.decision.note.code not in OWN

    async def answer(self, live: LiveAnswer, scope: Scope, receive: Receive, send: Send) -> tuple[LiveAnswer, Outcome]:
        """Pass a request to the upstream and play its answer. Return it as it should be in the journal."""
        passage = _Passage(live)
        carrying = asyncio.ensure_future(passage.carry(self._passthrough, scope))
        playback = LivePlayback(passage.queue, timer_of(live), live.delivery, has_socket=live.connection is not None)
        try:
            outcome = await perform(playback, send, receive, live.connection)
        finally:
            carrying.cancel()
            await asyncio.wait({carrying})
        if not carrying.cancelled():
            carrying.result()
        return passage.entered(), outcome

    async def aclose(self) -> None:
        """Close the connections to the upstream."""
        await self._passthrough.aclose()


class _Passage:
    """One answer of the upstream on its way to the player."""

    def __init__(self, live: LiveAnswer) -> None:
        self._live = live
        self._faulted = FaultedAnswer(live.decision.laid) if live.decision.laid else None
        self._splitter: EventSplitter | None = None
        self._kept: list[Action] = []
        self._left = MOST_KEPT
        self.queue = ActionQueue()

    async def carry(self, passthrough: PassThrough, scope: Scope) -> None:
        """Ask the upstream and queue its answer, the end included."""
        try:
            await self._carry(passthrough, scope)
        except Exception:
            await self._put((Close(),))  # the player waits for an end
            raise

    async def _carry(self, passthrough: PassThrough, scope: Scope) -> None:
        request, reports = self._live.request, list[RecordedExchange]()
        alone = {name: value for name, value in scope.items() if name != "extensions"}
        with suppress(ConnectionBroken):  # the exchange says how the answer ended
            await passthrough.carry(
                alone,
                request.body,
                request.too_large,
                Patient().receive,
                self._take,
                lambda exchange, skipped: reports.append(exchange),
            )
        if self._splitter is not None:
            await self._add(self._splitter.finish())
        end = ENDS[reports[0].ended][0]
        await self._put(self._faulted.finish(end) if self._faulted is not None else (end,))
        if self._faulted is not None and not self._faulted.is_over:
            await self._put((Close(),))  # a fault has taken the end away

    async def _take(self, message: Message) -> None:
        """Take a part of the upstream's answer."""
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif message.get("body"):
            piece = cast(bytes, message["body"])
            await self._add((Data(piece),) if self._splitter is None else self._splitter.add(piece))

    async def _begin(self, message: Message) -> None:
        raw = cast(list[tuple[bytes, bytes]], message["headers"])
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in raw]
        if dict(headers).get("content-type", "").startswith("text/event-stream"):
            wire = wire_of_path(self._live.request.path)
            self._splitter = EventSplitter(wire, canonical=self._faulted is not None)
            headers = [(name, value) for name, value in headers if name != "content-length"]
        await self._add((Head(cast(int, message["status"]), tuple(headers)),))

    async def _add(self, arrived: Iterable[Head | Data]) -> None:
        for action in arrived:
            await self._put((action,) if self._faulted is None else self._faulted.add(action))

    async def _put(self, actions: Iterable[Action]) -> None:
        """Queue actions, and keep them for the journal as long as there is room."""
        queued = tuple(actions)
        for action in queued:
            self._left -= len(action.payload) if isinstance(action, Data) else 0
            self._kept.append(action)
        if self._left < 0:
            self._kept.clear()
        await self.queue.put(queued)

    def entered(self) -> LiveAnswer:
        """Return the answer as the journal should have it."""
        idle = self._faulted.idle if self._faulted is not None else ()
        note = msgspec.structs.replace(self._live.decision.note, code=CODE, turn=0, idle_faults=idle)
        kept = () if self._left < 0 else tuple(self._kept)
        return msgspec.structs.replace(self._live, decision=Decision(kept, note))
