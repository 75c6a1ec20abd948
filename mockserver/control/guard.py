"""The guard, which checks every request to the control API before any route runs.

- **Repeated headers**: each header that the guard checks must occur once.
- **Host** must be an address, `localhost`, or a name that the operator allows. A page of another site whose name was
  made to resolve to our address (DNS rebinding) still sends its own name.
- **Origin**, if a browser sends one, must be the page's own, and so must Sec-Fetch-Site. No CORS header is ever sent.
- **Token**, compared in constant time: in `Authorization: Bearer`, or in the cookie that the printed link sets. The
  cookie is HttpOnly and SameSite=Strict. Its name includes the port, since browsers share cookies between ports.
- **Size**: bodies are bounded, whether or not they declare a length.
- **JSON** is UTF-8 of bounded depth, without lone surrogates and NaN.

Two routes are open: `GET /_mock/health` and `GET /_mock/ready`, for probes, which have no token and use any host name.
They answer ok or not, and nothing else.

Every response, including the guard's own, carries the same headers that restrict what a browser may do with it.
"""

import hmac
import ipaddress
import re
from collections.abc import Mapping
from typing import NamedTuple, cast
from urllib.parse import parse_qs

import orjson

from mockserver.control import PREFIX
from mockserver.core.json_text import MAX_DEPTH, TooDeepError, parse_json
from mockserver.server.asgi_types import Message, Receive, Send

MAX_BODY = 2 * 1024 * 1024
"""The maximum size of a request body in bytes; the largest are session exports and scenarios."""

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

NO_TOKEN = "Open the link that the server printed at start, or send its token as Authorization: Bearer."
NO_HOST = "Unknown host name. Use 127.0.0.1 or localhost, or start the server with --allow-host {name}."
NO_ORIGIN = "Requests from pages of other origins are refused."
REPEATED = "Send each of these headers once: {names}."

PROBES = frozenset({f"{PREFIX}/health", f"{PREFIX}/ready"})
"""The paths that are open to GET."""

CHECKED_HEADERS = ("host", "origin", "authorization", "sec-fetch-site")
"""Headers that decide about access. If one is repeated, a proxy and the guard could read different values."""

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]{1,5}))?", re.IGNORECASE)


class GuardResponse(NamedTuple):
    """A response of the guard itself."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()


def refusal(status: int, code: str, message: str) -> GuardResponse:
    """Return an error response in the control API's shape."""
    body = orjson.dumps({"error": {"code": code, "message": message}})
    return GuardResponse(status, body, ((b"content-type", b"application/json"),))


class Guard:
    """Checks requests by their scope. `hosts` are names allowed in addition to addresses and localhost."""

    def __init__(self, token: str, hosts: tuple[str, ...] = ()) -> None:
        self._token = token.encode()
        self._hosts = frozenset({"localhost", *[host.lower() for host in hosts]})

    def check(self, scope: Mapping[str, object]) -> GuardResponse | None:
        """Return the refusal or redirect to send instead of running a route; None if the request may pass."""
        if is_probe(scope):
            return None
        headers = _headers(scope)
        if headers is None:
            return refusal(400, "ambiguous", REPEATED.format(names=", ".join(CHECKED_HEADERS)))
        host = headers.get("host", "")
        if not self._knows(host):
            return refusal(421, "unknown_host", NO_HOST.format(name=_name_of(host) or "NAME"))
        if not _is_same_origin(headers, host):
            return refusal(403, "foreign_origin", NO_ORIGIN)
        token = parse_qs(cast(bytes, scope.get("query_string", b"")).decode("latin-1")).get("token", [""])[0]
        if token and scope["method"] == "GET" and scope["path"] == f"{PREFIX}/":
            return self._enter(token, host)
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

    def _is_token(self, token: str) -> bool:
        return hmac.compare_digest(token.encode("utf-8", "surrogatepass"), self._token)

    def _enter(self, token: str, host: str) -> GuardResponse:
        """Answer the printed link: move the token from the URL into the cookie."""
        if not self._is_token(token):
            return refusal(401, "wrong_token", "This link belongs to a server that has stopped. " + NO_TOKEN)
        cookie = f"{cookie_name(host)}={token}; Path={PREFIX}/; HttpOnly; SameSite=Strict"
        return GuardResponse(
            303, headers=((b"location", f"{PREFIX}/".encode()), (b"set-cookie", cookie.encode("latin-1")))
        )


