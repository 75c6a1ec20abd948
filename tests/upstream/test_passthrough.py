"""The pass-through: what the client sees is what the upstream does, as it does it."""

import socket
import ssl
import threading
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest
import trustme

from mockserver.contracts.exchange import SentRequest
from mockserver.gate.relay import Outgoing, serving
from mockserver.server.uvicorn import running
from mockserver.upstream.address import UpstreamAddress
from mockserver.upstream.connections import TIMEOUTS
from mockserver.upstream.passthrough import PassThrough
from tests.gate.support import always, closed_port
from tests.support.sockets import PATIENCE, exchange
from tests.upstream.support import HEAD, Passing, chunk, passing, raw_upstream, read_request, reset

STREAM = [("content-type", "text/event-stream")]
EVENT, SECOND = b"event: ping\ndata: {}\n\n", b"event: pong\ndata: {}\n\n"


def talk(through: Passing, request: bytes) -> bytes:
    """Send these bytes on a connection of their own; return what comes until it ends."""
    with socket.create_connection(through.address, timeout=PATIENCE) as sock:
        sock.sendall(request)
        return b"".join(iter(lambda: sock.recv(65_536), b""))


# As it comes


def test_an_event_reaches_the_client_before_the_next_one_exists() -> None:
    go = threading.Event()

    def respond(request: SentRequest) -> Outgoing:
        def pieces() -> Iterator[bytes]:
            yield EVENT
            assert go.wait(PATIENCE)
            yield SECOND

        return Outgoing(200, STREAM, pieces())

    with serving(respond) as behind, passing(behind) as through:
        with socket.create_connection(through.address, timeout=PATIENCE) as sock:
            sock.sendall(b"GET /v1/models HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            seen = b""
            while EVENT not in seen:
                seen += sock.recv(65_536)
            go.set()
            while piece := sock.recv(65_536):
                seen += piece
        recorded, skipped = through.report()
    assert SECOND in seen
    assert ([frame.payload for frame in recorded.frames], recorded.ended, skipped) == ([EVENT, SECOND], "complete", "")
    first, second = [frame.at for frame in recorded.frames]
    assert 0 < recorded.first <= first <= second


def test_the_request_reaches_the_upstream_with_the_clients_credentials_and_query() -> None:
    requests: list[SentRequest] = []

    def respond(request: SentRequest) -> Outgoing:
        requests.append(request)
        return Outgoing(200, [("content-type", "application/json"), ("content-length", "2")], [b"{}"])

    with serving(respond) as behind, passing(f"{behind}/base") as through:
        seen = exchange(through.url, "/v1/messages?beta=true")
        recorded, _ = through.report()
    [request] = requests
    assert (request.method, request.path) == ("POST", "/base/v1/messages?beta=true")
    assert request.headers["x-api-key"] == "sk_test"
    assert request.headers["host"] == behind.removeprefix("http://")
    assert seen.body == b"{}"
    assert (recorded.path, recorded.query, recorded.body) == ("/v1/messages", "beta=true", request.body)
    assert (recorded.status, recorded.payload) == (200, b"{}")


def test_a_redirect_is_passed_on_and_not_followed() -> None:
    location = ("location", "http://169.254.169.254/latest/meta-data")
    redirect = Outgoing(307, [location, ("content-length", "0")], [])
    with always(redirect) as behind, passing(behind) as through:
        seen = exchange(through.url)
    assert seen.head.startswith(b"HTTP/1.1 307 ")
    assert b"location: http://169.254.169.254/latest/meta-data" in seen.head


@pytest.mark.parametrize("target", ["http://169.254.169.254/latest", "//169.254.169.254/latest", "/@169.254.169.254"])
def test_no_request_line_reaches_another_machine(target: str) -> None:
    hosts = []

    def respond(request: SentRequest) -> Outgoing:
        hosts.append(request.headers["host"])
        return Outgoing(200, [("content-length", "0")], [])

    with serving(respond) as behind, passing(behind) as through:
        seen = exchange(through.url, target)
    assert hosts in ([behind.removeprefix("http://")], [])
    assert seen.head.startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 400 "))


def test_a_head_request_has_no_body_and_its_length() -> None:
    with always(Outgoing(200, [("content-length", "5")], [])) as behind, passing(behind) as through:
        seen = talk(through, b"HEAD /v1/models HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
    assert seen.endswith(b"\r\n\r\n")
    assert b"content-length: 5\r\n" in seen


def test_two_clients_are_served_at_once() -> None:
    both = threading.Barrier(2)

    def respond(request: SentRequest) -> Outgoing:
        both.wait(PATIENCE)  # each is answered only when the other has come too
        return Outgoing(200, [("content-length", "2")], [b"ok"])

    with serving(respond) as behind, passing(behind) as through, ThreadPoolExecutor(2) as clients:
        seen = list(clients.map(exchange, [through.url] * 2))
    assert [each.body for each in seen] == [b"ok", b"ok"]


# What breaks


def broken(answer: bytes, *, by_reset: bool) -> tuple[Passing, bytes, str]:
    """Return the pass-through and what its client saw of an upstream that sends this and then dies."""

    def respond(sock: socket.socket, request: bytes) -> None:
        sock.sendall(answer)
        if by_reset:
            assert arrived.wait(PATIENCE)  # an RST can overtake what was sent before it
            reset(sock)

    arrived = threading.Event()
    with raw_upstream(respond) as behind, passing(behind) as through:
        if by_reset and answer:
            with socket.create_connection(through.address, timeout=PATIENCE) as sock:
                sock.sendall(b"GET /v1/models HTTP/1.1\r\nhost: x\r\n\r\n")
                raw = b""
                while EVENT not in raw:
                    raw += sock.recv(65_536)
                arrived.set()
                try:
                    assert sock.recv(65_536) == b""
                    end = "fin"
                except ConnectionResetError:
                    end = "rst"
        else:
            arrived.set()
            raw, end = exchange(through.url)
        return through, raw, end


def test_a_stream_that_the_upstream_closes_ends_early_here_too() -> None:
    through, raw, end = broken(HEAD + chunk(EVENT), by_reset=False)
    recorded, skipped = through.report()
    assert (raw.endswith(chunk(EVENT)), end) == (True, "fin")
    assert (recorded.status, recorded.payload, recorded.ended, skipped) == (200, EVENT, "closed", "")


def test_a_stream_that_the_upstream_resets_is_reset_here_too() -> None:
    through, raw, end = broken(HEAD + chunk(EVENT), by_reset=True)
    recorded, skipped = through.report()
    assert (raw.endswith(chunk(EVENT)), end) == (True, "rst")
    assert (recorded.status, recorded.payload, recorded.ended, skipped) == (200, EVENT, "reset", "")


@pytest.mark.parametrize(("by_reset", "ends"), [(False, "fin"), (True, "rst")])
def test_an_upstream_that_ends_without_an_answer_gives_none_here_either(by_reset: bool, ends: str) -> None:
    through, raw, end = broken(b"", by_reset=by_reset)
    recorded, skipped = through.report()
    assert (raw, end) == (b"", ends)
    assert (recorded.status, recorded.ended, skipped) == (0, "no_answer", "")


def test_a_body_shorter_than_its_length_is_cut_here_too() -> None:
    through, raw, _ = broken(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc", by_reset=False)
    assert raw.endswith(b"\r\n\r\nabc")
    assert through.report()[0].ended == "closed"


def test_chunks_that_are_none_break_the_answer_off() -> None:
    through, raw, _ = broken(HEAD + chunk(EVENT) + b"garbage\r\n", by_reset=False)
    assert raw.endswith(chunk(EVENT))
    assert through.report()[0].ended == "closed"


# Our own answers


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        b"HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx-odd: a\x1bb\r\ncontent-length: 0\r\n\r\n",
    ],
)
def test_an_upstream_that_does_not_speak_http_is_a_502_in_the_clients_dialect(answer: bytes) -> None:
    through, raw, _ = broken(answer, by_reset=False)
    head, _, body = raw.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 502 ")
    assert b"x-mock-error: upstream_invalid" in head
    assert orjson.loads(body)["type"] == "error"
    assert through.report()[1] != ""


def test_an_upstream_that_is_not_there_is_a_502_with_the_reason() -> None:
    with passing(f"http://127.0.0.1:{closed_port()}") as through:
        seen = exchange(through.url, "/api/v1/chat/completions")
        recorded, skipped = through.report()
    assert seen.head.startswith(b"HTTP/1.1 502 ")
    assert b"x-mock-error: upstream_unreachable" in seen.head
    assert orjson.loads(seen.body)["error"]["code"] == "upstream_unreachable"
    assert (recorded.status, skipped.startswith("The upstream cannot be reached: ")) == (502, True)


def test_a_silent_upstream_is_a_504(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TIMEOUTS, "read", 0.01)

    def respond(sock: socket.socket, request: bytes) -> None:
        sock.recv(1)

    with raw_upstream(respond) as behind, passing(behind) as through:
        seen = exchange(through.url)
    assert seen.head.startswith(b"HTTP/1.1 504 ")
    assert b"x-mock-error: upstream_timeout" in seen.head


def test_a_stream_that_falls_silent_is_broken_off_and_not_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TIMEOUTS, "read", 0.2)

    def respond(sock: socket.socket, request: bytes) -> None:
        sock.sendall(HEAD + chunk(EVENT))
        sock.recv(1)

    with raw_upstream(respond) as behind, passing(behind) as through:
        seen = exchange(through.url)
        recorded, skipped = through.report()
    assert (seen.body, seen.end) == (chunk(EVENT), "fin")
    assert (recorded.ended, skipped) == ("closed", "the upstream said nothing for 0.2 s")


