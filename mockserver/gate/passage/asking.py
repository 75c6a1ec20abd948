"""The client in front of the gateway: one request, its answer piece by piece with the time of each, or a leaving."""

import time

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ReadTimeoutError, SSLError

from mockserver.core.errors import OperatorError
from mockserver.gate.client import base_url, explain, pool
from mockserver.recording.exchange import Ended, Frame, RecordedExchange

SILENCE = 20.0
"""Seconds without a piece of the answer, after which nobody waits any longer."""

LONGEST = 60.0
"""Seconds for a whole answer."""

UNTIL_LEAVING = 1.0
"""Seconds that a client waits for the first piece before it leaves all the same: a gateway may send none yet."""

PIECE = 65_536


class PassageClient:
    """Sends the questions to one address, with one key under both names that gateways read."""

    def __init__(self, url: str, key: str, *, verify: bool = True, headers: dict[str, str] | None = None) -> None:
        self.base = base_url(url)
        self._pool = pool(verify=verify)
        self._headers = {
            "authorization": f"Bearer {key}",
            "x-api-key": key,
            "content-type": "application/json",
            "accept-encoding": "identity",
            "anthropic-version": "2023-06-01",
            **(headers or {}),
        }

    def ask(self, path: str, body: bytes) -> RecordedExchange:
        """Send a request and return the exchange. What the gateway does wrong is part of it; nothing is raised."""
        start = time.monotonic()
        try:
            response = self._open(path, body, SILENCE)
        except (HTTPError, OSError):
            return RecordedExchange(method="POST", path=path, body=body, ended="no_answer")
        first = time.monotonic() - start
        frames, ended = _read(response, start)
        fields = {name.lower(): value for name, value in response.headers.items()}
        return RecordedExchange(
            method="POST",
            path=path,
            body=body,
            status=response.status,
            response_headers=fields,
            first=first,
            frames=tuple(frames),
            ended=ended,
        )

    def leave(self, path: str, body: bytes) -> None:
        """Send a request and leave after the first piece of its answer, as a person who closes the page."""
        try:
            response = self._open(path, body, UNTIL_LEAVING)
        except (HTTPError, OSError):
            return
        try:
            response.read1(1, decode_content=False)
        except (HTTPError, OSError):
            pass
        finally:
            response.close()

    def models(self) -> bytes:
        """Return the body of the gateway's list of models, or nothing. Raises `OperatorError` without a connection."""
        try:
            return self._pool.request("GET", f"{self.base}/v1/models", headers=self._headers, timeout=SILENCE).data
        except (NewConnectionError, ConnectTimeoutError, SSLError) as error:
            raise OperatorError(f"{self.base} cannot be examined: {explain(error)}") from None
        except (HTTPError, OSError):
            return b""

    def _open(self, path: str, body: bytes, silence: float) -> urllib3.BaseHTTPResponse:
        return self._pool.request(
            "POST",
            self.base + path,
            body=body,
            headers=self._headers,
            timeout=urllib3.Timeout(connect=5.0, read=silence),
            preload_content=False,
            redirect=False,
        )

    def close(self) -> None:
        """Close all connections."""
        self._pool.clear()


def _read(response: urllib3.BaseHTTPResponse, start: float) -> tuple[list[Frame], Ended]:
    frames: list[Frame] = []
    try:
        while piece := response.read1(PIECE, decode_content=False):
            frames.append(Frame(time.monotonic() - start, piece))
            if time.monotonic() - start > LONGEST:
                response.close()
                return frames, "closed"
    except ReadTimeoutError:
        response.close()
        return frames, "closed"
    except (HTTPError, OSError):
        response.close()
        return frames, "reset"
    response.release_conn()
    return frames, "complete"
