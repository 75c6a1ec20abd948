"""A memo of the last head on a connection: a client repeats it letter by letter, so it need not be parsed again.

Theory. Parsing depends on nothing but the bytes, as long as the parser stands between two requests. So a request that
comes in one piece, begins with the bytes of the last head (the digits of its content-length aside) and has exactly as
much body as it says, has the head that was parsed before. Everything else goes to the parser: a head in pieces, a body
in pieces or in chunks, pipelined requests, and heads after which the connection closes.

The connections of a server share the heads that they know, so the head of a client that connects anew is recalled too.
"""

from typing import NamedTuple, TypeAlias

from mockserver.server.http_parser import RequestHead

LONGEST = 8 * 1024
"""Bytes of a head that is remembered."""
MOST_HEADS = 64
"""Heads that the connections of a server know."""
_LENGTH = b"content-length"
_END = b"\r\n\r\n"
_MOST_DIGITS = 8
_MOST_LENGTHS = 32
"""Lengths whose heads are remembered: the requests of one client differ in little else."""


class KnownHead(NamedTuple):
    """A raw head: what is before the digits of its content-length, where they start, and what is behind them.

    `heads` has the parsed head by these digits, and the size of a request with it.
    """

    before: bytes
    start: int
    after: bytes
    heads: dict[bytes, tuple[RequestHead, int]]


KnownHeads: TypeAlias = dict[bytes, KnownHead]
"""The heads that the connections of a server know, by their raw bytes, the oldest first."""


class HeadMemo:
    """The last head of a connection. `known` are the heads of all connections of its server."""

    __slots__ = ("_known", "_last")

    def __init__(self, known: KnownHeads) -> None:
        self._known = known
        self._last: KnownHead | None = None

    def learn(self, data: bytes, head: RequestHead) -> None:
        """Remember the head of a request that has just been parsed from these bytes alone, if it can be repeated."""
        self._last = None
        size = data.find(_END) + len(_END)
        lengths = [value for name, value in head.headers if name == _LENGTH]
        if not head.keep_alive or len(lengths) != 1 or not len(_END) <= size <= LONGEST or not lengths[0].isdigit():
            return
        start = data[:size].lower().find(b"\r\n" + _LENGTH + b":")
        start = data.find(lengths[0], start + len(_LENGTH) + 3, size)
        if size + int(lengths[0]) != len(data) or data[start - 1 : start] not in (b":", b" "):
            return
        end, known = start + len(lengths[0]), self._known
        if len(known) >= MOST_HEADS:
            del known[next(iter(known))]
        heads = {lengths[0]: (head, len(data))}
        self._last = known[data[:size]] = KnownHead(data[:start], start, data[end:size], heads)

    def recall(self, data: bytes) -> tuple[RequestHead, bytes] | None:
        """Return the head and the body of one whole request, or None if the parser has to read these bytes."""
        last = self._last
        if last is None or not data.startswith(last.before):
            last = self._last = self._known.get(data[: data.find(_END) + len(_END)])
            if last is None:
                return None
        _, start, after, heads = last
        end = data.find(b"\r\n", start, start + _MOST_DIGITS + 2)
        head = heads.get(data[start:end]) or _with_length(last, data[start:end])
        if head is None or len(data) != head[1] or not data.startswith(after, end):
            return None
        return head[0], data[end + len(after) :]


def _with_length(known: KnownHead, digits: bytes) -> tuple[RequestHead, int] | None:
    """Return the head with another content-length, and the size of a request with it."""
    if not digits.isdigit():
        return None
    before, _, after, heads = known
    head = next(iter(heads.values()))[0].with_length(digits)
    size = len(before) + len(digits) + len(after) + int(digits)
    if len(heads) >= _MOST_LENGTHS:
        heads.clear()
    made = heads[digits] = head, size
    return made
