"""The splitter: however a stream is cut into pieces, its events come out whole, in the same bytes."""

import pytest
from pydantic import JsonValue

from mockserver.core.actions import Data
from mockserver.recording.splitter import LONGEST, EventSplitter
from mockserver.wires import WIRES
from tests.support.engine import CHAT, MESSAGES, Talk, turns

STREAM = b"event: ping\r\ndata: {}\r\n\r\n: hello\n\nevent: ping\rdata: {}\r\rdata: {\ndata: }\n\nevent: late"


def cut(stream: bytes, size: int, *, wire: str = "anthropic", canonical: bool = False) -> list[Data]:
    splitter = EventSplitter(WIRES[wire], canonical=canonical)
    pieces = [stream[start : start + size] for start in range(0, len(stream), size)]
    return [*[event for piece in pieces for event in splitter.add(piece)], *splitter.finish()]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1_000])
def test_the_bytes_stay_and_the_events_are_whole(size: int) -> None:
    events = cut(STREAM, size)
    assert b"".join([event.payload for event in events]) == STREAM
    assert [event.event for event in events] == ["ping", "comment", "ping", "data", "comment"]


def test_a_canonical_event_is_written_as_the_mock_writes_its_own() -> None:
    events = cut(STREAM, 5, canonical=True)
    assert events[2] == Data(b"event: ping\ndata: {}\n\n", "ping")
    assert events[3].payload == b"data: {\ndata: }\n\n"


@pytest.mark.parametrize(("wire", "path"), [("anthropic", MESSAGES), ("openai", CHAT)])
@pytest.mark.parametrize("reply", ["[{thinking: Hm.}, Hello there.]", "[{tool_use: {name: look, input: {a: 1}}}]"])
def test_the_kinds_of_events_are_those_of_the_mocks_own_stream(wire: str, path: str, reply: str) -> None:
    options: dict[str, JsonValue] = {"stream_options": {"include_usage": True}} if wire == "openai" else {}
    answer = Talk(turns(f"  - {{reply: {reply}}}\n")).say(path, stream=True, **options)
    assert [event.event for event in cut(answer.payload, 11, wire=wire)] == [frame.event for frame in answer.frames]


def test_an_error_in_a_stream_without_event_lines_is_told() -> None:
    [event] = cut(b'data: {"error": {"message": "no"}}\n\n', 9, wire="openai")
    assert event.event == "error"


def test_what_never_ends_passes_as_it_is() -> None:
    splitter = EventSplitter(WIRES["anthropic"])
    assert [event.event for event in splitter.add(b"x" * (LONGEST + 1))] == ["comment"]
