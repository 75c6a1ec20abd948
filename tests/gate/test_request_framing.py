"""The target and the body of a request that http.server has read the head of: what they are, and what is refused."""

from http.client import parse_headers
from http.server import BaseHTTPRequestHandler
from io import BytesIO

import pytest

from mockserver.contracts.request_framing import read_body, read_target

CHUNKED = b"transfer-encoding: chunked\r\n\r\n"


def body_of(rest: bytes) -> bytes | None:
    """Return the body of a request whose head and body these bytes are, without the first line."""
    handler = BaseHTTPRequestHandler.__new__(BaseHTTPRequestHandler)
    handler.rfile = BytesIO(rest)
    handler.headers = parse_headers(handler.rfile)
    return read_body(handler)


READ = (
    (b"\r\nmore", None),
    (b"content-length: 2\r\n\r\nhello", b"he"),
    (b"content-length: 2\r\ncontent-length: 2\r\n\r\nhello", b"he"),
    (CHUNKED + b"2\r\nhe\r\n3;a=b\r\nllo\r\n0\r\nx-trailer: a\r\n\r\nmore", b"hello"),
)


@pytest.mark.parametrize(("rest", "body"), READ)
def test_a_body_ends_where_http_says(rest: bytes, body: bytes | None) -> None:
    assert body_of(rest) == body


REFUSED = (
    b"x-a : b\r\n\r\n",
    b"x-a: b\r\n c\r\n\r\n",
    b"content-length: +2\r\n\r\nhe",
    b"content-length: 2\r\ncontent-length: 3\r\n\r\nhel",
    b"content-length: 5\r\n" + CHUNKED + b"0\r\n\r\n",
    b"transfer-encoding: gzip\r\n\r\n",
    CHUNKED + b"2\r\nhello\r\n0\r\n\r\n",
    CHUNKED + b"-1\r\n\r\n",
    CHUNKED + b"0\n\n",
    CHUNKED + b"10000000000000000\r\n\r\n",
)


@pytest.mark.parametrize("rest", REFUSED)
def test_what_has_no_certain_end_is_refused(rest: bytes) -> None:
    with pytest.raises(ValueError, match=r"^(a|an|the) "):
        body_of(rest)


def target_of(target: str, head: bytes, version: str = "HTTP/1.1") -> str:
    """Return the path and query of a request with this target and head."""
    handler = BaseHTTPRequestHandler.__new__(BaseHTTPRequestHandler)
    handler.path, handler.request_version = target, version
    handler.headers = parse_headers(BytesIO(head + b"\r\n"))
    return read_target(handler)


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/a?b=http://c", "/a?b=http://c"),
        ("http://other:80/a?b", "/a?b"),
        ("http://other", "/"),
        ("*", "*"),
    ],
)
def test_the_path_of_a_target_is_found(target: str, path: str) -> None:
    assert target_of(target, b"host: [::1]:80\r\n") == path


def test_a_request_of_http_1_0_needs_no_host() -> None:
    assert target_of("/a", b"", "HTTP/1.0") == "/a"


@pytest.mark.parametrize("head", [b"", b"host: a\r\nhost: a\r\n", b"host: a b\r\n", b"host: http://a\r\n"])
def test_a_request_without_one_host_is_refused(head: bytes) -> None:
    with pytest.raises(ValueError, match="not exactly one valid Host"):
        target_of("/a", head)
