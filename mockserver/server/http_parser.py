"""Parsing HTTP/1 requests: bytes in, events out, without I/O.

`HttptoolsParser` (llhttp, in C) is the fast one; `H11Parser` takes its place where httptools is missing. Both keep the
same rules:

- **The head is bounded.** Request line and headers may have `limit` bytes in all. Both libraries join the pieces of
  one header, which costs the square of its size; so data is fed in small pieces, and refused soon after the limit.
- **Trailers are no headers.** Fields after a chunked body count against the same limit and are dropped (RFC 9110,
  section 6.5.1: a recipient must not merge them into the headers unless it knows that this is safe).
- **A request has one host** (RFC 9112, section 3.2): a missing, repeated or malformed `Host` is refused, and the
  authority of a target in absolute form takes its place.
- **Upgrades are ignored** (RFC 9110, section 7.8): the request is parsed as any other, and so is what follows it.
- **After `Connection: close`** nothing more is parsed.
"""

import re
from typing import Protocol
from urllib.parse import unquote

import msgspec

from mockserver.core.headers import RequestHeaders
from mockserver.core.lazy import lazy_property

PIECE = 16 * 1024
"""The bytes that are fed at once."""
FIELD = 4
"""The bytes of a header beside its name and value: a colon, a space and the end of the line."""


_HOST = re.compile(rb"(?:[\w.~!$&'()*+,;=%-]*|\[[0-9A-Fa-f:.]+(?:%25[\w.~-]+)?\])(?::[0-9]*)?")
"""A host with or without a port, as RFC 3986 writes them."""

Headers = list[tuple[bytes, bytes]]


class RefusedRequestError(Exception):
    """A request that cannot be parsed, is too large or is too late: the status and the words of the refusal."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def malformed() -> RefusedRequestError:
    """Return the refusal of what is no HTTP."""
    return RefusedRequestError(400, "Malformed HTTP request.")


def too_large(limit: int) -> RefusedRequestError:
    """Return the refusal of a head or trailers that exceed the limit."""
    return RefusedRequestError(431, f"The request line and headers, or the trailers, exceed {limit} bytes.")


def too_late(part: str, seconds: float) -> RefusedRequestError:
    """Return the refusal of a part of a request that did not come in time."""
    return RefusedRequestError(408, f"The {part} did not come within {seconds:g} seconds.")


class RequestHead(msgspec.Struct, frozen=True, dict=True):
    """The head of a request. Header names are in lower case."""

    method: str
    path: str
    raw_path: bytes
    query: bytes
    version: str
    headers: Headers
    keep_alive: bool

    @lazy_property
    def expects_continue(self) -> bool:
        """Whether the client waits for `100 Continue` before it sends the body."""
        return any(name == b"expect" and value.lower() == b"100-continue" for name, value in self.headers)

    @lazy_property
    def fields(self) -> RequestHeaders:
        """The headers by name; of a repeated one the last."""
        return RequestHeaders({name.decode("latin-1"): value.decode("latin-1") for name, value in self.headers})

    def with_length(self, digits: bytes) -> "RequestHead":
        """Return the same head with another content-length."""
        headers = [(name, digits if name == b"content-length" else value) for name, value in self.headers]
        return msgspec.structs.replace(self, headers=headers)


class ParserEvents(Protocol):
    """What is called for each part of a request, in this order."""

    def on_head(self, head: RequestHead) -> None:
        """Receive a complete head."""
        ...

    def on_body(self, data: bytes) -> None:
        """Receive a piece of the body."""
        ...

    def on_end(self) -> None:
        """Learn that the request is complete."""
        ...


class RequestParser(Protocol):
    """A parser of one connection's requests."""

    in_head: bool
    """Whether a head has begun and is not complete."""

    def __init__(self, events: ParserEvents, limit: int) -> None: ...

    def feed(self, data: bytes) -> None:
        """Parse data and call the events. Raise `RefusedRequestError`; nothing may be fed after that."""
        ...

    def close(self) -> None:
        """Let go of the connection, so that no cycle of references is left."""
        ...


def with_one_host(headers: Headers, target: bytes, version: str) -> Headers:
    """Return the headers of a request with its host: the authority of its target, if that has one, else `Host`.

    Raise `RefusedRequestError` if `Host` is missing, comes twice or is no host.
    """
    hosts = [value for name, value in headers if name == b"host"]
    if len(hosts) > 1 or (not hosts and version == "1.1"):
        raise RefusedRequestError(400, f"A request needs one Host header; this one has {len(hosts)}.")
    if hosts and not _HOST.fullmatch(hosts[0].strip(b" \t")):
        raise RefusedRequestError(400, "The Host header is no host; expected one such as 127.0.0.1:8000.")
    if target.startswith((b"/", b"*")):
        return headers
    authority = re.split(rb"[/?#]", target.partition(b"://")[2], maxsplit=1)[0]
    if not authority or not _HOST.fullmatch(authority):
        raise RefusedRequestError(
            400, "The target names no host; expected one such as http://127.0.0.1:8000/v1/models."
        )
    return [(b"host", authority), *[pair for pair in headers if pair[0] != b"host"]]


def split_target(target: bytes) -> tuple[str, bytes, bytes]:
    """Return the decoded path, the raw path and the query of a request's target (RFC 9112, section 3.2).

    Raise `RefusedRequestError` for characters that are not ASCII and for the target of CONNECT.
    """
    raw_path, _, query = target.partition(b"#")[0].partition(b"?")
    if not raw_path.startswith(b"/"):
        scheme, found, rest = raw_path.partition(b"://")
        if found:
            raw_path = b"/" + rest.partition(b"/")[2]
        elif scheme != b"*":
            raise malformed()
    try:
        path = raw_path.decode("ascii")
    except UnicodeDecodeError:
        raise malformed() from None
    return (unquote(path) if "%" in path else path), raw_path, query
