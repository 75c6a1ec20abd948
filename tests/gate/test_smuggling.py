"""Requests with an ambiguous end: what is sent as bytes, which answers come back, and the servers that get it wrong."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedIOBase

import pytest
import trustme

from mockserver.contracts.client import Client, NotExaminable, Target
from mockserver.contracts.exchange import CheckedExchange, ReceivedResponse, SentRequest
from mockserver.contracts.probe import ProbeCase
from mockserver.contracts.probes.smuggling import PROBES, envelopes
from mockserver.contracts.raw_answers import RawAnswers, read_answers
from mockserver.contracts.raw_requests import MOST_SILENT
from mockserver.contracts.reference import gateway
from mockserver.gate.raw_sender import SocketSender
from tests.gate.support import closed_port, document, reference_gateway, run
from tools.mutants.framing import FRAMINGS, Front, Head, fronted

NAMES = ("one-request-one-answer", "framing-refused")
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
CHUNKS = b"HTTP/1.1 201 .\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
UNTIL_THE_END = b"HTTP/1.1 400 .\r\nconnection: close\r\n\r\nbad"


@pytest.fixture(scope="module")
def sound() -> Iterator[str]:
    """Serve the reference gateway; yield its URL."""
    with reference_gateway() as (url, _):
        yield url


def play(case: ProbeCase, url: str | None, silence: float = 2.0) -> set[str]:
    """Play a probe against a target, or without connections of its own; return what it found."""
    found: set[str] = set()

    def record(promise: str, kept: bool, got: str, _: CheckedExchange | None) -> None:
        found.update(() if kept else (got,))

    raw = SocketSender(url, lambda requests: None, silence=silence) if url else None
    case.play(Client(document(), Target(gateway.KEY), no_sender, lambda _: None, record, time.time, time.sleep, raw))
    return found


def no_sender(request: SentRequest, *, pieces: int = 1) -> ReceivedResponse:
    """Fail: these probes send bytes."""
    raise AssertionError(request)


def test_the_reference_gateway_keeps_both_promises(sound: str) -> None:
    done = run(sound, only=NAMES)
    assert {entry.name: entry.state for entry in done.results.entries.values()} == dict.fromkeys(NAMES, "kept")


@pytest.mark.parametrize("case", PROBES, ids=NAMES)
def test_a_sound_server_in_front_of_it_keeps_them_too(sound: str, case: ProbeCase) -> None:
    with fronted(sound, Front()) as url:
        assert play(case, url) == set()


@pytest.mark.parametrize("name", [name for name, (_, promise, _) in FRAMINGS.items() if promise in NAMES])
def test_a_server_that_ends_a_request_elsewhere_is_found(sound: str, name: str) -> None:
    _, promise, front = FRAMINGS[name]
    with fronted(sound, front) as url:
        assert play(PROBES[NAMES.index(promise)], url)


def test_every_case_says_what_it_is() -> None:
    names = [envelope.name for envelope in envelopes()]
    assert len(names) == len({*names}) > 20


def test_a_run_without_connections_of_its_own_examines_neither() -> None:
    with pytest.raises(NotExaminable, match="this run does not open connections of its own"):
        play(PROBES[0], None)


def test_a_target_without_an_ordinary_answer_is_not_examined() -> None:
    with pytest.raises(NotExaminable, match=r"answered 2xx .*: ConnectionRefusedError"):
        play(PROBES[0], f"http://127.0.0.1:{closed_port()}")


@pytest.mark.parametrize(
    ("came", "is_closed", "statuses", "rest"),
    [
        (b"", False, (), ""),
        (OK + CHUNKS, False, (200, 201), ""),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, False, (200,), ""),
        (OK + OK[:-1], False, (200,), ""),
        (UNTIL_THE_END, False, (), ""),
        (OK + UNTIL_THE_END, True, (200, 400), ""),
        (OK + b"SSH-2.0\r\n\r\n", False, (200,), "no HTTP"),
        (OK[:-1], True, (), "no HTTP"),
    ],
)
def test_answers_are_found_in_what_comes(came: bytes, is_closed: bool, statuses: tuple[int, ...], rest: str) -> None:
    found, trouble = read_answers(came, is_closed=is_closed)
    assert (found, trouble.partition(":")[0]) == (statuses, rest)


@contextmanager
def scripted(*answers: bytes, closes: bool = True, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve one connection: an answer for each piece that comes, then the end; yield the URL."""
    listening = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        connection, _ = listening.accept()
        with suppress(OSError), tls.wrap_socket(connection, server_side=True) if tls else connection as client:
            for answer in answers:
                client.recv(65_536)
                client.sendall(answer)
            if not closes:
                over.wait(5)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{listening.getsockname()[1]}/root/"
    finally:
        over.set()
        listening.close()


def ask(url: str, *pieces: bytes) -> RawAnswers:
    """Send pieces, with little patience."""
    return SocketSender(url, lambda requests: None, verify=False, silence=0.2)(pieces)


def test_a_piece_is_sent_when_the_one_before_it_is_answered() -> None:
    with scripted(OK, CHUNKS) as url:
        assert ask(url, b"one", b"two") == RawAnswers((200, 201), is_closed=True)


def test_what_is_left_is_not_sent_once_the_target_has_closed() -> None:
    with scripted(UNTIL_THE_END) as url:
        assert ask(url, b"one", b"two") == RawAnswers((400,), is_closed=True)


def test_a_target_that_says_nothing_is_not_waited_for_long() -> None:
    with scripted(b"", closes=False) as url:
        assert ask(url, b"one", b"two") == RawAnswers(is_silent=True)


def test_what_is_no_http_is_trouble() -> None:
    with scripted(b"SSH-2.0\r\n\r\n", closes=False) as url:
        assert ask(url, b"one").trouble.startswith("no HTTP")


def test_a_target_that_is_down_is_trouble() -> None:
    assert ask(f"http://127.0.0.1:{closed_port()}", b"one").trouble.startswith("ConnectionRefusedError: ")


def test_bytes_go_over_tls_too() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with scripted(OK, tls=context) as url:
        sender = SocketSender(url, lambda requests: None, verify=False)
        assert (sender.root, sender([b"one"]).statuses) == ("/root", (200,))
    with scripted(OK, tls=context) as url:
        assert "its certificate is not accepted" in SocketSender(url, lambda requests: None)([b"x"]).trouble


def test_each_request_is_counted_before_it_is_sent() -> None:
    counted: list[int] = []
    with scripted(OK, OK) as url:
        SocketSender(url, counted.append, verify=False)([b"one", b"two"])
    assert counted == [2]


def test_a_target_that_leaves_malformed_requests_unanswered_is_left_alone(sound: str) -> None:
    def wait(head: Head, file: BufferedIOBase) -> bytes:
        """Wait for more if there is a transfer coding."""
        return file.read(1_000_000) if "transfer-encoding" in dict(head) else b""

    with (
        fronted(sound, Front(wait)) as url,
        pytest.raises(NotExaminable, match=f"{MOST_SILENT + 1} malformed requests were not answered in time"),
    ):
        play(PROBES[0], url, silence=0.2)
