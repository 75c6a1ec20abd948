"""Server-sent events as bytes: one canonical form that can be taken apart again."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.wires.sse import DONE, frame, split

JSON = st.recursive(
    st.none() | st.booleans() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)
EVENTS = st.from_regex(r"[a-z_]{0,20}", fullmatch=True)


@pytest.mark.parametrize(
    ("data", "event", "payload"),
    [
        (b"{}", "", b"data: {}\n\n"),
        (b"{}", "ping", b"event: ping\ndata: {}\n\n"),
        (b"", "", b"data: \n\n"),
        (b'{"t":"event: x"}', "", b'data: {"t":"event: x"}\n\n'),
    ],
)
def test_a_frame_is_an_event_line_if_named_a_data_line_and_a_blank_line(
    data: bytes, event: str, payload: bytes
) -> None:
    assert frame(data, event) == payload


@given(JSON, EVENTS)
def test_a_frame_comes_apart_into_what_it_was_made_of(value: object, event: str) -> None:
    assert split(frame(orjson.dumps(value), event)) == (event, orjson.dumps(value))


@given(JSON, EVENTS)
def test_only_the_end_of_a_frame_has_a_blank_line(value: object, event: str) -> None:
    assert frame(orjson.dumps(value), event).index(b"\n\n") == len(frame(orjson.dumps(value), event)) - 2


def test_data_on_several_lines_is_one_data() -> None:
    assert split(b"event: x\ndata: a\ndata: b\n\n") == ("x", b"a\nb")


def test_a_comment_is_no_data() -> None:
    assert split(b": keep-alive\n\n") == ("", b"")


def test_the_stream_of_the_openai_wire_ends_with_done() -> None:
    assert (DONE.payload, DONE.event) == (b"data: [DONE]\n\n", "done")
