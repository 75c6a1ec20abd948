"""Targets that are broken, slow, far away or behind TLS: a clear message within limits, never a hang."""

import gzip
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from mockserver.contracts.exchange import ReceivedResponse, SentRequest
from mockserver.contracts.reference import gateway
from mockserver.core.errors import OperatorError
from mockserver.files.bundled import OPENAPI
from mockserver.gate import runner
from mockserver.gate.client import AnswerLimits, HttpClient, base_url, is_loopback
from mockserver.gate.options import read_options
from mockserver.gate.profiles import PROFILES, RunProfile
from mockserver.gate.proxy import CheckingProxy
from mockserver.gate.relay import Outgoing, Upstream, server, serving
from tests.gate.support import HTML, PAGE, always, closed_port, command, impatient, reference_gateway, run

TARGETS: list[tuple[str, Outgoing, str]] = [
    ("HTML everywhere", Outgoing(200, HTML, [PAGE]), "HTML"),
    ("a wrong path", Outgoing(404, [("content-length", "0")], []), "neither /v1/messages nor"),
    ("a redirect", Outgoing(301, [("location", "https://x.example"), ("content-length", "0")], []), "redirects to"),
    ("silence", Outgoing(200, [("content-type", "application/json")], [b"{"], "hang"), "does not end"),
    (
        "an endless stream",
        Outgoing(200, [("content-type", "text/event-stream")], [b": ping\n\n"] * 40_000),
        "does not end",
    ),
]


@pytest.mark.parametrize(("what", "outgoing", "words"), TARGETS, ids=[row[0] for row in TARGETS])
def test_a_broken_target_ends_in_a_clear_message(what: str, outgoing: Outgoing, words: str) -> None:
    with always(outgoing) as url, pytest.raises(OperatorError, match=words):
        run(url, impatient())


@pytest.mark.slow
@pytest.mark.parametrize(("what", "outgoing", "words"), TARGETS, ids=[row[0] for row in TARGETS])
def test_the_command_says_it_in_one_line(
    what: str, outgoing: Outgoing, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PROFILES, "smoke", impatient())
    with always(outgoing) as url:
        done = command(url, "--profile", "smoke", "--quiet")
    assert done.exit_code == 2
    assert words in done.output
    assert done.output.count("\n") == 1


def test_a_target_that_is_down_ends_in_a_clear_message() -> None:
    port = closed_port()
    with pytest.raises(OperatorError, match="nothing listens there"):
        run(f"http://127.0.0.1:{port}", impatient())


