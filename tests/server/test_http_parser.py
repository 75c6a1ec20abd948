"""Parsing requests: both parsers keep the same rules, wherever the bytes are cut."""

import pytest

from mockserver.server.h11_parser import H11Parser
from mockserver.server.http_parser import (
    PIECE,
    RefusedRequestError,
    RequestHead,
    RequestParser,
    split_target,
    with_one_host,
)
from mockserver.server.httptools_parser import HttptoolsParser

LIMIT = 64 * 1024
PARSERS: tuple[type[RequestParser], ...] = (HttptoolsParser, H11Parser)

LINE = b"POST /v1/messages?a=1 HTTP/1.1\r\nHost: x\r\n"
CHUNKED = LINE + b"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"
"""A request in chunks, but for its trailers and its end."""


class Events:
    """A recorder of what a parser says."""

    def __init__(self) -> None:
        self.heads: list[RequestHead] = []
        self.bodies: list[bytes] = []
        self.ended = 0

    def on_head(self, head: RequestHead) -> None:
        self.heads.append(head)
        self.bodies.append(b"")

    def on_body(self, data: bytes) -> None:
        self.bodies[-1] += data

    def on_end(self) -> None:
        self.ended += 1


@pytest.fixture(params=PARSERS, ids=["httptools", "h11"])
def made(request: pytest.FixtureRequest) -> tuple[RequestParser, Events]:
    """Return a parser and what it says."""
    events = Events()
    return request.param(events, LIMIT), events


Made = tuple[RequestParser, Events]


@pytest.mark.parametrize("size", [1, 7, 1_000_000])
def test_requests_are_the_same_wherever_the_bytes_are_cut(made: Made, size: int) -> None:
    parser, events = made
    sent = LINE + b"Content-Length: 5\r\n\r\nhello" + CHUNKED + b"\r\n" + b"GET /b HTTP/1.1\r\nhost: y\r\n\r\n"
    feed(parser, sent, size)
    assert [(head.method, head.path, head.query) for head in events.heads] == [
        ("POST", "/v1/messages", b"a=1"),
        ("POST", "/v1/messages", b"a=1"),
        ("GET", "/b", b""),
    ]
    assert events.heads[0].headers == [(b"host", b"x"), (b"content-length", b"5")]
    assert (events.bodies, events.ended) == ([b"hello", b"abc", b""], 3)
    assert not parser.in_head


def test_a_head_that_has_begun_is_seen(made: Made) -> None:
    parser, _ = made
    seen = [parser.in_head]
    for piece in (b"POST /v1/mess", b"ages HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nab"):
        parser.feed(piece)
        seen.append(parser.in_head)
    assert seen == [False, True, False]


def feed(parser: RequestParser, sent: bytes, step: int) -> None:
    """Feed data in pieces of this size."""
    for start in range(0, len(sent), step):
        parser.feed(sent[start : start + step])


def head_of(size: int) -> bytes:
    """Return a request whose target and headers have this size by the parsers' count."""
    fixed = len("/") + len("hostx") + 4 + len("x-a") + 4
    return b"GET / HTTP/1.1\r\nhost: x\r\nx-a: " + b"a" * (size - fixed) + b"\r\n\r\n"


@pytest.mark.parametrize("size", [LIMIT - 64, LIMIT + 1, LIMIT + PIECE, 40 * LIMIT])
@pytest.mark.parametrize("at_once", [True, False])
def test_a_head_larger_than_the_limit_is_431(made: Made, size: int, at_once: bool) -> None:
    parser, events = made
    sent, step = head_of(size), 10**9 if at_once else 1000
    if size <= LIMIT:
        feed(parser, sent, step)
        assert len(events.heads) == 1
        return
    with pytest.raises(RefusedRequestError) as refused:
        feed(parser, sent[: LIMIT + 2 * PIECE] if size > LIMIT + 2 * PIECE else sent, step)
    assert (refused.value.status, events.heads) == (431, [])


ENDLESS = {
    "a name": LINE + b"x" * 5 * LIMIT,
    "a target": b"GET /" + b"a" * 5 * LIMIT,
    "many headers": LINE + b"x-a: 0123456789\r\n" * 8_000,
    "a trailer": CHUNKED + b"x-a: " + b"a" * 5 * LIMIT,
    "many trailers": CHUNKED + b"x-a: 0123456789\r\n" * 8_000,
    "a complete trailer": CHUNKED + b"x-a: " + b"a" * (LIMIT + 1) + b"\r\n\r\n",
}


