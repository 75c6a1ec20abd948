"""A stream that arrives in pieces of any size, cut into its events, without a change to its bytes."""

import re
from collections.abc import Iterator

from mockserver.core.actions import Data
from mockserver.recording.events import events_of
from mockserver.recording.exchange import Frame
from mockserver.wires.sse import DONE, frame
from mockserver.wires.wire import Wire

LONGEST = 1024 * 1024
"""Bytes without the end of an event that are kept: what is longer is no event, and passes as it is."""

_END = re.compile(rb"(?:\r\n|\r(?!\n)|\n){2}")


class EventSplitter:
    """Cuts pieces into events. `canonical` writes each as the mock writes its own, as faults need it."""

    def __init__(self, wire: Wire, *, canonical: bool = False) -> None:
        self._wire = wire
        self._canonical = canonical
        self._rest = b""

    def add(self, piece: bytes) -> Iterator[Data]:
        """Yield the events that this piece completes."""
        self._rest += piece
        start = 0
        for match in _END.finditer(self._rest):
            if match.end() == len(self._rest) and self._rest.endswith(b"\r"):
                break  # a line feed may follow
            yield self._event(self._rest[start : match.end()])
            start = match.end()
        self._rest = self._rest[start:]
        if len(self._rest) > LONGEST:
            yield from self.finish()

    def finish(self) -> Iterator[Data]:
        """Yield what is left at the end: an event that was never completed."""
        if self._rest:
            yield Data(self._rest, "comment")
        self._rest = b""

    def _event(self, payload: bytes) -> Data:
        event = next(iter(events_of([Frame(0.0, payload)])), None)
        if event is None:
            return Data(payload, "comment")
        kind = event.name or (DONE.event if event.data == b"[DONE]" else self._kind(event.json))
        written = frame(event.data.replace(b"\n", b"\ndata: "), event.name) if self._canonical else payload
        return Data(written, kind)

    def _kind(self, data: object) -> str:
        kind_of = self._wire.reader.kind_of
        return kind_of(data) if kind_of is not None and isinstance(data, dict) else "data"
