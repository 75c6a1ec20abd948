"""Events of a recorded stream: any line end, any cut, each with the time of its last byte."""

import pytest

from mockserver.recording.events import events_of
from mockserver.recording.exchange import Frame

STREAM = b'\xef\xbb\xbf: comment\n\nevent: a\r\ndata: {"x": 1}\r\n\r\n'
STREAM += b"data:two\rdata: lines\r\rid: 3\n\nevent: never\ndata: ends\n"
EXPECTED = [("a", b'{"x": 1}'), ("", b"two\nlines")]


@pytest.mark.parametrize("place", range(len(STREAM)))
def test_the_events_do_not_depend_on_where_a_stream_is_cut(place: int) -> None:
    events = events_of([Frame(1.0, STREAM[:place]), Frame(2.0, STREAM[place:])])
    assert [(event.name, event.data) for event in events] == EXPECTED


def test_an_event_comes_when_its_last_byte_comes() -> None:
    events = events_of([Frame(1.0, b"data: 1\n\ndata: 2"), Frame(2.0, b"\n"), Frame(3.0, b"\ndata: 3\n\n")])
    assert [(event.at, event.json) for event in events] == [(1.0, 1), (3.0, 2), (3.0, 3)]


def test_no_frames_have_no_events() -> None:
    assert events_of([]) == []
