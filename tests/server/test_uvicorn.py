"""The server on a real socket: any input gets an answer or a quiet end, and the server still answers afterwards."""

import errno
import logging
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from queue import SimpleQueue

import orjson
import pytest

from mockserver.core.errors import OperatorError
from mockserver.engine.request import MAX_BODY
from mockserver.engine.step import Engine, EngineSettings
from mockserver.journal.log import Exchange
from mockserver.server.asgi import Gateway
from mockserver.server.h11_parser import H11Parser
from mockserver.server.httptools_parser import HttptoolsParser
from mockserver.server.limits import LIMITS
from mockserver.server.protocol import protocol_class
from mockserver.server.uvicorn import bind, running, url_of
from tests.support.engine import contract, turns

PATIENCE = 60.0  # seconds after which a silent server is stuck; no test waits for it unless it fails

STALLS = """
  - when: {stream: true, text: stall}
    reply: one two
    pace: {rate: 1/h}
    times: always
  - reply: one two
    times: always
"""
APP = Gateway(Engine(contract(), {"test": turns(STALLS)}, EngineSettings(scenario="test")))
PART = "reply: one two\n    faults: [{large_event: {at: 2, bytes: 8000000}}]\n    times: always"
LARGE = Gateway(Engine(contract(), {"test": turns(f"  - {PART}\n")}, EngineSettings(scenario="test")))


@pytest.fixture(scope="module", params=[HttptoolsParser, H11Parser], ids=["httptools", "h11"])
def address(request: pytest.FixtureRequest) -> Iterator[tuple[str, int]]:
    """Yield the address of a running gateway, with either parser."""
    with running(APP, http=protocol_class(parser=request.param)) as url:
        host, _, port = url.removeprefix("http://").rpartition(":")
        yield host, int(port)


@pytest.fixture(autouse=True)
def still_answers(address: tuple[str, int]) -> Iterator[None]:
    """Check after every test that the server still answers."""
    yield
    connection = HTTPConnection(*address, timeout=PATIENCE)
    connection.request("GET", "/v1/models", headers={"x-api-key": "sk_a"})
    assert connection.getresponse().status == 200
    connection.close()