@pytest.mark.parametrize("case", ENDLESS)
@pytest.mark.parametrize("step", [1000, 10**9])
def test_whatever_of_a_request_never_ends_is_431(made: Made, case: str, step: int) -> None:
    parser, events = made
    with pytest.raises(RefusedRequestError) as refused:
        feed(parser, ENDLESS[case], step)
    assert (refused.value.status, events.ended) == (431, 0)
    assert str(refused.value) == "The request line and headers, or the trailers, exceed 65536 bytes."


def test_a_large_body_is_no_head(made: Made) -> None:
    parser, events = made
    parser.feed(LINE + b"content-length: %d\r\n\r\n" % (5 * LIMIT))
    parser.feed(b"a" * 5 * LIMIT)
    parser.feed(LINE + b"transfer-encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * LIMIT + b"0\r\n\r\n")
    assert ([len(body) for body in events.bodies], events.ended) == ([5 * LIMIT, LIMIT], 2)


def test_trailers_are_dropped_and_stay_out_of_the_next_request(made: Made) -> None:
    parser, events = made
    parser.feed(CHUNKED + b"x-api-key: sk_a\r\nx-mock-session: s\r\n\r\n" + b"GET /b HTTP/1.1\r\nhost: y\r\n\r\n")
    names = [[name for name, _ in head.headers] for head in events.heads]
    assert (names, events.ended) == ([[b"host", b"transfer-encoding"], [b"host"]], 2)


HIDDEN = b"0\r\n\r\nGET /hidden HTTP/1.1\r\nhost: x\r\n\r\n"
"""The end of chunks, and another request for a server that reads the chunks and not the length."""

LENGTH = b"content-length: %d\r\n" % len(HIDDEN)

MALFORMED = (
    LINE + LENGTH + b"transfer-encoding: chunked\r\n\r\n" + HIDDEN,
    LINE + b"transfer-encoding: chunked\r\n" + LENGTH + b"\r\n" + HIDDEN,
    LINE + b"upgrade: a\r\nconnection: upgrade\r\n" + LENGTH + b"transfer-encoding: chunked\r\n\r\n" + HIDDEN,
    LINE + b"transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n" + HIDDEN,
    LINE + b"transfer-encoding: chunked, identity\r\n\r\n" + HIDDEN,
    LINE + b"transfer-encoding: xchunked\r\n" + LENGTH + b"\r\n" + HIDDEN,
    LINE + b"transfer-encoding : chunked\r\n\r\n" + HIDDEN,
    LINE + b"content-length: 0\r\n" + LENGTH + b"\r\n" + HIDDEN,
    LINE + b"content-length: +5\r\n\r\nhello",
    LINE + b"transfer-encoding: chunked\r\n\r\n+" + HIDDEN,
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    b"GET /\xff\xfe HTTP/1.1\r\nhost: x\r\n\r\n",
    b"GET /v1/models HTTP/1.1\r\nhost\r\n\r\n",
    LINE + b"content-length: many\r\n\r\n",
    LINE + b"transfer-encoding: chunked\r\n\r\nZZ\r\n",
    b"CONNECT example.com:443 HTTP/1.1\r\nhost: x\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nhost: x\r\nhost: x\r\n\r\n",
    b"GET / HTTP/1.0\r\nhost: x\r\nhost: y\r\n\r\n",
    b"GET / HTTP/1.1\r\nhost: x y\r\n\r\n",
    b"GET / HTTP/1.1\r\nhost: http://x\r\n\r\n",
    b"GET / HTTP/1.1\r\nhost: [::1\r\n\r\n",
    b"GET http://x/ HTTP/1.1\r\n\r\n",
    b"GET http://me@x/ HTTP/1.1\r\nhost: x\r\n\r\n",
    b"GET http:///a HTTP/1.1\r\nhost: x\r\n\r\n",
)


@pytest.mark.parametrize("sent", MALFORMED)
def test_what_is_malformed_is_400(made: Made, sent: bytes) -> None:
    with pytest.raises(RefusedRequestError) as refused:
        made[0].feed(sent)
    assert refused.value.status == 400


HOSTS: tuple[tuple[bytes, list[bytes]], ...] = (
    (b"GET /a HTTP/1.1\r\nhost: [::1]:8000", [b"[::1]:8000"]),
    (b"GET /a HTTP/1.1\r\nhost: [fe80::1%25eth0]", [b"[fe80::1%25eth0]"]),
    (b"GET /a HTTP/1.1\r\nhost:", [b""]),
    (b"GET /a HTTP/1.1\r\nhost:  my_gateway.example.com:80 ", [b"my_gateway.example.com:80"]),
    (b"GET /a HTTP/1.0", []),
    (b"GET http://other:80/a?b HTTP/1.1\r\nhost: x", [b"other:80"]),
    (b"GET http://other?b HTTP/1.1\r\nhost: x", [b"other"]),
    (b"GET http://other/a HTTP/1.0", [b"other"]),
    (b"OPTIONS * HTTP/1.1\r\nhost: x", [b"x"]),
)


@pytest.mark.parametrize(("head", "hosts"), HOSTS)
def test_the_host_is_that_of_the_target_before_that_of_its_header(made: Made, head: bytes, hosts: list[bytes]) -> None:
    parser, events = made
    parser.feed(head + b"\r\n\r\n")
    assert [value.strip() for name, value in events.heads[0].headers if name == b"host"] == hosts


@pytest.mark.parametrize("upgrade", ["websocket", "h2c"])
def test_an_upgrade_is_ignored(made: Made, upgrade: str) -> None:
    parser, events = made
    headers = f"connection: upgrade\r\nupgrade: {upgrade}\r\ncontent-length: 2\r\n\r\nab".encode()
    parser.feed(LINE + headers + b"GET /b HTTP/1.1\r\nhost: y\r\n\r\n")
    assert ([head.path for head in events.heads], events.bodies) == (["/v1/messages", "/b"], [b"ab", b""])


@pytest.mark.parametrize(
    ("line", "headers", "keeps"),
    [
        (b"GET / HTTP/1.1", b"host: x", True),
        (b"GET / HTTP/1.1", b"host: x\r\nconnection: close", False),
        (b"GET / HTTP/1.0", b"host: x\r\nconnection: keep-alive", False),
    ],
)
def test_after_a_request_that_closes_nothing_is_parsed(made: Made, line: bytes, headers: bytes, keeps: bool) -> None:
    parser, events = made
    parser.feed(line + b"\r\n" + headers + b"\r\n\r\n")
    parser.feed(b"GET /b HTTP/1.1\r\nhost: y\r\n\r\n")
    assert events.heads[0].keep_alive is keeps
    if b"close" in headers:
        assert len(events.heads) == 1


@pytest.mark.parametrize(
    ("target", "parts"),
    [
        (b"/a%20b?c=d#e", ("/a b", b"/a%20b", b"c=d")),
        (b"*", ("*", b"*", b"")),
        (b"http://example.com/a?b", ("/a", b"/a", b"b")),
        (b"http://example.com", ("/", b"/", b"")),
        (b"http://example.com?b=/c", ("/", b"/", b"b=/c")),
    ],
)
def test_targets_are_split(target: bytes, parts: tuple[str, bytes, bytes]) -> None:
    assert split_target(target) == parts


@pytest.mark.parametrize("parser", PARSERS)
def test_a_bug_of_ours_is_no_malformed_request(parser: type[RequestParser]) -> None:
    class Broken(Events):
        def on_head(self, head: RequestHead) -> None:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        parser(Broken(), LIMIT).feed(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")


@pytest.mark.parametrize("parser", PARSERS)
def test_a_parser_that_is_closed_is_garbage(parser: type[RequestParser]) -> None:
    made = parser(Events(), LIMIT)
    made.feed(b"GET / HTTP")
    made.close()


WRONG_HOSTS: dict[str, tuple[list[bytes], bytes]] = {
    "needs one Host header; this one has 0": ([], b"/"),
    "needs one Host header; this one has 2": ([b"a", b"a"], b"/"),
    "The Host header is no host": ([b"a b"], b"/"),
    "The target names no host": ([b"a"], b"http://a b/"),
}


@pytest.mark.parametrize("said", WRONG_HOSTS)
def test_a_refusal_says_what_is_wrong_with_the_host(said: str) -> None:
    hosts, target = WRONG_HOSTS[said]
    with pytest.raises(RefusedRequestError, match=said):
        with_one_host([(b"host", host) for host in hosts], target, "1.1")
