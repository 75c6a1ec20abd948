"""The feed: live traffic and configuration changes as server-sent events, for the page and `tail`.

Rules:

- Events are batched and sent at most ten times a second. A batch has only the latest state of each live answer, so two
  hundred streams cost as much as one and a slow reader misses nothing important.
- `ended` has the exchange's number as its id. A reader that reconnects with the last id it saw (or `?after=N`) gets
  everything that ended since; if the journal has dropped some of it, the reader first gets `forgot`.
- A reader that still falls behind gets `forgot`, which tells it to fetch again, and its backlog is dropped.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator

import orjson
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from pydantic import BaseModel

from mockserver.control import serializers
from mockserver.control.context import ControlContext
from mockserver.journal.log import Exchange
from mockserver.journal.record import Record
from mockserver.server.traffic import LiveAnswer

BATCH_INTERVAL = 0.1
"""Seconds between two batches."""
KEEPALIVE_INTERVAL = 15.0
"""Seconds of silence after which a feed sends a comment."""
MOST_BUFFERED = 5_000
"""The maximum number of events buffered for a slow reader."""


def _event(name: str, data: object, id: int | None = None) -> bytes:
    text = data.model_dump_json() if isinstance(data, BaseModel) else orjson.dumps(data).decode()
    return format_sse_event(data_str=text, event=name, id=None if id is None else str(id))


class FeedReader:
    """One reader of the feed, which watches the traffic."""

    def __init__(self, context: ControlContext) -> None:
        self._context = context
        self._buffer: list[bytes] = []
        self._progress: dict[int, LiveAnswer] = {}
        self._has_overflowed = False
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def began(self, live: LiveAnswer) -> None:
        """Report an answer that has begun."""
        self._add(_event("began", serializers.live(live, self._now(), self._context.contract)))

    def changed(self, live: LiveAnswer) -> None:
        """Note that more of an answer was sent."""
        self._progress[live.id] = live
        self._wake.set()

    def ended(self, live: LiveAnswer, exchange: Exchange) -> None:
        """Report an answer that has ended."""
        self._progress.pop(live.id, None)
        self._add(self._ended(exchange))

    def on_change(self, what: str) -> None:
        """Report a changed setting; called from the thread that watches files, too."""
        self._loop.call_soon_threadsafe(self._add, _event("steered", {"what": what}))

    def _now(self) -> float:
        return self._context.clock.now()

    def _add(self, event: bytes) -> None:
        if len(self._buffer) >= MOST_BUFFERED:
            self._buffer.clear()
            self._has_overflowed = True
        self._buffer.append(event)
        self._wake.set()

    def _ended(self, exchange: Exchange) -> bytes:
        summary = serializers.summary(Record(exchange, self._context.contract))
        data = {"id": exchange.captured.live, "exchange": summary.model_dump(mode="json")}
        return _event("ended", data, exchange.number)

    async def read(self, after: int | None) -> AsyncIterator[bytes]:
        """Yield the exchanges that ended after number `after`, then every event for as long as the client reads."""
        context = self._context
        context.traffic.watchers.append(self)
        context.config.listeners.append(self.on_change)
        context.feeds.append(self._wake.set)
        try:
            for event in self._backlog(after):
                yield event
            while not context.is_closing:
                try:
                    async with asyncio.timeout(KEEPALIVE_INTERVAL):
                        await self._wake.wait()
                except TimeoutError:
                    yield KEEPALIVE_COMMENT
                self._wake.clear()
                for event in self._batch():
                    yield event
                await asyncio.sleep(BATCH_INTERVAL)
        finally:
            context.traffic.watchers.remove(self)
            context.config.listeners.remove(self.on_change)
            context.feeds.remove(self._wake.set)

    def _backlog(self, after: int | None) -> Iterator[bytes]:
        """Return the events that the reader missed and the live answers, as of now; each is encoded when it is read."""
        context, journal = self._context, self._context.journal
        ended, live = list(journal), list(context.traffic.live.values())
        entered, forgotten = journal.entered, journal.forgotten

        def events() -> Iterator[bytes]:
            since = after
            if since is not None and since > entered:
                yield _event("forgot", {"before": 0})  # the number comes from another server
                since = 0
            if since is not None:
                if since < forgotten:
                    yield _event("forgot", {"before": forgotten + 1})
                yield from (self._ended(exchange) for exchange in ended if exchange.number > since)
            now = self._now()
            yield from (_event("began", serializers.live(answer, now, context.contract)) for answer in live)

        return events()

    def _batch(self) -> list[bytes]:
        """Return the buffered events and the progress of the live answers that have changed."""
        events, self._buffer = self._buffer, []
        if self._has_overflowed:
            self._has_overflowed = False
            events.insert(0, _event("forgot", {"before": self._context.journal.entered + 1}))
        answers, self._progress = self._progress, {}
        if answers:
            now = self._now()
            states = [
                {
                    "id": live.id,
                    "status": live.delivery.status,
                    "events": live.delivery.frames,
                    "bytes": live.delivery.bytes,
                    "held": live.delivery.gate.is_shut,
                    "seconds": max(0.0, now - live.received_at),
                }
                for live in answers.values()
            ]
            events.append(_event("progress", states))
        return events
