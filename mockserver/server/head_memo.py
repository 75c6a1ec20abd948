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


class HeadMemo:
    """The last head of a connection."""

    __slots__ = ("_after", "_before", "_digits", "_head")

    def __init__(self) -> None:
        self._head: RequestHead | None = None
        self._before = self._digits = self._after = b""
        """The raw head: up to the digits of its content-length, they, and the rest."""

    def learn(self, data: bytes, head: RequestHead) -> None:
        """Remember the head of a request that has just been parsed from these bytes alone, if it can be repeated."""
        self._head = None
        size = data.find(b"\r\n\r\n") + 4
        lengths = [value for name, value in head.headers if name == _LENGTH]
        if not head.keep_alive or len(lengths) != 1 or not 4 <= size <= LONGEST or not lengths[0].isdigit():
            return
        start = data[:size].lower().find(b"\r\n" + _LENGTH + b":")
        start = data.find(lengths[0], start + len(_LENGTH) + 3, size)
        if size + int(lengths[0]) != len(data) or data[start - 1 : start] not in (b":", b" "):
            return
        end = start + len(lengths[0])
        self._before, self._digits, self._after, self._head = data[:start], lengths[0], data[end:size], head

    def recall(self, data: bytes) -> tuple[RequestHead, bytes] | None:
        """Return the head and the body of one whole request, or None if the parser has to read these bytes."""
        head = self._head
        if head is None or not data.startswith(self._before):
            return None
        start = len(self._before)
        end = start + len(self._digits)
        if not (data.startswith(self._digits, start) and data.startswith(self._after, end)):
            end = data.find(b"\r\n", start, start + _MOST_DIGITS + 2)
            digits = data[start:end]
            if not (digits.isdigit() and data.startswith(self._after, end)):
                return None
            head = self._head = head.with_length(digits)
            self._digits = digits
        size = end + len(self._after)
        return (head, data[size:]) if len(data) == size + int(self._digits) else None
