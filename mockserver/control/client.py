"""A client of another process's control API, for `tail` and `verdict`.

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

    def _open(self, path: str, query: Mapping[str, object], timeout: float) -> HTTPResponse:
        given = {name: value for name, value in query.items() if value is not None}
        url = f"{self.url}{PREFIX}{path}{'?' + urlencode(given) if given else ''}"
        try:
            return cast(HTTPResponse, self._opener.open(Request(url, headers=self._headers), timeout=timeout))
        except HTTPError as error:
            raise OperatorError(f"{self.url}: {_message_of(error)}") from None
        except (URLError, OSError, HTTPException) as error:
            reason = error.reason if isinstance(error, URLError) else error
            raise OperatorError(f"no response from {self.url} ({reason}); is `mockserver serve` running?") from None


def _message_of(error: HTTPError) -> str:
    """Return the message of an error response."""
    try:
        message = json.loads(error.read())["error"]["message"]
    except (ValueError, KeyError, TypeError, OSError):
        return f"HTTP {error.code}"
    if error.code == 404 and "No such route" in str(message):
        return "it has no control API here; was it started with --no-control or --control-port?"
    return str(message)
