"""A running server, seen from another process through its control API: what `tail` and `verdict` use.

The link that the server printed is enough: it has the address and the token. By the standard library's client, for the
few plain requests that these commands make.
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

PATIENCE = 10.0
"""Seconds to wait for an answer that is due at once."""

SILENCE = 60.0
"""Seconds of silence after which a feed is dead: it says something every fifteen."""


class FeedEvent(NamedTuple):
    """One event of the feed."""

    name: str
    data: Json


class ControlClient:
    """A running server. `link` is what it printed, or its address where the token is given apart."""

    def __init__(self, link: str, token: str | None = None) -> None:
        """Raises `OperatorError` for a link that is none, or has no token."""
        parts = urlsplit(link if "://" in link else f"http://{link}")
        found = token or parse_qs(parts.query).get("token", [""])[0]
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise OperatorError(f"'{link}' is not a link; give the one that `mockserver serve` printed")
        if not found:
            raise OperatorError(
                "the link has no token; give the whole link that `mockserver serve` printed, or --token"
            )
        self.url = f"{parts.scheme}://{parts.netloc}"
        self._headers = {"authorization": f"Bearer {found}"}
        self._opener = build_opener(ProxyHandler({}))  # a proxy has no business between two processes of one person

    def get(self, path: str, **query: object) -> Mapping[str, Json]:
        """The answer of one call. Raises `OperatorError` with the remedy."""
        with self._open(path, query, PATIENCE) as response:
            found: Mapping[str, Json] = json.loads(response.read())
        return found

    def events(self, path: str, **query: object) -> Iterator[FeedEvent]:
        """The events of a feed, until the server ends. Raises `OperatorError` if it cannot be had."""
        with self._open(path, query, SILENCE) as response:
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
                return  # it has ended in the middle

    def _open(self, path: str, query: Mapping[str, object], timeout: float) -> HTTPResponse:
        known = {name: value for name, value in query.items() if value is not None}
        url = f"{self.url}{PREFIX}{path}{'?' + urlencode(known) if known else ''}"
        try:
            return cast(HTTPResponse, self._opener.open(Request(url, headers=self._headers), timeout=timeout))
        except HTTPError as error:
            raise OperatorError(f"{self.url}: {_told(error)}") from None
        except (URLError, OSError, HTTPException) as error:
            reason = error.reason if isinstance(error, URLError) else error
            raise OperatorError(f"nothing answers at {self.url} ({reason}); is `mockserver serve` running?") from None


def _told(error: HTTPError) -> str:
    """What the server said of it."""
    try:
        found = json.loads(error.read())["error"]["message"]
    except (ValueError, KeyError, TypeError, OSError):
        return f"HTTP {error.code}"
    if error.code == 404 and "No such route" in str(found):
        return "it has no control API; was it started with --no-control, or does another port have it?"
    return str(found)
