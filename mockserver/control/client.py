"""A client of another process's control API, for `tail`, `verdict` and `mcp`.

It needs only the link that the server printed, which holds the address and the token. It uses the standard library's
HTTP client, since these commands send few plain requests.
"""

import json
from collections.abc import Iterator, Mapping
from http.client import HTTPException, HTTPResponse
from typing import NamedTuple, cast
from urllib.error import HTTPError, URLError
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from mockserver.control import PREFIX
from mockserver.core.conversation import Json
from mockserver.core.errors import OperatorError

RESPONSE_TIMEOUT = 10.0
"""Seconds to wait for a response."""

FEED_TIMEOUT = 60.0
"""Seconds of silence after which a feed counts as dead; it sends something every fifteen."""


class FeedEvent(NamedTuple):
    """One event of the feed."""

    name: str
    data: Json


class ControlClient:
    """A running server. `link` is what it printed, or its address if `token` is given separately."""

    def __init__(self, link: str, token: str | None = None) -> None:
        """Parse the link. Raise `OperatorError` if it is malformed or has no token."""
        parts = urlsplit(link if "://" in link else f"http://{link}")
        secret = token or parse_qs(parts.query).get("token", [""])[0]
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise OperatorError(f"'{link}' is not a link; pass the one that `mockserver serve` printed")
        if not secret:
            raise OperatorError(
                "the link has no token; pass the whole link that `mockserver serve` printed, or --token"
            )
        self.url = f"{parts.scheme}://{parts.netloc}"
        self._headers = {"authorization": f"Bearer {secret}"}
        self._opener = build_opener(ProxyHandler({}))  # never send a local call through a proxy

    def get(self, path: str, **query: object) -> Mapping[str, Json]:
        """Return the response of one call. Raise `OperatorError` if it fails."""
        with self._open(path, query, RESPONSE_TIMEOUT) as response:
            body: Mapping[str, Json] = json.loads(response.read())
        return body

    def send(
        self, method: str, path: str, body: Json = None, timeout: float = RESPONSE_TIMEOUT, **query: object
    ) -> Json:
        """Return the response of a call with any method, None if it is empty. Raise `OperatorError` if it fails."""
        with self._open(path, query, timeout, method, body) as response:
            content = response.read()
        answer: Json = json.loads(content) if content else None
        return answer

    def text(self, path: str) -> str:
        """Return a download as text. Raise `OperatorError` if the call fails."""
        with self._open(path, {}, RESPONSE_TIMEOUT) as response:
            return response.read().decode("utf-8", "replace")

    def events(self, path: str, **query: object) -> Iterator[FeedEvent]:
        """Yield the events of a feed until the server ends. Raise `OperatorError` if it cannot be opened."""
        with self._open(path, query, FEED_TIMEOUT) as response:
            name, data = "", list[str]()
            try:
                for raw in response:
                    line = raw.decode("utf-8").rstrip("\r\n")
                    if line.startswith("event: "):
                        name = line.removeprefix("event: ")
                    elif line.startswith("data: "):
                        data.append(line.removeprefix("data: "))
                    elif not line and data:
                        yield FeedEvent(name, json.loads("\n".join(data)))
                        name, data = "", []
            except (OSError, HTTPException):
                return  # the connection broke

    def _open(
        self, path: str, query: Mapping[str, object], timeout: float, method: str = "GET", body: Json = None
    ) -> HTTPResponse:
        given = {name: value for name, value in query.items() if value is not None}
        url = f"{self.url}{PREFIX}{path}{'?' + urlencode(given) if given else ''}"
        content = None if body is None else json.dumps(body).encode()
        headers = self._headers if body is None else {**self._headers, "content-type": "application/json"}
        try:
            request = Request(url, content, headers, method=method)
            return cast(HTTPResponse, self._opener.open(request, timeout=timeout))
        except HTTPError as error:
            with error:
                message = _message_of(error)
            raise OperatorError(f"{self.url}: {message}") from None
        except (URLError, OSError, HTTPException) as error:
            reason = error.reason if isinstance(error, URLError) else error
            raise OperatorError(f"no response from {self.url} ({reason}); is `mockserver serve` running?") from None


def _message_of(error: HTTPError) -> str:
    """Return the message of an error response, and each mistake of a text on a line of its own."""
    try:
        shape = json.loads(error.read())["error"]
        message = str(shape["message"])
        problems = shape.get("problems", ())
        lines = [f"{each['line']}:{each['column']}: {each['path']}: {each['message']}" for each in problems]
    except (ValueError, KeyError, TypeError, OSError):
        return f"HTTP {error.code}"
    if error.code == 404 and "No such route" in message:
        return "it has no control API here; was it started with --no-control or --control-port?"
    return "\n".join([message, *lines])
