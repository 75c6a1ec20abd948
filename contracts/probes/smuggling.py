"""Probes with requests whose end is ambiguous or malformed, sent as bytes.

Where two servers in a row disagree about the end of a request, what is between is a request that nobody sent: its
answer goes to somebody else. Each case hides such a request in a body, or breaks a rule of the head. Behind it, on the
same connection, an ordinary request must get its own answer.

No case asks a model. A target that leaves some of them unanswered is left alone.
"""

from collections.abc import Iterator
from typing import NamedTuple

from mockserver.contracts.client import Client
from mockserver.contracts.probe import probe
from mockserver.contracts.raw_requests import NOWHERE, RawRequests

FLOOD = 100_000
"""Bytes of the extensions of one chunk."""


class Envelope(NamedTuple):
    """A request with a hidden one: what it is, the lines of its head, and what is before and after the hidden one.

    `%d` in the lines becomes the length of the body. With `in_chunk` the hidden request is a chunk, whose size has this
    `extension`, and `%d` the length of the line with the size.
    """

    name: str
    lines: bytes
    before: bytes
    after: bytes = b""
    in_chunk: bool = False
    extension: bytes = b""


LAST = b"0\r\n\r\n"
"""The end of a body in chunks."""

CODINGS = {
    "Transfer-Encoding: chunked": b"Transfer-Encoding: chunked\r\n",
    "a misspelt coding": b"Transfer-Encoding: xchunked\r\n",
    "chunked twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    "chunked not last": b"Transfer-Encoding: chunked, identity\r\n",
    "a space before the colon": b"Transfer-Encoding : chunked\r\n",
    "a control character before chunked": b"Transfer-Encoding: \x0bchunked\r\n",
    "a folded line": b"Transfer-Encoding:\r\n chunked\r\n",
    "a line that ends with LF": b"X-Gate: a\nTransfer-Encoding: chunked\r\n",
}
"""What is wrong -> lines that some servers read as a body in chunks."""

LENGTH = b"Content-Length: %d\r\n"


def envelopes() -> Iterator[Envelope]:
    """Yield every request with a hidden one: beside a length, behind two lengths, behind a size that is none."""
    for name, lines in CODINGS.items():
        yield Envelope(f"{name} beside Content-Length, hidden behind the chunks", LENGTH + lines, LAST)
        yield Envelope(f"{name} beside Content-Length, hidden in a chunk", LENGTH + lines, b"", LAST, in_chunk=True)
    chunked = CODINGS["Transfer-Encoding: chunked"]
    yield Envelope("Content-Length behind Transfer-Encoding", chunked + LENGTH, LAST)
    yield Envelope("two values of Content-Length, the first is 0", b"Content-Length: 0\r\n" + LENGTH, b"")
    yield Envelope("two values of Content-Length, the last is 0", LENGTH + b"Content-Length: 0\r\n", b"")
    yield Envelope("the size of a chunk beyond 64 bits", chunked, b"10000000000000000\r\n\r\n")
    yield Envelope("the size of a chunk with a sign", chunked, b"+" + LAST)
    flood = b";" + b"a" * FLOOD
    yield Envelope("a flood of chunk extensions", chunked, b"", LAST, in_chunk=True, extension=flood)


MALFORMED = {
    "Content-Length that is no number": b"Content-Length: many\r\n",
    "Content-Length with a sign": b"Content-Length: -1\r\n",
    "two values of Content-Length": b"Content-Length: 0\r\nContent-Length: 1\r\n",
    "an unknown transfer coding": b"Transfer-Encoding: xchunked\r\n",
    "a space before the colon": b"X-Gate : a\r\n",
    "the size of a chunk that is no number": b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
}
"""What is wrong -> the lines of a head that HTTP wants to be refused."""


def _sealed(wire: RawRequests, envelope: Envelope) -> bytes:
    """Return the bytes of a case: the request with the hidden one."""
    hidden = wire.request("GET", NOWHERE)
    size = b"%x%s\r\n" % (len(hidden), envelope.extension)
    body = envelope.before + (size + hidden + b"\r\n" if envelope.in_chunk else hidden) + envelope.after
    length = len(size) if envelope.in_chunk else len(body)
    lines = envelope.lines.replace(b"%d", b"%d" % length)
    return wire.request("POST", wire.quiet.path, lines, body)


@probe("one-request-one-answer", profiles=["smoke", "full"])
def hidden_requests(client: Client) -> None:
    """Hide a request in the body of another, in each way; then ask an ordinary one."""
    wire = RawRequests.prepared(client)
    for envelope in envelopes():
        answers = wire.ask(_sealed(wire, envelope), wire.ordinary())
        came = answers.statuses
        if len(came) < 2:  # closed: the next client may be given the hidden one's answer on another connection
            came += wire.ask(wire.ordinary()).statuses
        is_stolen = len(came) == 2 and came[-1] == wire.hidden_status != wire.status
        got = f"{envelope.name}: 2 requests were answered {', '.join(map(str, came))}"
        client.check("one-request-one-answer", len(came) <= 2 and not is_stolen, got)


@probe("framing-refused", profiles=["smoke", "full"])
def malformed_heads(client: Client) -> None:
    """Send a request that is valid but for one line of its head; then ask an ordinary one."""
    wire = RawRequests.prepared(client)
    for name, lines in MALFORMED.items():
        came = wire.ask(wire.request("GET", wire.quiet.path, lines), wire.ordinary()).statuses
        is_kept_open = len(came) > 1 and 200 <= came[0] < 300
        client.check("framing-refused", not is_kept_open, f"{name}: it was answered {came[0] if came else 'nothing'}")


PROBES = (
    hidden_requests,
    malformed_heads,
)