@contextmanager
def raw(behave: "threading.Event", first: bytes, more: bytes) -> Iterator[str]:
    """Serve a socket that sends some bytes, then one byte at a time until the event is set; yield the URL."""

    def serve(sock: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = sock.accept()
                threading.Thread(target=drop, args=(connection,), daemon=True).start()

    def drop(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.sendall(first)
            while not behave.wait(0.05):
                connection.sendall(more)

    with socket.create_server(("127.0.0.1", 0)) as sock:
        threading.Thread(target=serve, args=(sock,), daemon=True).start()
        yield f"http://127.0.0.1:{sock.getsockname()[1]}"
        behave.set()


RAW = [
    ("headers in drops", b"HTTP/1.1 200 OK\r\nx-drops: ", b"x", "no whole answer within"),
    ("no answer at all", b"", b"", "no answer within the time limit"),
    ("another protocol", b"SSH-2.0-OpenSSH_9.9\r\n", b"", "does not speak HTTP"),
    ("a body in drops", b"HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n", b"x", "does not end"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("what", "first", "more", "words"), RAW, ids=[row[0] for row in RAW])
def test_what_is_hardly_http_ends_in_a_clear_message(what: str, first: bytes, more: bytes, words: str) -> None:
    short = replace(PROFILES["smoke"], limits=AnswerLimits(connect=0.2, silence=0.2, total=0.2))
    with raw(threading.Event(), first, more) as url, pytest.raises(OperatorError, match=words):
        run(url, short)


def test_no_profile_waits_long_for_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check that a missing key is noticed early, although a paid model may take a minute (the limit would be 65 s)."""
    monkeypatch.setattr(runner, "PROBING", 0.2)
    with raw(threading.Event(), b"", b"") as url, pytest.raises(OperatorError, match="no answer within the time limit"):
        run(url, "paid")


@pytest.mark.slow
def test_a_target_that_stops_answering_is_left_alone() -> None:
    count = [0]

    def respond(request: SentRequest) -> Outgoing:
        count[0] += 1
        good = Outgoing(401, [("content-type", "application/json")], [b'{"detail": "no key"}'])
        return good if count[0] <= 2 else replace(good, ending="hang")

    with serving(respond) as url:
        done = run(url, impatient())
    assert "no proper end" in done.stopped
    assert not done.passed
    assert "body-complete" in [entry.promise.name for entry in done.results.of("broken")]
    assert "the run stopped before its probe" in {entry.reason for entry in done.results.of("not examined")}
    assert count[0] < 12


@pytest.mark.parametrize("profile", list(PROFILES.values()), ids=list(PROFILES))
def test_a_slow_answer_is_told_from_one_that_never_comes(profile: RunProfile) -> None:
    assert profile.limits.silence > profile.latency
    settings = runner.RunSettings("http://x", profile, "k", OPENAPI, latency=200)
    assert settings.limits.total > settings.limits.silence > 200


# TLS


@contextmanager
def over_tls(authority: trustme.CA, name: str = "127.0.0.1") -> Iterator[str]:
    """Serve the reference gateway behind a certificate for a name; yield the URL."""
    with reference_gateway() as (behind, _):
        upstream = Upstream(behind)
        listening = server(lambda request: Outgoing(*upstream.open(request)))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(context)
        listening.socket = context.wrap_socket(listening.socket, server_side=True)
        threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield f"https://127.0.0.1:{listening.server_address[1]}"
        finally:
            listening.shutdown()
            listening.server_close()


ONE = ("--profile", "smoke", "--only", "known-status", "--key", gateway.KEY, "--quiet")


def test_a_certificate_that_nobody_vouches_for_is_refused_with_the_remedy() -> None:
    with over_tls(trustme.CA()) as url:
        done = command(url, *ONE)
    assert done.exit_code == 2
    assert "its certificate is not accepted" in done.output
    assert "accept any certificate with --insecure" in done.output
    assert done.output.count("\n") == 1


def test_a_certificate_for_another_name_is_refused() -> None:
    with over_tls(trustme.CA(), "gateway.example.com") as url:
        assert "its certificate is not accepted" in command(url, *ONE).output


@pytest.mark.slow
def test_insecure_takes_any_certificate() -> None:
    with over_tls(trustme.CA(), "gateway.example.com") as url:
        done = command(url, *ONE, "--insecure")
    assert done.exit_code == 0, done.output
    assert "1 kept" in done.output


@pytest.mark.slow
def test_an_authority_of_ones_own_is_named_by_ssl_cert_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    with over_tls(authority) as url:
        done = command(url, *ONE)
    assert done.exit_code == 0, done.output


def test_the_proxy_reaches_a_gateway_behind_such_a_certificate() -> None:
    seen: list[int] = []
    with over_tls(trustme.CA()) as url:
        for verify in (True, False):
            watcher = CheckingProxy(url, OPENAPI, lambda one, _, __: seen.append(one.response.status), verify=verify)
            with serving(watcher.respond) as front:
                answer = HttpClient(front, AnswerLimits())(SentRequest("GET", "/v1/models", {"x-api-key": gateway.KEY}))
                assert answer.status == (502 if verify else 200)
    assert seen == [0, 200]


def test_tls_to_a_plain_port_ends_in_a_clear_message() -> None:
    with always(Outgoing(200, HTML, [PAGE])) as url, pytest.raises(OperatorError, match="TLS"):
        run(url.replace("http://", "https://"), impatient())


# Where a target is


@pytest.mark.parametrize(
    ("url", "profile"),
    [
        ("http://localhost:8000", "full"),
        ("http://mock.localhost", "full"),
        ("127.0.0.1:8000", "full"),
        ("http://127.8.9.1", "full"),
        ("http://[::1]:8000", "full"),
        ("https://api.example.com", "paid"),
        ("https://127.0.0.1.example.com", "paid"),
        ("https://127.example.com/gateway", "paid"),
        ("https://localhost.example.com", "paid"),
        ("http://10.0.0.5:8000", "paid"),
        ("http://0.0.0.0:8000", "paid"),
    ],
)
def test_a_target_that_is_not_on_this_machine_is_taken_for_one_that_charges(url: str, profile: str) -> None:
    settings = read_options([url, "--key", "sk_test"]).settings()
    assert settings.profile.name == profile
    assert is_loopback(url) is (profile == "full")


@pytest.mark.parametrize("url", ["ftp://x", "http://", "http://x:port", "http://[::1", "http://x:99999", ""])
def test_what_is_no_url_is_said(url: str) -> None:
    with pytest.raises(OperatorError, match="is not the URL of a gateway"):
        base_url(url)


def test_a_credential_in_the_url_is_refused_because_urls_are_printed() -> None:
    with pytest.raises(OperatorError, match="give the key with --key") as refused:
        base_url("https://ada:hunter2@api.example.com")
    assert "hunter2" not in str(refused.value)


def test_a_body_that_was_compressed_unasked_is_read() -> None:
    packed = gzip.compress(b'{"detail": "no key"}')
    fields = [("content-type", "application/json"), ("content-encoding", "gzip"), ("content-length", str(len(packed)))]
    with always(Outgoing(401, fields, [packed])) as url:
        answer: ReceivedResponse = HttpClient(url, AnswerLimits())(SentRequest("GET", "/v1/models"))
    assert answer.json == {"detail": "no key"}
