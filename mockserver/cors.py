"""CORS: browsers may call the gateway's routes from any page (D3's React SDK does). The control API never says so.

Source: the Fetch standard, "CORS protocol". The origin is echoed, since `*` is not allowed together with credentials;
so are the headers that a preflight asks for. Every header that a client can need to see is exposed by its name.
"""

from collections.abc import Mapping

import msgspec

from mockserver.actions import Actions, End, Head, Headers

METHODS = "GET, POST, OPTIONS"
MAX_AGE = 600
"""Seconds that a browser may remember a preflight; Chromium's own bound is two hours."""

EXPOSED = ("request-id", "x-request-id", "retry-after", "x-mock-session")
"""Exposed always; of the rest, every x-mock-… header that the answer really has."""


def _origin(headers: Mapping[str, str]) -> Headers:
    return (
        ("access-control-allow-origin", headers["origin"]),
        ("access-control-allow-credentials", "true"),
        ("vary", "origin"),
    )


def preflight(method: str, headers: Mapping[str, str]) -> Actions | None:
    """The answer to a browser's preflight, or None if this is none. It has no key: browsers send none with it."""
    if method != "OPTIONS" or "origin" not in headers or "access-control-request-method" not in headers:
        return None
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
    """The answer, readable by the page that asked for it; as it was if no page did."""
    if "origin" not in headers:
        return actions
    return tuple([_shared(action, headers) if isinstance(action, Head) else action for action in actions])


def _shared(head: Head, headers: Mapping[str, str]) -> Head:
    own = [name for name, _ in head.headers if name.startswith("x-mock-")]
    exposed = ("access-control-expose-headers", ", ".join(dict.fromkeys([*EXPOSED, *own])))
    return msgspec.structs.replace(head, headers=(*head.headers, *_origin(headers), exposed))
