"""The only sockets of the gate: one request, one recorded answer, bounded in time and size.

urllib3, because the gate judges raw bytes: it hands out a body as it comes, undecoded, and tells a short body from a
whole one; it is well kept, and schemathesis brings it anyway. No retries and no redirects: what the target does is what
is recorded. A failure is no exception but an answer with status 0, or one that ended badly.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Thread
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    IncompleteRead,
    LocationValueError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
    SSLError,
)

from contracts.exchange import Answer, Asked, Ended
from mockserver import __version__
from mockserver.errors import OperatorError

AGENT = f"ainative-contract-gate/{__version__}"
PIECE = 65_536


@dataclass(frozen=True)
class Limits:
    """How long and how large an answer may be. `silence` is between two pieces, `total` for all of it."""

    connect: float = 5.0
    silence: float = 10.0
    total: float = 30.0
    size: int = 8 * 1024 * 1024


class Client:
    """Sends requests to one target. Safe to share between threads."""

    def __init__(self, url: str, limits: Limits, *, verify: bool = True) -> None:
        self.base = base_url(url)
        self._limits = limits
        timeout = urllib3.Timeout(connect=limits.connect, read=limits.silence)
        self._pool = urllib3.PoolManager(
            maxsize=16, timeout=timeout, retries=False, cert_reqs="CERT_REQUIRED" if verify else "CERT_NONE"
        )

    def __call__(self, asked: Asked, *, pieces: int = 1) -> Answer:
        """One request. Never raises for what the target does, and always comes back.

        The library's limits are between two pieces of an answer. Headers that come in drops keep within them for ever,
        so the request has a thread of its own, which is left behind when the time for everything is over.
        """
        limits, box = self._limits, list[Answer]()
        most = limits.connect + limits.silence + limits.total
        worker = Thread(target=lambda: box.append(self._ask(asked, pieces)), daemon=True)
        worker.start()
        worker.join(most)
        return box[0] if box else Answer(0, ended="none", seconds=most, trouble=f"no whole answer within {most:g} s")

    def _ask(self, asked: Asked, pieces: int) -> Answer:
        start = time.monotonic()
        headers = {"user-agent": AGENT, "accept-encoding": "identity", **asked.headers}
        body = asked.body if pieces == 1 or not asked.body else _pieces(asked.body, pieces)
        try:
            response = self._pool.request(
                asked.method, self.base + asked.path, body=body, headers=headers, preload_content=False, redirect=False
            )
        except (HTTPError, OSError, ValueError) as error:
            return Answer(0, ended="none", seconds=time.monotonic() - start, trouble=explain(error))
        first = time.monotonic() - start
        content, ended, trouble = self._read(response, start)
        fields = tuple((name.lower(), value) for name, value in response.headers.items())
        if ended == "complete":
            response.release_conn()
        else:
            response.close()
        return Answer(response.status, fields, content, ended, first, time.monotonic() - start, trouble)

    def close(self) -> None:
        """Let go of all connections."""
        self._pool.clear()

    def _read(self, response: urllib3.BaseHTTPResponse, start: float) -> tuple[bytes, Ended, str]:
        found: list[bytes] = []
        size = 0
        try:
            while True:
                piece = response.read1(PIECE, decode_content=False)
                if not piece:
                    return b"".join(found), "complete", ""
                found.append(piece)
                size += len(piece)
                if size > self._limits.size:
                    return b"".join(found), "endless", f"more than {self._limits.size} bytes"
                if time.monotonic() - start > self._limits.total:
                    return b"".join(found), "endless", f"still coming after {self._limits.total:g} s"
        except ReadTimeoutError:
            return b"".join(found), "silent", f"nothing for {self._limits.silence:g} s"
        except (IncompleteRead, ProtocolError, HTTPError, OSError) as error:
            return b"".join(found), "cut", explain(error)


def _pieces(body: bytes, count: int) -> Iterator[bytes]:
    """A body in pieces, with a pause between: a slow client."""
    size = max(1, -(-len(body) // count))
    for place in range(0, len(body), size):
        if place:
            time.sleep(0.01)
        yield body[place : place + size]


def base_url(url: str) -> str:
    """The URL of a gateway, without a path. Raises `OperatorError` for what is none."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    try:
        usable = (parts.scheme in ("http", "https") and parts.hostname and parts.port is not None) or parts.hostname
    except ValueError:
        usable = None
    if not usable or parts.scheme not in ("http", "https"):
        raise OperatorError(f"{url!r} is no URL of a gateway; give one such as http://localhost:8000")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def is_loopback(url: str) -> bool:
    """Whether a URL points at this machine."""
    host = urlsplit(base_url(url)).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


REASONS: tuple[tuple[type[Exception], str], ...] = (
    (NameResolutionError, "the name of the host is not known"),
    (SSLError, "the TLS handshake failed"),
    (NewConnectionError, "nothing listens there"),
    (ConnectTimeoutError, "no connection within the time limit"),
    (ReadTimeoutError, "no answer within the time limit"),
    (IncompleteRead, "the connection was lost in the body"),
    (ProtocolError, "the connection was lost, or does not speak HTTP"),
    (LocationValueError, "the URL cannot be used"),
)


def explain(error: BaseException) -> str:
    """What went wrong, in words, with the library's own reason behind."""
    inner = getattr(error, "reason", None)
    if isinstance(inner, Exception):
        error = inner
    for kind, words in REASONS:
        if isinstance(error, kind):
            return words if kind is not SSLError else f"{words}: {str(error)[:160]}"
    return f"{type(error).__name__}: {str(error)[:160]}"
