"""CORS: browsers may call the gateway's routes from any page (D3's React SDK does). The control API never says so.

Source: the Fetch standard, "CORS protocol". The origin is echoed, since `*` is not allowed together with credentials;
so are the headers that a preflight asks for. Every header that an answer has is exposed by its name, since SDKs and
pages read some that no document names. An answer that says itself who may read it keeps its word: so a scenario can
play a gateway that gets CORS wrong.
"""

from collections.abc import Mapping

import msgspec

from mockserver.core.actions import Actions, End, Head, Headers

METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
"""Those of the gateway, and those of any document that is served beside it."""

MAX_AGE = 600
"""Seconds that a browser may remember a preflight; Chromium's own bound is two hours."""

EXPOSED = ("request-id", "x-request-id", "retry-after", "x-mock-session")
"""Exposed always, so that a page can tell a header that is absent from one that it may not see."""

UNMENTIONED = frozenset(
    {
        *("cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"),
        *("set-cookie", "vary", "connection", "transfer-encoding"),
    }
)
"""Headers that every page may read anyway, that none may ever read, or that are not about the answer."""


def _origin(headers: Mapping[str, str]) -> Headers:
    return (
        ("access-control-allow-origin", headers["origin"]),
        ("access-control-allow-credentials", "true"),
        ("vary", "origin"),
    )


def is_preflight(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a browser asks what a page may do. It has no key: browsers send none with it."""
    return method == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers


def preflight(headers: Mapping[str, str]) -> Actions:
    """The answer to a preflight."""
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
    own = [name.lower() for name, _ in head.headers]
    if "access-control-allow-origin" in own:
        return head
    exposed = dict.fromkeys([*EXPOSED, *[name for name in own if name not in UNMENTIONED]])
    told = ("access-control-expose-headers", ", ".join(exposed))
    return msgspec.structs.replace(head, headers=(*head.headers, *_origin(headers), told))