def test_a_request_that_is_too_large_is_a_413(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockserver.server.asgi.MAX_BODY", 10)
    with passing(f"http://127.0.0.1:{closed_port()}") as through:
        seen = exchange(through.url)
        assert seen.head.startswith(b"HTTP/1.1 413 ")
        assert "longer than" in through.report()[1]


def test_a_client_that_leaves_ends_the_request_to_the_upstream() -> None:
    left = threading.Event()

    def respond(sock: socket.socket, request: bytes) -> None:
        sock.sendall(HEAD + chunk(EVENT))
        assert sock.recv(1) == b""
        left.set()

    with raw_upstream(respond) as behind, passing(behind) as through:
        seen = exchange(through.url, until=EVENT)
        assert left.wait(PATIENCE)
        _, skipped = through.report()
    assert (seen.end, skipped) == ("open", "the client left")


# What is kept


def test_a_long_answer_passes_and_is_not_kept() -> None:
    size, piece = 64 * 1024 * 1024, bytes(65_536)
    pieces = [piece] * (size // len(piece))
    long = Outgoing(200, [("content-length", str(size))], pieces)
    with always(long) as behind, passing(behind, largest=1_000_000) as through:
        with socket.create_connection(through.address, timeout=PATIENCE) as sock:
            tracemalloc.start()
            sock.sendall(b"GET /v1/models HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            buffer, received = bytearray(65_536), 0
            while count := sock.recv_into(buffer):
                received += count
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
        recorded, skipped = through.report()
    assert received > size
    assert (recorded.frames, skipped) == ((), "the answer is too long")
    assert peak < 16_000_000


def test_a_compressed_answer_passes_and_is_not_recorded() -> None:
    fields = [("content-encoding", "gzip"), ("content-length", "3")]
    with always(Outgoing(200, fields, [b"abc"])) as behind, passing(behind) as through:
        seen = exchange(through.url)
        assert seen.body == b"abc"
        assert through.report()[1] == "the answer is compressed although the request did not accept that"


@pytest.mark.parametrize(("count", "retry"), [("2", 2), ("0", 0), ("x", 0), ("9" * 5000, 0)])
def test_the_sdks_own_count_of_retries_is_recorded(count: str, retry: int) -> None:
    fields = f"host: x\r\nx-stainless-retry-count: {count}\r\nconnection: close\r\n\r\n"
    with always(Outgoing(200, [("content-length", "0")], [])) as behind, passing(behind) as through:
        talk(through, f"GET /v1/models HTTP/1.1\r\n{fields}".encode())
        assert through.report()[0].retry == retry


# The fixed address, and TLS


def test_connections_go_to_the_addresses_of_the_start_and_the_next_one_where_one_refuses() -> None:
    hosts = []

    def respond(request: SentRequest) -> Outgoing:
        hosts.append(request.headers["host"])
        return Outgoing(200, [("content-length", "0")], [])

    with serving(respond) as behind:
        port = int(behind.rpartition(":")[2])
        with passing(UpstreamAddress("http", "gateway.invalid", port, "", ("127.0.0.2", "127.0.0.1"))) as through:
            assert exchange(through.url).head.startswith(b"HTTP/1.1 200 ")
    assert hosts == [f"gateway.invalid:{port}"]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.mark.parametrize(
    ("host", "trusted", "status"),
    [("gateway.invalid", True, b"200"), ("gateway.invalid", False, b"502"), ("other.invalid", True, b"502")],
)
def test_tls_is_verified_for_the_name_although_the_address_is_fixed(
    authority: trustme.CA, host: str, trusted: bool, status: bytes
) -> None:
    server_side, client_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.issue_cert("gateway.invalid").configure_cert(server_side)
    if trusted:
        authority.configure_trust(client_side)

    def respond() -> None:
        sock, _ = listening.accept()
        with sock:
            try:
                with server_side.wrap_socket(sock, server_side=True) as secure:
                    read_request(secure)
                    secure.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            except OSError:  # the client refuses the certificate
                pass

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=respond, daemon=True)
        thread.start()
        address = UpstreamAddress("https", host, listening.getsockname()[1], "", ("127.0.0.1",))
        with running(PassThrough(address, lambda exchange, skipped: None, context=client_side)) as url:
            seen = exchange(url)
        thread.join(PATIENCE)
    assert seen.head.startswith(b"HTTP/1.1 " + status)
    assert (b"its certificate is not valid" in seen.body) == (status == b"502")
