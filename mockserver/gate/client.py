"""The only sockets of the gate: one request, one recorded answer, bounded in time and size.

It uses urllib3, because the checks need raw bytes: urllib3 gives a body as it arrives, undecoded, and tells a short
body from a whole one. schemathesis needs it anyway. There are no retries and no redirects: what the target does is
what is recorded. A failure is not an exception but an answer with status 0, or one that ended badly.
"""

import ipaddress
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
    InsecureRequestWarning,
    LocationValueError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
    SSLError,
)

from mockserver import __version__
from mockserver.contracts.exchange import Ended, ReceivedResponse, SentRequest
from mockserver.core.errors import OperatorError
from mockserver.gate.content_encoding import TooLarge, decode_body

AGENT = f"ainative-contract-gate/{__version__}"


@dataclass(frozen=True)
class AnswerLimits:
    """How long (in seconds) and how large (in bytes) an answer may be.

    `silence` is the longest pause between two pieces, `total` the longest time for all of them.
    """

    connect: float = 5.0
    silence: float = 10.0
    total: float = 30.0
    size: int = 8 * 1024 * 1024


class HttpClient:
    """Sends requests to one target. Threads may share it.

    Between two requests `limits` may change, and `seconds_left`: the time of the run, which no answer may exceed.
    """

    def __init__(self, url: str, limits: AnswerLimits, *, verify: bool = True) -> None:
        self.base = base_url(url)
        self.limits = limits
        self.seconds_left = float("inf")
        self._pool = pool(verify=verify)

    def __call__(self, request: SentRequest, *, pieces: int = 1) -> ReceivedResponse:
        """Send one request and return its answer. Never raises for what the target does, and always returns.

        The limits of urllib3 are for the pause between two pieces. Headers that arrive byte by byte stay within them
        for ever, so the request has a thread of its own, which is abandoned when the total time is over.
        """
        limits, box = self.limits, list[ReceivedResponse]()
        most = min(limits.connect + limits.silence + limits.total, self.seconds_left)
        worker = Thread(target=lambda: box.append(self._ask(request, pieces, limits)), daemon=True)
        worker.start()
        worker.join(most)
        return (
            box[0]
            if box
            else ReceivedResponse(0, ended="none", seconds=most, trouble=f"no whole answer within {most:g} s")
        )

    def _ask(self, request: SentRequest, pieces: int, limits: AnswerLimits) -> ReceivedResponse:
        start = time.monotonic()
        headers = {"user-agent": AGENT, "accept-encoding": "identity", **request.headers}
        body = request.body if pieces == 1 or not request.body else _pieces(request.body, pieces)
        try:
            response = self._pool.request(
                request.method,
                self.base + request.path,
                body=body,
                headers=headers,
                timeout=urllib3.Timeout(connect=limits.connect, read=limits.silence),
                preload_content=False,
                redirect=False,
            )
        except (HTTPError, OSError, ValueError) as error:
            return ReceivedResponse(0, ended="none", seconds=time.monotonic() - start, trouble=explain(error))
        first = time.monotonic() - start
        content, ended, trouble = _read(response, start, limits, request.reads)
        try:
            content = decode_body(content, response.headers.get("content-encoding"), limits.size) or content
        except TooLarge as error:
            content, ended, trouble = b"", "endless", str(error)
        fields = tuple((name.lower(), value) for name, value in response.headers.items())
        if ended == "complete":
            response.release_conn()
        else:
            response.close()
        if response.status >= 500:  # many servers close the connection after a failure, and do not say so
            self._pool.clear()
        return ReceivedResponse(response.status, fields, content, ended, first, time.monotonic() - start, trouble)

    def close(self) -> None:
        """Close all connections."""
        self._pool.clear()


def pool(*, verify: bool = True) -> urllib3.PoolManager:
    """Return a pool of connections without retries. `verify`: check the target's TLS certificate."""
    if not verify:
        urllib3.disable_warnings(InsecureRequestWarning)  # the operator chose --insecure
    return urllib3.PoolManager(maxsize=32, retries=False, cert_reqs="CERT_REQUIRED" if verify else "CERT_NONE")


def _read(
    response: urllib3.BaseHTTPResponse, start: float, limits: AnswerLimits, reads: int
) -> tuple[bytes, Ended, str]:
    received: list[bytes] = []
    size = 0
    try:
        while True:
            piece = response.read1(reads, decode_content=False)
            if not piece:
                return b"".join(received), "complete", ""
            received.append(piece)
            size += len(piece)
            if size > limits.size:
                return b"".join(received), "endless", f"more than {limits.size} bytes"
            if time.monotonic() - start > limits.total:
                return b"".join(received), "endless", f"still coming after {limits.total:g} s"
    except ReadTimeoutError:
        return b"".join(received), "silent", f"nothing for {limits.silence:g} s"
    except (IncompleteRead, ProtocolError, HTTPError, OSError) as error:
        return b"".join(received), "cut", explain(error)


def _pieces(body: bytes, count: int) -> Iterator[bytes]:
    """Yield a body in pieces with a pause between them, as a slow client sends it."""
    size = max(1, -(-len(body) // count))
    for place in range(0, len(body), size):
        if place:
            time.sleep(0.01)
        yield body[place : place + size]


def base_url(url: str) -> str:
    """Return the URL of a gateway without query and fragment. Raises `OperatorError` if it is not one."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 80) > 0
    except ValueError:  # an invalid port, or half a bracket
        usable = False
    if not usable:
        raise OperatorError(f"{url!r} is not the URL of a gateway; expected one such as http://localhost:8000")
    if "@" in parts.netloc:
        raise OperatorError("the URL contains a user and password, and URLs are printed; give the key with --key")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def is_loopback(url: str) -> bool:
    """Return whether a URL points at this machine."""
    host = urlsplit(base_url(url)).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


REASONS: tuple[tuple[type[Exception], str], ...] = (
    (NameResolutionError, "the host name is unknown"),
    (SSLError, "the TLS handshake failed"),
    (NewConnectionError, "nothing listens there"),
    (ConnectTimeoutError, "no connection within the time limit"),
    (ReadTimeoutError, "no answer within the time limit"),
    (IncompleteRead, "the connection was lost in the body"),
    (ProtocolError, "the connection was lost, or does not speak HTTP"),
    (LocationValueError, "the URL cannot be used"),
)


def explain(error: BaseException) -> str:
    """Return what went wrong, for people."""
    inner = getattr(error, "reason", None)
    if isinstance(inner, Exception):
        error = inner
    for kind, words in REASONS:
        if isinstance(error, kind):
            return words if kind is not SSLError else f"{words}{_tls(error)}"
    return f"{type(error).__name__}: {str(error)[:160]}"


def _tls(error: BaseException) -> str:
    """Return why a handshake failed, and the remedy if the certificate is the reason."""
    words = str(error)
    if "CERTIFICATE_VERIFY_FAILED" not in words:
        return f": {words[:160]}"
    reason = words.partition("certificate verify failed: ")[2].partition(" (_ssl")[0] or "it is not trusted"
    remedy = "name its authority with SSL_CERT_FILE, or accept any certificate with --insecure"
    return f": its certificate is not accepted, {reason}; {remedy}"
