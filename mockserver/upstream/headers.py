"""Which headers pass between a client and the upstream, and which are only for the next neighbour.

Rules (RFC 9110, 7.6.1):

- Headers of one connection do not pass, and neither do those that `connection` names.
- `host` and `content-length` of a request are written anew. `expect` is answered here.
- `accept-encoding` becomes `identity`: events that are compressed can be neither read nor recorded.
- The mock's own headers (`x-mock-…`) stay here. Everything else passes, the client's credentials included.
- The `date` of an answer is this server's: every answer has one already.
"""

import re
from collections.abc import Iterable
from typing import TypeAlias

Fields: TypeAlias = list[tuple[bytes, bytes]]
"""Headers as they came, repeated ones included."""

_HOP = frozenset(
    {
        *(b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection"),
        *(b"te", b"trailer", b"transfer-encoding", b"upgrade"),
    }
)
_OF_REQUEST = _HOP | {b"host", b"content-length", b"expect", b"accept-encoding"}
_OF_RESPONSE = _HOP | {b"date"}
_OWN = b"x-mock-"
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


def to_upstream(headers: Iterable[tuple[bytes, bytes]], authority: str) -> Fields:
    """Return the headers that the upstream gets."""
    passing = [(name, value) for name, value in _without(headers, _OF_REQUEST) if not name.startswith(_OWN)]
    return [(b"host", authority.encode("ascii")), *passing, (b"accept-encoding", b"identity")]


def to_client(headers: Iterable[tuple[bytes, bytes]]) -> Fields:
    """Return the headers that the client gets. Raises `ValueError` if a value has a control character."""
    passing = _without(headers, _OF_RESPONSE)
    broken = [name for name, value in passing if _CONTROL.search(value)]
    if broken:
        raise ValueError(f"the header {broken[0].decode('latin-1')!r} has a control character")
    return passing


def joined(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers by name in lower case, repeated ones joined to a list (RFC 9110, 5.3)."""
    fields: dict[str, str] = {}
    for raw, value in headers:
        name, text = raw.decode("latin-1").lower(), value.decode("latin-1")
        fields[name] = f"{fields[name]}{'; ' if name == 'cookie' else ', '}{text}" if name in fields else text
    return fields


def _without(headers: Iterable[tuple[bytes, bytes]], dropped: frozenset[bytes]) -> Fields:
    fields = [(name.lower(), value) for name, value in headers]
    named = {token.strip().lower() for name, value in fields if name == b"connection" for token in value.split(b",")}
    return [(name, value) for name, value in fields if name not in dropped and name not in named]
