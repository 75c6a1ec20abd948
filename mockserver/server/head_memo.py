"""A memo of the last head on a connection: a client repeats it letter by letter, so it need not be parsed again.

Theory. Parsing depends on nothing but the bytes, as long as the parser stands between two requests. So a request that
comes in one piece, begins with the bytes of the last head (the digits of its content-length aside) and has exactly as
much body as it says, has the head that was parsed before. Everything else goes to the parser: a head in pieces, a body
in pieces or in chunks, pipelined requests, and heads after which the connection closes.
"""

from mockserver.server.http_parser import RequestHead

LONGEST = 8 * 1024
"""Bytes of a head that is remembered."""
_LENGTH = b"content-length"
_MOST_DIGITS = 8
_MOST_LENGTHS = 32
"""Lengths whose heads are remembered: the requests of one client differ in little else."""


class HeadMemo:
    """The last head of a connection."""

    __slots__ = ("_after", "_before", "_heads", "_start")

    def __init__(self) -> None:
        self._before = self._after = b""
        """The raw head: up to the digits of its content-length, and after them."""
        self._start = 0
        self._heads: dict[bytes, tuple[RequestHead, int]] = {}
        """The head by the digits of its content-length, and the size of a request with it."""

    def learn(self, data: bytes, head: RequestHead) -> None:
        """Remember the head of a request that has just been parsed from these bytes alone, if it can be repeated."""
        self._heads = {}
        size = data.find(b"\r\n\r\n") + 4
        lengths = [value for name, value in head.headers if name == _LENGTH]
        if not head.keep_alive or len(lengths) != 1 or not 4 <= size <= LONGEST or not lengths[0].isdigit():
            return
        start = data[:size].lower().find(b"\r\n" + _LENGTH + b":")
        start = data.find(lengths[0], start + len(_LENGTH) + 3, size)
        if size + int(lengths[0]) != len(data) or data[start - 1 : start] not in (b":", b" "):
            return
        end = start + len(lengths[0])
        self._before, self._start, self._after = data[:start], start, data[end:size]
        self._heads[lengths[0]] = head, len(data)

    def recall(self, data: bytes) -> tuple[RequestHead, bytes] | None:
        """Return the head and the body of one whole request, or None if the parser has to read these bytes."""
        heads, start = self._heads, self._start
        if not heads or not data.startswith(self._before):
            return None
        end = data.find(b"\r\n", start, start + _MOST_DIGITS + 2)
        known = heads.get(data[start:end]) or self._with_length(data[start:end])
        if known is None or len(data) != known[1] or not data.startswith(self._after, end):
            return None
        return known[0], data[end + len(self._after) :]

    def _with_length(self, digits: bytes) -> tuple[RequestHead, int] | None:
        """Return the head with another content-length, and the size of a request with it."""
        if not digits.isdigit():
            return None
        head = next(iter(self._heads.values()))[0].with_length(digits)
        size = len(self._before) + len(digits) + len(self._after) + int(digits)
        if len(self._heads) >= _MOST_LENGTHS:
            self._heads.clear()
        known = self._heads[digits] = head, size
        return known
