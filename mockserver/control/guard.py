"""The guard: what every request to the control API must show before any route is asked.

- Each header that is believed comes once.
- **Host** must be an address, `localhost`, or a name that the operator allows. A page of another site that had its name
  resolved to our address (DNS rebinding) still says its own name here.
- **Origin**, where a browser sends one, must be the page's own; so must Sec-Fetch-Site. No CORS header is ever sent.
- **Token**, compared in constant time: as `Authorization: Bearer`, or in the cookie that the printed link sets. The
  cookie is HttpOnly and SameSite=Strict, and its name has the port in it, since cookies do not know ports.
- **Size**: a body has a bound, declared or not.

Every answer, the guard's own too, has the same few headers that keep a browser from doing more than it should.
"""

import hmac
import ipaddress
import re
from collections.abc import Mapping
from typing import NamedTuple, cast
from urllib.parse import parse_qs

import orjson

from mockserver.control import PREFIX
from mockserver.server.player import Message, Receive, Send

MAX_BODY = 2 * 1024 * 1024
"""The largest body of a request in bytes: a session's export, or a scenario, and some air."""

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types 'none'"
)
HEADERS = (
    (b"content-security-policy", CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)

NO_TOKEN = "Open the link that the server printed when it started, or send its token as Authorization: Bearer."
NO_HOST = "This host name is not known here. Use 127.0.0.1 or localhost, or start the server with --allow-host {name}."
NO_ORIGIN = "Requests from pages of other origins are refused."
TWICE = "Send each of these headers once: {names}."

ONCE = ("host", "origin", "authorization", "sec-fetch-site")
"""Headers that are believed. Sent twice, the one that is judged need not be the one that was meant."""

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]{1,5}))?", re.IGNORECASE)


class GuardResponse(NamedTuple):
    """What the guard itself says."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()


def refusal(status: int, code: str, message: str) -> GuardResponse:
    """A refusal in the control API's own shape."""
    body = orjson.dumps({"error": {"code": code, "message": message}})
    return GuardResponse(status, body, ((b"content-type", b"application/json"),))


class Guard:
    """Judges requests by their scope. `hosts` are names that the operator allows beside addresses and localhost."""

    def __init__(self, token: str, hosts: tuple[str, ...] = ()) -> None:
        self._token = token.encode()
        self._hosts = frozenset({"localhost", *[host.lower() for host in hosts]})

    def judge(self, scope: Mapping[str, object]) -> GuardResponse | None:
        """What to answer in the place of the application, or None to go on."""
        headers = _headers(scope)
        if headers is None:
            return refusal(400, "ambiguous", TWICE.format(names=", ".join(ONCE)))
        host = headers.get("host", "")
        if not self._knows(host):
            return refusal(421, "unknown_host", NO_HOST.format(name=_name_of(host) or "NAME"))
        if not _is_own(headers, host):
            return refusal(403, "foreign_origin", NO_ORIGIN)
        given = parse_qs(cast(bytes, scope.get("query_string", b"")).decode("latin-1")).get("token", [""])[0]
        if given and scope["method"] == "GET" and scope["path"] == f"{PREFIX}/":
            return self._enter(given, host)
        if not self._is_token(_token_of(headers, host)):
            return refusal(401, "no_token", NO_TOKEN)
        return None

    def _knows(self, host: str) -> bool:
        name = _name_of(host)
        try:
            ipaddress.ip_address(name.strip("[]"))
        except ValueError:
            return name in self._hosts or name.endswith(".localhost")
        return True

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), self._token)

    def _enter(self, given: str, host: str) -> GuardResponse:
        """The printed link: the token goes into the cookie and out of the address."""
        if not self._is_token(given):
            return refusal(401, "wrong_token", "This link belongs to a server that has ended. " + NO_TOKEN)
        cookie = f"{cookie_name(host)}={given}; Path={PREFIX}/; HttpOnly; SameSite=Strict"
        return GuardResponse(
            303, headers=((b"location", f"{PREFIX}/".encode()), (b"set-cookie", cookie.encode("latin-1")))
        )


def cookie_name(host: str) -> str:
    """The cookie of the server at this host and port."""
    found = _HOST.fullmatch(host)
    return f"mockserver_{found[2] if found is not None and found[2] else 80}"


def _headers(scope: Mapping[str, object]) -> dict[str, str] | None:
    """The headers by name; None if one that is believed comes twice. Cookies may: HTTP/2 takes them apart."""
    found: dict[str, str] = {}
    for raw, value in cast(list[tuple[bytes, bytes]], scope["headers"]):
        name, text = raw.decode("latin-1").lower(), value.decode("latin-1")
        if name in found and name in ONCE:
            return None
        found[name] = f"{found[name]}; {text}" if name == "cookie" and name in found else text
    return found


def _name_of(host: str) -> str:
    """The name or address in a Host header, without its port; nothing if it is none."""
    found = _HOST.fullmatch(host)
    return found[1].lower() if found is not None else ""


def _is_own(headers: Mapping[str, str], host: str) -> bool:
    """Whether a request comes from no page at all, or from our own."""
    origin = headers.get("origin")
    if origin is not None and origin != f"http://{host}" and origin != f"https://{host}":
        return False
    return headers.get("sec-fetch-site", "none") in ("none", "same-origin")


def _token_of(headers: Mapping[str, str], host: str) -> str:
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    wanted = cookie_name(host)
    for pair in headers.get("cookie", "").split(";"):  # by hand: one odd cookie of another server would hide ours
        name, _, value = pair.strip().partition("=")
        if name == wanted:
            return value
    return ""


class ClientLeftError(Exception):
    """The client has left."""


# --- on the wire ------------------------------------------------------------------------------------------------------


async def answer(given: GuardResponse, send: Send) -> None:
    """Send what the guard itself says."""
    length = (b"content-length", str(len(given.body)).encode())
    await send({"type": "http.response.start", "status": given.status, "headers": [*given.headers, length, *HEADERS]})
    await send({"type": "http.response.body", "body": given.body})


def safely(send: Send) -> Send:
    """The same `send`, with the headers on every answer."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = cast(list[tuple[bytes, bytes]], message.get("headers", []))
            names = {name for name, _ in HEADERS}
            message = {**message, "headers": [*[pair for pair in own if pair[0] not in names], *HEADERS]}
        await send(message)

    return sending


async def read_bounded(receive: Receive) -> Receive | None:
    """The same `receive` once the whole body is known to be within the bound; None if it is not.

    Raises `ClientLeftError` if the client leaves before it has said everything.
    """
    chunks: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeftError
        chunks.append(cast(bytes, message.get("body", b"")))
        size += len(chunks[-1])
        more = bool(message.get("more_body"))
        if size > MAX_BODY:
            return None
    waiting: list[Message] = [{"type": "http.request", "body": b"".join(chunks), "more_body": False}]

    async def receiving() -> Message:
        return waiting.pop() if waiting else await receive()

    return receiving


TOO_LARGE = refusal(413, "too_large", f"At most {MAX_BODY} bytes.")
FAILED = refusal(500, "mock_error", "The mock failed; its log says why.")