def is_probe(scope: Mapping[str, object]) -> bool:
    """Return whether a request asks only whether the server is well."""
    return scope["method"] == "GET" and scope["path"] in PROBES


def cookie_name(host: str) -> str:
    """Return the name of the cookie for this host and port."""
    match = _HOST.fullmatch(host)
    return f"mockserver_{match[2] if match is not None and match[2] else 80}"


def _headers(scope: Mapping[str, object]) -> dict[str, str] | None:
    """Return the headers by name; None if a checked one is repeated. Cookies are joined, since HTTP/2 splits them."""
    headers: dict[str, str] = {}
    for raw, value in cast(list[tuple[bytes, bytes]], scope["headers"]):
        name, text = raw.decode("latin-1").lower(), value.decode("latin-1")
        if name in headers and name in CHECKED_HEADERS:
            return None
        headers[name] = f"{headers[name]}; {text}" if name == "cookie" and name in headers else text
    return headers


def _name_of(host: str) -> str:
    """Return the name or address in a Host header without the port; an empty text if the header is malformed."""
    match = _HOST.fullmatch(host)
    return match[1].lower() if match is not None else ""


def _is_same_origin(headers: Mapping[str, str], host: str) -> bool:
    """Return whether a request comes from our own page or from no page at all."""
    origin = headers.get("origin")
    if origin is not None and origin != f"http://{host}" and origin != f"https://{host}":
        return False
    return headers.get("sec-fetch-site", "none") in ("none", "same-origin")


def _token_of(headers: Mapping[str, str], host: str) -> str:
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    cookie = cookie_name(host)
    for pair in headers.get("cookie", "").split(
        ";"
    ):  # not by http.cookies: a malformed cookie of another server would hide ours
        name, _, value = pair.strip().partition("=")
        if name == cookie:
            return value
    return ""


class ClientLeftError(Exception):
    """The client disconnected before its body was complete."""


# --- on the wire ------------------------------------------------------------------------------------------------------


async def send_response(response: GuardResponse, send: Send) -> None:
    """Send a response of the guard."""
    length = (b"content-length", str(len(response.body)).encode())
    await send(
        {"type": "http.response.start", "status": response.status, "headers": [*response.headers, length, *HEADERS]}
    )
    await send({"type": "http.response.body", "body": response.body})


def with_headers(send: Send) -> Send:
    """Return a `send` that adds `HEADERS` to every response."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = cast(list[tuple[bytes, bytes]], message.get("headers", []))
            names = {name for name, _ in HEADERS}
            message = {**message, "headers": [*[pair for pair in headers if pair[0] not in names], *HEADERS]}
        await send(message)

    return sending


async def read_bounded(receive: Receive) -> bytes | None:
    """Read and return the body; return None if it is too large.

    Raise `ClientLeftError` if the client disconnects before the body is complete.
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
    return b"".join(chunks)


def replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that returns a body that was read, and then what `receive` does."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receiving() -> Message:
        return waiting.pop() if waiting else await receive()

    return receiving


def check_json(scope: Mapping[str, object], body: bytes) -> GuardResponse | None:
    """Return the refusal of a body that says it is JSON and is not; None for every other body.

    FastAPI parses it once more, with a parser that lets pass what can never be written again.
    """
    if not body or "json" not in (_headers(scope) or {}).get("content-type", "").lower():
        return None
    try:
        parse_json(body)
    except TooDeepError:
        return refusal(422, "invalid", f"This JSON is nested more than {MAX_DEPTH} levels deep.")
    except orjson.JSONDecodeError as error:
        return refusal(422, "invalid", f"This is not JSON: {error.msg} at byte {error.pos}.")
    return None


TOO_LARGE = refusal(413, "too_large", f"The body is larger than {MAX_BODY} bytes.")
FAILED = refusal(500, "mock_error", "The mock failed; its log says why.")
