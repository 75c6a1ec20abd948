"""CORS: browsers may call the gateway's routes from any page (D3's React SDK does). The control API sends none.

Source: the Fetch standard, "CORS protocol". The origin is echoed, since `*` is not allowed together with credentials;
so are the headers that a preflight asks for. Every header of an answer is exposed by its name: SDKs and pages read some
that no document names. An answer with CORS headers of its own keeps them, so that a scenario can play a gateway
that gets CORS wrong.
"""

from collections.abc import Mapping

import msgspec

from mockserver.core.actions import Actions, End, Head, Headers
from mockserver.wires import WIRES

METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
"""The methods of the gateway, and of any document that is served beside it."""

MAX_AGE = 600
"""Seconds for which a browser may cache a preflight; Chromium's own limit is two hours."""

EXPOSED = (*dict.fromkeys([wire.request_id_header for wire in WIRES.values()]), "retry-after", "x-mock-session")
"""Headers that are always exposed, so that a page can tell an absent header from one that it may not read."""

UNMENTIONED = frozenset(
    {
        *("cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"),
        *("set-cookie", "vary", "connection", "transfer-encoding"),
    }
)
"""Headers that every page may read anyway, that no page may read, or that are not about the answer."""


def _origin(headers: Mapping[str, str]) -> Headers:
    return (
        ("access-control-allow-origin", headers["origin"]),
        ("access-control-allow-credentials", "true"),
        ("vary", "origin"),
    )


def is_preflight(method: str, headers: Mapping[str, str]) -> bool:
    """Return whether a request is a preflight. Browsers send no key with it."""
    return method == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers


def preflight(headers: Mapping[str, str]) -> Actions:
    """Return the answer to a preflight."""
    allowed: Headers = (
        *_origin(headers),
        ("access-control-allow-methods", METHODS),
        ("access-control-max-age", str(MAX_AGE)),
    )
    wanted = headers.get("access-control-request-headers")
    if wanted:
        allowed += (("access-control-allow-headers", wanted),)
    if headers.get("access-control-request-private-network") == "true":
        allowed += (("access-control-allow-private-network", "true"),)
    return (Head(204, allowed), End())


def shared(actions: Actions, headers: Mapping[str, str]) -> Actions:
    """Return the answer, readable by the page that requested it; unchanged without an `origin` header."""
    if "origin" not in headers:
        return actions
    return tuple([_shared(action, headers) if isinstance(action, Head) else action for action in actions])


def _shared(head: Head, headers: Mapping[str, str]) -> Head:
    own = [name.lower() for name, _ in head.headers]
    if "access-control-allow-origin" in own:
        return head
    exposed = dict.fromkeys([*EXPOSED, *[name for name in own if name not in UNMENTIONED]])
    names = ("access-control-expose-headers", ", ".join(exposed))
    return msgspec.structs.replace(head, headers=(*head.headers, *_origin(headers), names))
