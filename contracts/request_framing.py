"""The target and the body of a request that http.server has read the head of, by the letter of RFC 9112.

http.server takes heads that HTTP does not allow, and leaves target and body to its caller. The reference gateway and
the relay use this in place of a lenient reading of their own: where one server ends a request and another one goes on,
what is between is a request that nobody has sent.
"""

import re
from email import errors
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit, urlunsplit

_SIZE = re.compile(rb"([0-9a-fA-F]{1,15})[ \t]*(;[^\r\n]*)?\r\n")
"""The line of a chunk: its size, and extensions, which are ignored."""

HOST = re.compile(r"(?:[\w.~!$&'()*+,;=%-]*|\[[0-9A-Fa-f:.]+(?:%25[\w.~-]+)?\])(?::[0-9]*)?", re.ASCII)
"""A host with or without a port (RFC 3986)."""

LONGEST_LINE = 65_536

OF_THE_HEAD = (
    errors.FirstHeaderLineIsContinuationDefect,
    errors.MisplacedEnvelopeHeaderDefect,
    errors.MissingHeaderBodySeparatorDefect,
    errors.HeaderDefect,
)
"""The defects of a head. Others are of the body, such as a multipart one without its boundary."""


def read_target(handler: BaseHTTPRequestHandler) -> str:
    """Return the path and the query of a request. Raises `ValueError` if Host is missing, comes twice or is no host."""
    hosts = handler.headers.get_all("host", [])
    is_missing = not hosts and handler.request_version != "HTTP/1.0"
    if is_missing or len(hosts) > 1 or not all(HOST.fullmatch(host.strip()) for host in hosts):
        raise ValueError("not exactly one valid Host")
    if "://" not in handler.path or handler.path.startswith("/"):
        return handler.path
    parts = urlsplit(handler.path)
    return urlunsplit(("", "", parts.path or "/", parts.query, ""))


def read_body(handler: BaseHTTPRequestHandler) -> bytes | None:
    """Return the body of a request, or None. Raises `ValueError` if its head is malformed or its end is not known."""
    headers = handler.headers
    if any(isinstance(defect, OF_THE_HEAD) for defect in headers.defects) or any(
        "\n" in value for value in headers.values()
    ):
        raise ValueError("a line of the head is no header, or is folded")
    codings, lengths = headers.get_all("transfer-encoding", []), headers.get_all("content-length", [])
    if codings and (lengths or [coding.strip().lower() for coding in codings] != ["chunked"]):
        raise ValueError("an unknown transfer coding, or one beside a length")
    if codings:
        return _read_chunks(handler)
    if len({*lengths}) > 1 or not all(re.fullmatch("[0-9]+", length.strip()) for length in lengths):
        raise ValueError("the length is no number, or there are several")
    return handler.rfile.read(int(lengths[0])) if lengths else None


def _read_chunks(handler: BaseHTTPRequestHandler) -> bytes:
    pieces = []
    while size := _size_of(handler.rfile.readline(LONGEST_LINE)):
        pieces.append(handler.rfile.read(size))
        if handler.rfile.read(2) != b"\r\n":
            raise ValueError("a chunk is longer than its size")
    while handler.rfile.readline(LONGEST_LINE).strip():  # trailers
        pass
    return b"".join(pieces)


def _size_of(line: bytes) -> int:
    match = _SIZE.fullmatch(line)
    if match is None:
        raise ValueError("the size of a chunk is no number, or its line has no end")
    return int(match[1], 16)
