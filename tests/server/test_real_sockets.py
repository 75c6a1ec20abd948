"""What a fault does on the wire, seen from the client's end of a real socket: bytes, FIN, RST."""

import socket
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from mockserver.faults import FAULTS
from mockserver.server.h11_parser import H11Parser
from tests.support.sockets import Seen, exchange, serving

REPLY = "reply: one two three four five\n    times: always\n    faults: "
TERMINATOR = b"0\r\n\r\n"

ENDS = [
    # fault, how it ends, events seen (None: nothing at all came), complete
    ("{close: 5}", "fin", 4),
    ("{reset: 5}", "rst", 4),
    ("{close: message_stop}", "fin", 10),
    ("{reset: end}", "rst", 11),
    ("{close: end}", "fin", 11),
    ("{close: headers}", "fin", None),
    ("{reset: headers}", "rst", None),
    ("{malformed_chunk: 5}", "fin", 4),
    ("{error_event: {at: 5, then: close}}", "fin", 5),
]


@pytest.fixture(params=["uvloop", "asyncio", "h11", "asgi"])
def loop(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Use both event loops, whose transports buffer differently, the parser without httptools, and plain ASGI."""
    if request.param == "asgi":
        monkeypatch.setattr("mockserver.server.asgi.Gateway.direct", lambda *_: None)
    if request.param == "h11":
        monkeypatch.setattr("mockserver.server.protocol.parser_class", lambda: H11Parser)
    if request.param == "asyncio":
        monkeypatch.setattr("mockserver.server.uvicorn.LOOP", "asyncio")
    return str(request.param)


@pytest.mark.parametrize(("fault", "end", "events"), ENDS, ids=[row[0] for row in ENDS])
def test_a_break_is_seen_as_it_is_meant(loop: str, fault: str, end: str, events: int | None) -> None:
    with serving(f"  - {REPLY}[{fault}]\n") as served:
        seen = exchange(served.url, stream=True)
    assert seen.end == end
    assert not seen.raw.endswith(TERMINATOR)
    if events is None:
        assert seen.raw == b""
    else:
        assert seen.text.count(b"event: ") == events
        assert seen.text.endswith(b"\n\n")


def test_a_healthy_stream_ends_with_its_terminator_and_fin(loop: str) -> None:
    with serving(f"  - {REPLY}[comments]\n") as served:
        seen = exchange(served.url, stream=True)
    assert (seen.end, seen.raw[-5:]) == ("fin", TERMINATOR)


def test_what_came_before_a_reset_is_delivered_however_much_it_is(loop: str) -> None:
    """Check that the mock drains before a reset, which discards what is buffered: a megabyte arrives whole."""
    with serving(f"  - {REPLY}[{{large_event: {{at: 4, bytes: 1000000}}}}, {{reset: 5}}]\n") as served:
        seen = exchange(served.url, stream=True)
    assert (seen.end, seen.text.count(b"event: ")) == ("rst", 4)
    assert len(seen.text) > 1_000_000


@pytest.mark.parametrize("kind", ["close", "reset"])
def test_a_whole_answer_breaks_after_so_many_bytes(kind: str) -> None:
    with serving(f"  - {REPLY}[{{{kind}: {{after: 20}}}}]\n") as served:
        seen = exchange(served.url)
    assert (seen.end, len(seen.body)) == ({"close": "fin", "reset": "rst"}[kind], 20)
    assert b"content-length: 20\r\n" not in seen.head


def test_a_malformed_chunk_is_no_chunk() -> None:
    with serving(f"  - {REPLY}[{{malformed_chunk: {{at: 3, text: 'XYZ'}}}}]\n") as served:
        seen = exchange(served.url, stream=True)
    assert seen.body.endswith(b"\r\nXYZ")


DELIMITED = [
    ("close", b"HTTP/1.1 200 OK", b""),
    ("http10", b"HTTP/1.0 200 OK", b""),
    ("length", b"HTTP/1.1 200 OK", b"content-length: "),
]


@pytest.mark.parametrize(("by", "start", "framing"), DELIMITED, ids=[row[0] for row in DELIMITED])
def test_the_body_can_be_delimited_in_other_ways(by: str, start: bytes, framing: bytes) -> None:
    with serving(f"  - {REPLY}[{{framing: {by}}}]\n") as served:
        seen = exchange(served.url, stream=True)
    assert seen.raw.startswith(start)
    assert b"chunked" not in seen.head
    assert framing in seen.head
    assert seen.body.startswith(b"event: message_start\ndata: ")
    assert seen.body.endswith(b'data: {"type":"message_stop"}\n\n')
    assert seen.end == "fin"


@pytest.mark.parametrize("by", [10, -10])
def test_a_content_length_can_be_wrong(by: int) -> None:
    with serving(f"  - {REPLY}[{{content_length: {by}}}]\n") as served:
        seen = exchange(served.url)
    declared = int(seen.head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    assert (declared - len(seen.body), seen.end) == (by, "fin")


@pytest.mark.parametrize("place", ["headers", "5", "end"])
def test_a_hanging_connection_stays_open_until_the_client_leaves(place: str) -> None:
    with serving(f"  - {REPLY}[{{comments: 1}}, {{hang: {place}}}]\n") as served:
        if place == "headers":
            _knock(served.url)
        else:
            seen = exchange(served.url, stream=True, until=b"ping" if place == "5" else b"message_stop")
            assert seen.end == "open"
        outcome = served.entry().outcome
    assert outcome.ended == "client_left"
    assert outcome.frames <= outcome.of


def _request() -> bytes:
    body = b'{"model":"m","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"Hi"}]}'
    head = b"POST /v1/messages HTTP/1.1\r\nhost: t\r\nx-api-key: sk_t\r\ncontent-type: application/json\r\n"
    return head + b"content-length: %d\r\n\r\n" % len(body) + body


def _knock(url: str) -> None:
    """Send a request, and leave without reading."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname or "", address.port or 0)) as sock:
        sock.sendall(_request())
        sock.shutdown(socket.SHUT_WR)


def test_a_server_that_is_stopped_says_so_and_lets_its_clients_go(caplog: pytest.LogCaptureFixture) -> None:
    with serving(f"  - {REPLY}[{{hang: 5}}]\n") as served:
        address = urlsplit(served.url)
        sock = socket.create_connection((address.hostname or "", address.port or 0), timeout=10)
        sock.sendall(_request())
        while b"ping" not in sock.recv(65536):
            pass
    with sock:
        assert served.entry().outcome.ended == "server_stopped"
        with suppress(ConnectionResetError):
            while sock.recv(65536):
                pass
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_a_hang_has_an_end() -> None:
    with serving(f"  - {REPLY}[{{hang: {{at: 5, for: 1ms}}}}]\n") as served:
        seen = exchange(served.url, stream=True)
        outcome = served.entry().outcome
    assert (seen.end, outcome.ended) == ("fin", "closed")


def test_one_byte_per_write_is_one_byte_per_chunk() -> None:
    with serving(f"  - {REPLY}[one_byte_per_write]\n") as served:
        seen = exchange(served.url, stream=True)
    chunks = seen.body.removesuffix(TERMINATOR)
    assert set(chunks[0::6]) | set(chunks[1::6]) | set(chunks[2::6]) == set(b"1\r\n")
    assert chunks[3::6] == seen.text


def test_a_trickle_is_small_pieces_of_the_same_body() -> None:
    with serving(f"  - {REPLY}[{{trickle: {{bytes: 16, every: 0s}}}}]\n") as served:
        seen = exchange(served.url, stream=True)
    sizes = {int(line, 16) for line in seen.body.split(b"\r\n")[:-8:2]}
    assert max(sizes) == 16
    assert seen.text.endswith(b'data: {"type":"message_stop"}\n\n')


def test_a_cut_answer_ends_properly() -> None:
    with serving(f"  - {REPLY}[{{cut: 5}}]\n") as served:
        seen = exchange(served.url, stream=True)
    assert (seen.end, seen.raw[-5:], seen.text.count(b"event: ")) == ("fin", TERMINATOR, 4)


def test_every_fault_of_the_connection_has_its_test_here() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    missing = [name for name, row in FAULTS.items() if row.group == "connection" and f"{{{name}: " not in text]
    assert missing == []


def test_the_journal_says_what_was_delivered() -> None:
    with serving(f"  - {REPLY}[one_event_per_write, {{reset: 5}}]\n") as served:
        seen = exchange(served.url, stream=True)
        outcome = served.entry().outcome
    assert (outcome.ended, outcome.frames, outcome.of) == ("reset", 4, 4)
    assert outcome.bytes == len(seen.text)
    assert [frames for frames, _, _ in outcome.writes] == [1, 2, 3, 4]
    assert len(outcome.moments()) == 4
    assert outcome.nearest == ()


def test_the_next_request_on_a_new_connection_is_served_after_a_break() -> None:
    with serving(f"  - reply: one\n    faults: [reset]\n  - {REPLY}[comments]\n") as served:
        first, second = exchange(served.url, stream=True), exchange(served.url, stream=True)
    assert (first.end, second.end) == ("rst", "fin")
    assert second.raw.startswith(b"HTTP/1.1 200")


def test_seen_takes_chunks_apart() -> None:
    assert Seen(b"HTTP/1.1 200 OK\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", "fin").text == b"abc"
