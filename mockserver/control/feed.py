"""The feed: what a page or `tail` is told while it happens, as server-sent events.

Rules:

- What happens is gathered and sent at most ten times a second. Of an answer on its way only the latest state counts, so
  two hundred streams cost as much as one, and a slow reader loses nothing that it needs.
- `ended` has the exchange's number as its id. Whoever reconnects with the last id that was seen (or `?after=N`) gets
  everything from the journal that ended since; what has been forgotten meanwhile is told as `forgot`.
- A reader that is too slow even so is told to fetch again (`forgot`) instead of being given what would never end.
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

BEAT = 0.1
"""Seconds between two batches."""
PULSE = 15.0
"""Seconds after which a feed says that it is still there."""
MOST_GATHERED = 5_000
"""How many events may wait for a slow reader."""


def _event(name: str, data: object, id: int | None = None) -> bytes:
    text = data.model_dump_json() if isinstance(data, BaseModel) else orjson.dumps(data).decode()
    return format_sse_event(data_str=text, event=name, id=None if id is None else str(id))


class FeedReader:
    """One reader of the feed: a watcher of the traffic."""

    def __init__(self, hub: ControlContext) -> None:
        self._hub = hub
        self._gathered: list[bytes] = []
        self._moving: dict[int, LiveAnswer] = {}
        self._lost = False
        self._news = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def began(self, live: LiveAnswer) -> None:
        """An answer is on its way."""
        self._gather(_event("began", serializers.live(live, self._now(), self._hub.contract)))

    def changed(self, live: LiveAnswer) -> None:
        """More of it was handed over."""
        self._moving[live.id] = live
        self._news.set()

    def ended(self, live: LiveAnswer, exchange: Exchange) -> None:
        """It is over."""
        self._moving.pop(live.id, None)
        self._gather(self._ended(exchange))

    def steered(self, what: str) -> None:
        """Something else has changed; maybe on another thread, where a saved file was read."""
        self._loop.call_soon_threadsafe(self._gather, _event("steered", {"what": what}))

    def _now(self) -> float:
        return self._hub.clock.now()

    def _gather(self, event: bytes) -> None:
        if len(self._gathered) >= MOST_GATHERED:
            self._gathered.clear()
            self._lost = True
        self._gathered.append(event)
        self._news.set()

    def _ended(self, exchange: Exchange) -> bytes:
        summary = serializers.summary(Record(exchange, self._hub.contract))
        told = {"id": exchange.captured.live, "exchange": summary.model_dump(mode="json")}
        return _event("ended", told, exchange.number)

    async def read(self, after: int | None) -> AsyncIterator[bytes]:
        """Everything from now on, for as long as somebody reads; before it, what ended after number `after`."""
        hub = self._hub
        hub.traffic.watchers.append(self)
        hub.desk.listeners.append(self.steered)
        hub.feeds.append(self._news.set)
        try:
            for event in self._begin(after):
                yield event
            while not hub.is_closing:
                try:
                    async with asyncio.timeout(PULSE):
                        await self._news.wait()
                except TimeoutError:
                    yield KEEPALIVE_COMMENT
                self._news.clear()
                for event in self._batch():
                    yield event
                await asyncio.sleep(BEAT)
        finally:
            hub.traffic.watchers.remove(self)
            hub.desk.listeners.remove(self.steered)
            hub.feeds.remove(self._news.set)

    def _begin(self, after: int | None) -> Iterator[bytes]:
        """What the reader missed, and what is on its way: as it is now, made ready one by one as it is read."""
        hub, journal = self._hub, self._hub.journal
        ended, live = list(journal), list(hub.traffic.live.values())
        entered, forgotten = journal.entered, journal.forgotten

        def events() -> Iterator[bytes]:
            since = after
            if since is not None and since > entered:
                yield _event("forgot", {"before": 0})  # another server's numbers
                since = 0
            if since is not None:
                if since < forgotten:
                    yield _event("forgot", {"before": forgotten + 1})
                yield from (self._ended(exchange) for exchange in ended if exchange.number > since)
            now = self._now()
            yield from (_event("began", serializers.live(one, now, hub.contract)) for one in live)

        return events()

    def _batch(self) -> list[bytes]:
        """What has been gathered, and how far everything is that has moved."""
        gathered, self._gathered = self._gathered, []
        if self._lost:
            self._lost = False
            gathered.insert(0, _event("forgot", {"before": self._hub.journal.entered + 1}))
        moving, self._moving = self._moving, {}
        if moving:
            now = self._now()
            states = [
                {
                    "id": live.id,
                    "status": live.delivery.status,
                    "events": live.delivery.frames,
                    "bytes": live.delivery.bytes,
                    "held": live.delivery.valve.is_shut,
                    "seconds": max(0.0, now - live.received_at),
                }
                for live in moving.values()
            ]
            gathered.append(_event("progress", states))
        return gathered
