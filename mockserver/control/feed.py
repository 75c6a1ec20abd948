"""The feed: live traffic and configuration changes as server-sent events, for the page and `tail`.

Rules:

- Each event is encoded once, whatever the number of readers, and all of them share its bytes.
- Events are batched and sent at most ten times a second, less often to many readers. A batch has only the latest state
  of each live answer, so two hundred streams cost as much as one, and an answer that ends before the batch is sent is
  only `ended`.
- `ended` has the exchange's number as its id. A reader that reconnects with the last id it saw (or `?after=N`) gets
  everything that ended since; if the journal has dropped some of it, the reader first gets `forgot`.
- A reader that falls behind by more than `MOST_BEHIND` bytes is dropped: its last event is `dropped`, then the feed
  ends. It can come back with the last id that it saw.
- A feed that nobody reads costs next to nothing: its connection holds `MOST_UNREAD` bytes, so it soon falls behind, and
  no event is encoded when no reader is left.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from math import inf

import orjson
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event

from mockserver.control import serializers
from mockserver.control.context import ControlContext
from mockserver.journal.log import Exchange
from mockserver.server.traffic import LiveAnswer

BATCH_INTERVAL = 0.1
"""Seconds between two batches."""
MOST_SENDS = 250
"""Batches that are sent in a second to all readers together: many readers get theirs less often."""
LARGEST_BATCH = 64 * 1024
"""Bytes after which a batch is sent without waiting for the interval."""
KEEPALIVE_INTERVAL = 15.0
"""Seconds of silence after which a feed sends a comment."""
MOST_BEHIND = 1024 * 1024
"""Bytes that may wait for a reader; one that falls further behind is dropped."""
MOST_UNREAD = 64 * 1024
"""Bytes that the connection of a feed holds for a reader; the kernel would hold megabytes, and each must be written."""
AT_ONCE = 20
"""Exchanges of the past that are encoded before other clients of the server get their turn."""


def _event(name: str, data: object) -> bytes:
    return format_sse_event(data_str=orjson.dumps(data).decode(), event=name)


class FeedReader:
    """One reader of the feed, with the batches that wait for it."""

    def __init__(self) -> None:
        self.is_dropped = False
        self.wake = asyncio.Event()
        self._batches: deque[bytes] = deque()
        self._bytes = 0

    def push(self, batch: bytes) -> None:
        """Add a batch; drop the reader if too much waits for it already."""
        if self._batches and self._bytes + len(batch) > MOST_BEHIND:
            self.is_dropped = True
            self._batches.clear()
        else:
            self._batches.append(batch)
            self._bytes += len(batch)
        self.wake.set()

    def take(self) -> Iterator[bytes]:
        """Yield the waiting batches; each counts as waiting until the next is taken."""
        while self._batches:
            batch = self._batches[0]
            yield batch
            if self._batches:  # nothing is left if the reader was dropped while the batch was sent
                self._batches.popleft()
                self._bytes -= len(batch)


class TrafficFeed:
    """The feed of one server. It watches the traffic for as long as it has readers."""

    def __init__(self, context: ControlContext) -> None:
        self._context = context
        self._readers: list[FeedReader] = []
        self._pending: list[bytes] = []
        self._pending_bytes = 0
        self._begun: dict[int, LiveAnswer] = {}
        self._progress: dict[int, LiveAnswer] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._last_batch = -inf

    # --- what happens -------------------------------------------------------------------------------------------------

    def began(self, live: LiveAnswer) -> None:
        """Note that an answer has begun."""
        self._begun[live.id] = live
        self._schedule()

    def changed(self, live: LiveAnswer) -> None:
        """Note that more of an answer was sent."""
        self._progress[live.id] = live
        self._schedule()

    def ended(self, live: LiveAnswer, exchange: Exchange) -> None:
        """Report an answer that has ended."""
        self._begun.pop(live.id, None)
        self._progress.pop(live.id, None)
        self._add(self._ended(exchange))

    def on_change(self, what: str) -> None:
        """Report a changed setting; called from the thread that watches files, too."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._add, _event("steered", {"what": what}))

    def _add(self, event: bytes) -> None:
        self._pending.append(event)
        self._pending_bytes += len(event)
        if self._pending_bytes >= LARGEST_BATCH:
            self._flush()
        else:
            self._schedule()

    def _began(self, live: LiveAnswer, now: float) -> bytes:
        shape = serializers.live(live, now, self._context.contract)
        return format_sse_event(data_str=shape.model_dump_json(), event="began")

    def _ended(self, exchange: Exchange) -> bytes:
        """Return the event of an exchange, whose row is encoded once for all readers, also for those that come back."""
        row = serializers.summary_json(self._context.record_of(exchange)).decode()
        data = f'{{"id":{exchange.captured.live},"exchange":{row}}}'
        return format_sse_event(data_str=data, event="ended", id=str(exchange.number))

    # --- batches ------------------------------------------------------------------------------------------------------

    def _schedule(self) -> None:
        if self._timer is None and self._loop is not None:
            interval = max(BATCH_INTERVAL, len(self._readers) / MOST_SENDS)
            at = max(self._loop.time(), self._last_batch + interval)
            self._timer = self._loop.call_at(at, self._flush)

    def _flush(self) -> None:
        """Push what has happened to every reader as one batch."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        events, self._pending, self._pending_bytes = self._pending, [], 0
        begun, self._begun = self._begun, {}
        answers, self._progress = self._progress, {}
        now = self._context.clock.now()
        events += [self._began(live, now) for live in begun.values()]
        if answers:
            events.append(_event("progress", [_progress_of(live, now) for live in answers.values()]))
        if events:
            assert self._loop is not None, "the loop is known since the first reader came"
            self._last_batch = self._loop.time()
            batch = b"".join(events)
            for reader in list(self._readers):
                reader.push(batch)
                if reader.is_dropped:
                    self._leave(reader)

    # --- readers ------------------------------------------------------------------------------------------------------

    async def read(self, after: int | None) -> AsyncIterator[bytes]:
        """Yield the exchanges that ended after number `after`, then every event for as long as the client reads."""
        context, reader = self._context, FeedReader()
        backlog = self._join(reader, after)
        context.feeds.append(reader.wake.set)
        try:
            for events in backlog:
                yield events
                await asyncio.sleep(0)  # sending does not wait while the socket takes everything
            while not context.is_closing and not reader.is_dropped:
                try:
                    async with asyncio.timeout(KEEPALIVE_INTERVAL):
                        await reader.wake.wait()
                except TimeoutError:
                    yield KEEPALIVE_COMMENT
                reader.wake.clear()
                for batch in reader.take():
                    yield batch
            self._flush()  # the last events before the server stops
            for batch in reader.take():
                yield batch
            if reader.is_dropped:
                yield _event("dropped", {"reason": f"more than {MOST_BEHIND} bytes waited to be read; come back"})
        finally:
            context.feeds.remove(reader.wake.set)
            self._leave(reader)

    def _join(self, reader: FeedReader, after: int | None) -> Iterator[bytes]:
        """Add a reader, and return the past that it missed. What is pending belongs to the past."""
        self._loop = asyncio.get_running_loop()
        self._flush()
        if not self._readers:
            self._context.traffic.watchers.append(self)
            self._context.config.listeners.append(self.on_change)
        self._readers.append(reader)
        return self._backlog(after)

    def _leave(self, reader: FeedReader) -> None:
        if reader not in self._readers:
            return
        self._readers.remove(reader)
        if not self._readers:
            self._context.traffic.watchers.remove(self)
            self._context.config.listeners.remove(self.on_change)
            self._pending, self._pending_bytes, self._begun, self._progress = [], 0, {}, {}

    def _backlog(self, after: int | None) -> Iterator[bytes]:
        """Return the events that the reader missed and the live answers, as of now; each is encoded when it is read."""
        context, journal = self._context, self._context.journal
        live = list(context.traffic.live.values())
        entered, forgotten = journal.entered, journal.forgotten
        since = after if after is None or after <= entered else 0
        missed = [] if since is None else [entry for entry in journal.entries() if entry.number > since]

        def events() -> Iterator[bytes]:
            if after is not None and after > entered:
                yield _event("forgot", {"before": 0})  # the number comes from another server
            if since is not None and since < forgotten:
                yield _event("forgot", {"before": forgotten + 1})
            for place in range(0, len(missed), AT_ONCE):
                yield b"".join([self._ended(entry.read()) for entry in missed[place : place + AT_ONCE]])
            now = context.clock.now()
            for place in range(0, len(live), AT_ONCE):
                yield b"".join([self._began(answer, now) for answer in live[place : place + AT_ONCE]])

        return events()


def _progress_of(live: LiveAnswer, now: float) -> dict[str, object]:
    """Return how far a live answer is."""
    return {
        "id": live.id,
        "status": live.delivery.status,
        "events": live.delivery.frames,
        "bytes": live.delivery.bytes,
        "held": live.delivery.gate.is_shut,
        "seconds": max(0.0, now - live.received_at),
    }
