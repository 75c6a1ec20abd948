"""Sends bytes to the target as they are: the malformed requests that urllib3 would refuse to send.

A connection is bounded: each answer may take `PATIENCE` seconds, and all of them may have `LARGEST` bytes. Nothing is
raised for what the target does.
"""

import socket
import ssl
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from urllib.parse import urlsplit

from urllib3.exceptions import SSLError

from mockserver.contracts.raw_answers import RawAnswers, read_answers
from mockserver.gate.client import base_url, explain

PATIENCE = 2.0
"""Seconds until an answer is complete, or until the target closes after the last one. No model has to be asked."""

LARGEST = 1024 * 1024

CONNECT = 5.0


class SocketSender:
    """Opens a connection to one target for each call, with TLS if its URL says https.

    `admit` is called with the number of requests before they are sent; it may raise. `silence` is the longest wait for
    an answer, if it is shorter than `PATIENCE`.
    """

    def __init__(
        self, url: str, admit: Callable[[int], None], *, verify: bool = True, silence: float = PATIENCE
    ) -> None:
        parts = urlsplit(base_url(url))
        self.host = parts.netloc
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.root = parts.path
        self._address = (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
        self._tls = _context(verify) if parts.scheme == "https" else None
        self._admit, self._patience = admit, min(silence, PATIENCE)

    def __call__(self, pieces: Sequence[bytes]) -> RawAnswers:
        """Send the pieces, each when the one before it is answered, then wait until the target closes."""
        self._admit(len(pieces))
        try:
            connection = self._connect()
        except OSError as error:
            reason = SSLError(error) if isinstance(error, ssl.SSLError) else error
            return RawAnswers(is_closed=True, trouble=explain(reason))
        with connection:
            answers, came = RawAnswers(), bytearray()
            for number, piece in enumerate(pieces, 1):
                with suppress(OSError):  # the target has closed: what it said before is still to be read
                    connection.sendall(piece)
                answers = self._receive(connection, came, number if number < len(pieces) else None)
                if answers.is_closed or answers.is_silent or answers.trouble:
                    break
            return answers

    def _connect(self) -> socket.socket:
        plain = socket.create_connection(self._address, CONNECT)
        try:
            return self._tls.wrap_socket(plain, server_hostname=self._address[0]) if self._tls else plain
        except OSError:
            plain.close()
            raise

    def _receive(self, connection: socket.socket, came: bytearray, wanted: int | None) -> RawAnswers:
        """Read until the wanted number of answers has come, or, with None, until the target closes."""
        end = time.monotonic() + self._patience
        while True:
            piece, is_closed = _read(connection, end - time.monotonic())
            came += piece
            statuses, trouble = read_answers(bytes(came), is_closed=is_closed)
            is_enough = wanted is not None and len(statuses) >= wanted
            is_late = time.monotonic() >= end or len(came) > LARGEST
            if is_closed or is_enough or is_late or trouble:
                return RawAnswers(statuses, is_closed, is_late and not is_enough, trouble)


def _read(connection: socket.socket, seconds: float) -> tuple[bytes, bool]:
    """Return what came within a time, and whether the target closed."""
    connection.settimeout(max(seconds, 0.001))
    try:
        piece = connection.recv(65_536)
    except TimeoutError:
        return b"", False
    except OSError:  # a reset is an end too
        return b"", True
    return piece, not piece


def _context(verify: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