@contextmanager
def connected(url: str) -> Iterator[socket.socket]:
    """Yield a connection to say anything on."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), PATIENCE) as line:
        yield line


@pytest.fixture
def line(address: tuple[str, int]) -> Iterator[socket.socket]:
    """Yield a connection to the gateway."""
    with socket.create_connection(address, PATIENCE) as line:
        yield line


def rest(line: socket.socket) -> bytes:
    """Return everything until the server closes the connection."""
    data = b""
    while received := line.recv(65_536):
        data += received
    return data


def until(line: socket.socket, mark: bytes) -> bytes:
    """Return everything up to and including a mark."""
    data = b""
    while mark not in data:
        received = line.recv(65_536)
        assert received, f"closed before {mark!r}: {data!r}"
        data += received
    return data


def post(body: bytes, *headers: str, path: str = "/v1/messages") -> bytes:
    """Return the bytes of a request."""
    lines = [f"POST {path} HTTP/1.1", "host: x", "x-api-key: sk_a", f"content-length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def asked(text: str = "Hello", **fields: object) -> bytes:
    messages = [{"role": "user", "content": text}]
    return orjson.dumps({"model": "m", "max_tokens": 100, "messages": messages, **fields})


CLOSE = "connection: close"

MALFORMED = {
    "no HTTP at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "bytes in the path": b"GET /\xff\xfe HTTP/1.1\r\nhost: x\r\n\r\n",
    "a header without a colon": b"GET /v1/models HTTP/1.1\r\nhost\r\n\r\n",
    "a length that is no number": b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: many\r\n\r\n",
    "two lengths": b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
    "a chunk that is none": b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n",
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_http_is_400_and_the_connection_closes(line: socket.socket, case: str) -> None:
    line.sendall(MALFORMED[case])
    assert rest(line).startswith(b"HTTP/1.1 400 ")


def test_an_unknown_method_is_refused(line: socket.socket) -> None:
    """By httptools as malformed; h11 knows no list of methods, so the gateway refuses it."""
    line.sendall(f"FOO /v1/messages HTTP/1.1\r\nhost: x\r\n{CLOSE}\r\n\r\n".encode())
    assert rest(line).split(b" ")[1] in (b"400", b"405")


@pytest.mark.parametrize(
    "sent", [b"", b"POST /v1/mess", post(asked())[:-10]], ids=["nothing", "half a head", "half a body"]
)
def test_a_client_that_leaves_before_its_request_is_complete_disturbs_nobody(line: socket.socket, sent: bytes) -> None:
    line.sendall(sent)
    line.close()


def test_a_client_that_leaves_in_the_stream_is_entered_as_such(line: socket.socket) -> None:
    entries = SimpleQueue[Exchange]()
    APP.journal.listeners.append(entries.put)
    line.sendall(post(asked("stall", stream=True)))
    until(line, b"content_block_delta")
    line.close()
    exchange = entries.get(timeout=PATIENCE)
    APP.journal.listeners.remove(entries.put)
    assert (exchange.method, exchange.outcome.ended) == ("POST", "client_left")


def test_an_open_stream_holds_up_nobody_else(line: socket.socket, address: tuple[str, int]) -> None:
    line.sendall(post(asked("stall", stream=True)))
    until(line, b"content_block_delta")
    with socket.create_connection(address, PATIENCE) as other:
        other.sendall(post(asked(), CLOSE))
        assert rest(other).startswith(b"HTTP/1.1 200 ")


def test_a_connection_serves_one_request_after_another(address: tuple[str, int]) -> None:
    connection = HTTPConnection(*address, timeout=PATIENCE)
    statuses, sockets = list[int](), set[socket.socket]()
    for body in (asked(), b"{", asked(stream=True), asked()):
        connection.request("POST", "/v1/messages", body, {"x-api-key": "sk_a"})
        response = connection.getresponse()
        statuses.append(response.status)
        response.read()
        sockets.add(connection.sock)
    connection.close()
    assert (statuses, len(sockets)) == ([200, 400, 200, 200], 1)


def test_requests_that_come_at_once_on_one_connection_are_all_answered(line: socket.socket) -> None:
    line.sendall(post(asked()) + post(asked()) + post(asked(), CLOSE))
    assert rest(line).count(b"HTTP/1.1 200 OK") == 3


def test_a_stream_ends_with_its_last_frame_and_the_terminator_of_its_chunks(line: socket.socket) -> None:
    line.sendall(post(asked(stream=True), CLOSE))
    answer = rest(line)
    assert b"transfer-encoding: chunked" in answer
    assert answer.endswith(b'event: message_stop\ndata: {"type":"message_stop"}\n\n\r\n0\r\n\r\n')


def test_a_stream_of_the_openai_wire_ends_with_done_and_the_terminator(line: socket.socket) -> None:
    line.sendall(post(asked(stream=True), CLOSE, path="/api/v1/chat/completions"))
    assert rest(line).endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n")


@pytest.mark.parametrize(
    ("method", "path", "allowed"), [("HEAD", "/v1/models", b"GET"), ("HEAD", "/v1/messages", b"POST")]
)
def test_head_is_405_without_a_body(line: socket.socket, method: str, path: str, allowed: bytes) -> None:
    line.sendall(f"{method} {path} HTTP/1.1\r\nhost: x\r\n{CLOSE}\r\n\r\n".encode())
    head, _, body = rest(line).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 405 ")
    assert (b"\r\nallow: " + allowed in head, body) == (True, b"")


def test_options_of_everything_is_404(line: socket.socket) -> None:
    line.sendall(f"OPTIONS * HTTP/1.1\r\nhost: x\r\n{CLOSE}\r\n\r\n".encode())
    assert rest(line).startswith(b"HTTP/1.1 404 ")


DEEP = {
    "lists": b"[" * 100_000,
    "closed lists": b"[" * 100_000 + b"]" * 100_000,
    "mappings": b'{"a":' * 100_000,
    "lists in a field": b'{"model":"m","max_tokens":1,"messages":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
}


@pytest.mark.parametrize("case", DEEP)
def test_deep_nesting_is_400(line: socket.socket, case: str) -> None:
    line.sendall(post(DEEP[case], CLOSE))
    assert rest(line).startswith(b"HTTP/1.1 400 ")


def test_bad_utf8_is_400(line: socket.socket) -> None:
    line.sendall(post(asked().replace(b"Hello", b"\xff\xfe\xed\xa0\x80"), CLOSE))
    answer = rest(line)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'"code":"invalid_json"' in answer


def test_a_body_of_a_byte_too_much_is_413_and_the_connection_lives_on(address: tuple[str, int]) -> None:
    connection = HTTPConnection(*address, timeout=PATIENCE)
    statuses = []
    for body in (b" " * (MAX_BODY + 1), asked()):
        connection.request("POST", "/v1/messages", body, {"x-api-key": "sk_a"})
        response = connection.getresponse()
        statuses.append(response.status)
        response.read()
    connection.close()
    assert statuses == [413, 200]


def test_a_body_in_chunks_that_grows_too_large_is_413(address: tuple[str, int]) -> None:
    connection = HTTPConnection(*address, timeout=PATIENCE)
    pieces = (b" " * 2**20 for _ in range(11))
    connection.request("POST", "/v1/messages", pieces, {"x-api-key": "sk_a"}, encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()


def test_a_client_that_asks_first_is_told_to_continue(line: socket.socket) -> None:
    body = asked()
    request = post(body, "expect: 100-continue", CLOSE)
    line.sendall(request.removesuffix(body))
    assert until(line, b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    line.sendall(body)
    assert rest(line).startswith(b"HTTP/1.1 200 ")


HUGE = {
    "header": post(asked(), f"user-agent: {'x' * 2**20}", CLOSE),
    "path": post(asked(), CLOSE, path="/" + "x" * 60_000),
}


@pytest.mark.parametrize(("part", "status"), [("header", b"431"), ("path", b"404")])
def test_a_huge_head_is_answered(line: socket.socket, part: str, status: bytes) -> None:
    line.sendall(HUGE[part])
    assert rest(line).split(b" ")[1] == status


def test_requests_before_garbage_are_answered_before_it_is_refused(line: socket.socket) -> None:
    line.sendall(3 * post(asked()) + b"\x00\xff garbage\r\n\r\n")
    answer = rest(line)
    assert (answer.count(b"HTTP/1.1 200 "), answer.count(b"HTTP/1.1 400 ")) == (3, 1)


def test_a_key_in_a_trailer_is_no_key(line: socket.socket) -> None:
    head = "POST /v1/messages HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n"
    body = asked()
    line.sendall(head.encode() + b"%x\r\n%b\r\n0\r\nx-api-key: sk_a\r\n\r\n" % (len(body), body))
    assert rest(line).startswith(b"HTTP/1.1 401 ")


STUCK = {
    "nothing": (b"", b""),
    "half a head": (b"POST /v1/mess", b"HTTP/1.1 408 "),
    "half a body": (post(asked())[:-10], b"HTTP/1.1 408 "),
}


@pytest.mark.parametrize("case", STUCK)
def test_a_client_that_stops_is_let_go(case: str) -> None:
    sent, answer = STUCK[case]
    limits = LIMITS._replace(head_seconds=0.05, body_seconds=0.05)
    with running(APP, http=protocol_class(limits)) as url, connected(url) as line:
        line.sendall(sent)
        assert rest(line).startswith(answer)


def test_a_client_that_does_not_read_is_reset(caplog: pytest.LogCaptureFixture) -> None:
    large = post(asked(stream=True))
    with running(LARGE, http=protocol_class(LIMITS._replace(write_seconds=0.05))) as url, connected(url) as line:
        line.sendall(large)
        poll = select.poll()
        poll.register(line, select.POLLERR | select.POLLHUP)
        assert poll.poll(PATIENCE * 1000)
    assert caplog.messages == ["a client took nothing of its answer for 0.05 s; its connection was reset"]


def test_a_websocket_handshake_is_not_taken(line: socket.socket) -> None:
    upgrade = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13"
    line.sendall(f"GET /v1/messages HTTP/1.1\r\nhost: x\r\n{upgrade}\r\nsec-websocket-key: eA==\r\n\r\n".encode())
    assert until(line, b"\r\n\r\n").startswith(b"HTTP/1.1 405 ")


def test_a_port_that_is_taken_is_one_line_with_a_remedy(address: tuple[str, int]) -> None:
    host, port = address
    with pytest.raises(OperatorError) as refused:
        bind(host, port)
    remedy = f"choose another with --port {port + 1}, or let the system choose with --port 0"
    assert str(refused.value) == f"port {port} on {host} is in use; {remedy}"


@pytest.mark.parametrize(
    ("host", "port", "words"),
    [
        ("192.0.2.1", 0, "cannot listen on 192.0.2.1:0: "),
        ("no.such.host.invalid", 0, "cannot listen on no.such.host.invalid:0: "),
        ("127.0.0.1", 70_000, "port 70000 is out of range; choose one from 0 to 65535"),
    ],
)
def test_an_address_that_cannot_be_had_is_one_line(host: str, port: int, words: str) -> None:
    with pytest.raises(OperatorError) as refused:
        bind(host, port)
    assert str(refused.value).startswith(words)
    assert "\n" not in str(refused.value)


def test_a_port_below_1024_without_rights_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket, "create_server", refuse)
    with pytest.raises(OperatorError, match="no permission to listen on port 80; choose one above 1023"):
        bind("127.0.0.1", 80)


def test_the_url_says_the_port_that_the_system_chose() -> None:
    with bind("127.0.0.1", 0) as sock:
        assert url_of(sock) == f"http://127.0.0.1:{sock.getsockname()[1]}"


def test_the_port_is_free_again_when_the_server_has_ended() -> None:
    with running(APP) as url:
        port = int(url.rpartition(":")[2])
    bind("127.0.0.1", port).close()


def test_a_server_that_ends_with_an_open_stream_ends_quietly(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), running(APP) as url:
        line = socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), PATIENCE)
        line.sendall(post(asked("stall", stream=True)))
        until(line, b"content_block_delta")
    line.close()
    assert caplog.messages == []
