"""The events of a recorded stream: read by the SSE rules, each with the time at which its last byte came.

Source: WHATWG HTML, "Server-sent events". Unlike `wires.sse`, which reads the mock's own frames, this reads whatever a
gateway sent: any line end, fields in any order, comments, a byte order mark. An event that never ended is left out.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate

import msgspec

from mockserver.core.conversation import Json
from mockserver.core.json_text import json_or_none
from mockserver.recording.exchange import Frame

BOM = b"\xef\xbb\xbf"
_LINE_END = re.compile(rb"\r\n|\r(?!\n)|\n")
_EVENT_END = re.compile(rb"(?:\r\n|\r(?!\n)|\n){2}")


class RecordedEvent(msgspec.Struct, frozen=True, gc=False):
    """One event: when it came, in seconds since the request was sent, its name ("" for none) and its data."""

    at: float
    name: str
    data: bytes

    @property
    def json(self) -> Json:
        """The JSON of its data, or None."""
        return json_or_none(self.data)


def events_of(frames: Sequence[Frame]) -> list[RecordedEvent]:
    """Return the events of a stream, in order."""
    return list(_events(frames))


def raw_events(frames: Sequence[Frame]) -> Iterator[Frame]:
    """Yield the bytes of each event as they came, its end included, and last what came of an event that never ended."""
    payload = b"".join([frame.payload for frame in frames])
    ends = list(accumulate([len(frame.payload) for frame in frames]))
    start = 0
    for match in _EVENT_END.finditer(payload):
        yield Frame(frames[bisect_left(ends, match.end())].at, payload[start : match.end()])
        start = match.end()
    if start < len(payload):
        yield Frame(frames[-1].at, payload[start:])


def _events(frames: Sequence[Frame]) -> Iterator[RecordedEvent]:
    payload = b"".join([frame.payload for frame in frames])
    ends = list(accumulate([len(frame.payload) for frame in frames]))
    start = len(BOM) if payload.startswith(BOM) else 0
    for match in _EVENT_END.finditer(payload, start):
        name, data = b"", list[bytes]()
        for line in _LINE_END.split(payload[start : match.start()]):
            field, _, value = line.partition(b":")
            value = value.removeprefix(b" ")
            if field == b"event":
                name = value
            elif field == b"data":
                data.append(value)
        start = match.end()
        if data:
            at = frames[bisect_left(ends, match.end())].at
            yield RecordedEvent(at, name.decode("utf-8", "replace"), b"\n".join(data))
