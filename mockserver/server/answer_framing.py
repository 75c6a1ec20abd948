"""Framing: how an answer is laid on an HTTP/1.1 connection, as bytes. Every outlet of this server uses it.

Rules (RFC 9112, sections 6 and 9):

- A body is framed by its content-length, else it goes out in chunks. The answer to HEAD, 204 and 304 have none.
- Every answer has the server's headers (`date`) first. `connection: close` is added where the connection ends.
- Names and values are checked, so that no answer can break out of its head.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from http import HTTPStatus
from typing import NamedTuple

_BAD_NAME = re.compile(r'[\x00-\x1f\x7f()<>@,;:\[\]={} \t\\"]')
_PRINTED = bytes([byte for byte in range(256) if byte == 9 or (byte >= 32 and byte != 127)])
_BODILESS = frozenset({204, 304})
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
FAILED = b"Internal Server Error"
FAILED_HEADERS = (
    ("content-type", "text/plain; charset=utf-8"),
    ("content-length", str(len(FAILED))),
    ("connection", "close"),
)
"""The head of the answer where none can be given, a 500."""


def _status_line(status: int) -> bytes:
    phrase = HTTPStatus(status).phrase if status in _STATUSES else ""
    return f"HTTP/1.1 {status} {phrase}\r\n".encode("ascii")


_STATUSES = frozenset(status.value for status in HTTPStatus)
STATUS_LINES: Mapping[int, bytes] = {status: _status_line(status) for status in range(100, 600)}


def header_lines(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return headers as the lines of a head."""
    return b"".join([name + b": " + value + b"\r\n" for name, value in headers])


class _Shape(NamedTuple):
    """What the names of a head say: its lines with a place for each value, and where the headers of framing are.

    `ends` is what is left of the lines without printed characters. `length` is the place of the content-length where
    no other header frames the body, -1 where none does at all, and None where framing has to be looked at closely.
    """

    form: str
    framing: tuple[tuple[str, int], ...]
    ends: bytes
    length: int | None


@lru_cache(maxsize=1_024)
def _shape(names: tuple[str, ...]) -> _Shape:
    """Return the shape of a head with these names, most of which come again and again. Raises `RuntimeError`."""
    lowered = [name.lower() for name in names]
    if any(_BAD_NAME.search(name) for name in names):
        raise RuntimeError(f"invalid name of a header among {', '.join(names)!r}")
    form = "".join([f"{name.replace('%', '%%')}: %s\r\n" for name in lowered])
    framing = tuple([(name, place) for place, name in enumerate(lowered) if name in _FRAMING])
    length = framing[0][1] if len(framing) == 1 and framing[0][0] == "content-length" else None
    return _Shape(form, framing, b"\r\n" * len(names), length if framing else -1)


_FRAMING = frozenset({"content-length", "transfer-encoding", "connection"})


def whole_answer(status: int, headers: Sequence[tuple[str, str]], common: bytes, body: bytes) -> bytes | None:
    """Return head and body of an answer after which the connection stays open, as `AnswerFraming` frames them.

    Return None for an answer that has to go through `AnswerFraming`: its framing is unusual, wrong, or has no body.
    """
    names, values = zip(*headers) if headers else ((), ())  # noqa: B905 - pairs are as long as each other
    form, _, ends, length = _shape(names)
    if length is None or not body or status in _BODILESS:
        return None
    fields = (form % values).encode("latin-1")
    if fields.translate(None, _PRINTED) != ends:
        return None
    if length < 0:
        chunked = b"%b%b%btransfer-encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n"
        return chunked % (STATUS_LINES[status], common, fields, len(body), body)
    if values[length] != str(len(body)):
        return None
    return b"%b%b%b\r\n%b" % (STATUS_LINES[status], common, fields, body)


class AnswerFraming:
    """The framing of one answer. `keep_alive` says whether the connection stays open after it."""

    __slots__ = ("_is_chunked", "_is_head", "_left", "has_started", "is_complete", "keep_alive")

    def __init__(self, *, is_head: bool, keep_alive: bool) -> None:
        self._is_head = is_head
        self._is_chunked: bool | None = None
        self._left = 0
        """The bytes that the content-length still wants."""
        self.has_started = False
        self.is_complete = False
        self.keep_alive = keep_alive

    def head(self, status: int, headers: Sequence[tuple[str, str]], common: bytes) -> bytes:
        """Return the head; `common` are lines that every answer has. Raises `RuntimeError` for an invalid header."""
        self.has_started = True
        names, values = zip(*headers) if headers else ((), ())  # noqa: B905 - pairs are as long as each other
        shape, says_close = _shape(names), False
        for name, place in shape.framing:
            value = values[place].lower()
            if name == "content-length" and self._is_chunked is None:
                self._left, self._is_chunked = int(value), False
            elif name == "transfer-encoding" and value == "chunked":
                self._left, self._is_chunked = 0, True
            elif name == "connection" and "close" in value:
                self.keep_alive, says_close = False, True
        fields = (shape.form % values).encode("latin-1")
        if fields.translate(None, _PRINTED) != shape.ends:
            raise RuntimeError("the value of a header has a control character")
        ending = b"\r\n" if self.keep_alive or says_close else b"connection: close\r\n\r\n"
        if self._is_chunked is None and not self._is_head and status not in _BODILESS:
            self._is_chunked = True
            ending = ending[:-2] + b"transfer-encoding: chunked\r\n\r\n"
        return STATUS_LINES[status] + common + fields + ending

    def body(self, data: bytes, *, more: bool) -> bytes:
        """Return a piece of the body, framed; the last one unless `more` follows. Raises `RuntimeError` if too long."""
        if self._is_head:
            framed, self._left = b"", 0
        elif self._is_chunked:
            framed = b"%x\r\n%b\r\n" % (len(data), data) if data else b""
            if not more:
                framed += b"0\r\n\r\n"
        else:
            self._left -= len(data)
            if self._left < 0:
                raise RuntimeError("the body is longer than its content-length")
            framed = data
        if not more:
            self.is_complete = not self._left
        return framed
