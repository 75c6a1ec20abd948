"""A small HTTP relay: a server in front of a gateway, for the checking proxy and for the mutants.

`Respond` turns a request into an answer; `Upstream` asks the gateway. A body goes out piece by piece, so streams pass
as they arrive. `ending` says what happens after the last piece: the body is completed, the connection is cut, or
nothing more comes until the client gives up.
"""

import contextlib
import socket
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Literal

import urllib3

from mockserver.contracts.exchange import SentRequest
from mockserver.contracts.request_framing import read_body, read_target
from mockserver.gate.client import pool

HOP = {"connection", "keep-alive", "proxy-authenticate", "te", "trailer", "transfer-encoding", "upgrade", "host"}
"""Headers between two neighbours, not between client and gateway (RFC 9110, 7.6.1)."""


@dataclass
class Outgoing:
    """What goes back to the client."""

    status: int
    headers: list[tuple[str, str]]
    pieces: Iterable[bytes]
    ending: Literal["complete", "cut", "hang"] = "complete"


Respond = Callable[[SentRequest], Outgoing]


class Upstream:
    """The gateway behind the relay."""

    def __init__(self, base: str, *, timeout: float = 60.0, verify: bool = True) -> None:
        self._base = base.rstrip("/")
        self._timeout = urllib3.Timeout(connect=10, read=timeout)
        self._pool = pool(verify=verify)

    def open(self, request: SentRequest) -> tuple[int, list[tuple[str, str]], Iterator[bytes]]:
        """Send a request. Return status, headers, and the body as it arrives."""
        headers = {name: value for name, value in request.headers.items() if name not in HOP | {"content-length"}}
        response = self._pool.request(
            request.method,
            self._base + request.path,
            body=request.body,
            headers=headers,
            timeout=self._timeout,
            preload_content=False,
            redirect=False,
        )
        fields = [(name.lower(), value) for name, value in response.headers.items() if name.lower() not in HOP]
        return response.status, fields, _read(response)


def _read(response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    try:
        while piece := response.read1(65_536, decode_content=False):
            yield piece
        response.release_conn()
    finally:
        response.close()


@contextmanager
def _closed(pieces: Iterable[bytes]) -> Iterator[Iterable[bytes]]:
    """Close a generator when the client leaves, so that the connection behind it ends at once."""
    try:
        yield pieces
    finally:
        if isinstance(pieces, Generator):
            pieces.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """Print nothing if a client left."""


def _handler(respond: Respond) -> type[BaseHTTPRequestHandler]:
    class RelayHandler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def log_message(self, *_: object) -> None:
            """Print nothing."""

        def send_response(self, code: int, message: str | None = None) -> None:
            """Send the status line alone: server and date are the gateway's."""
            self.send_response_only(code, message)

        def _relay(self) -> None:
            try:
                target, body = read_target(self), read_body(self)
            except ValueError:  # where the next request begins cannot be known
                self.close_connection = True
                self.send_error(400)
                return
            out = respond(SentRequest(self.command, target, joined(self.headers.items()), body))
            self.send_response(out.status)
            for name, value in out.headers:
                self.send_header(name, value)
            sized = any(name == "content-length" for name, _ in out.headers)
            silent = self.command == "HEAD" or out.status in (204, 304)
            if not sized and not silent:
                self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            self.wfile.flush()
            with _closed(out.pieces) as pieces:
                for piece in pieces:
                    self.wfile.write(piece if sized or silent else b"%x\r\n%s\r\n" % (len(piece), piece))
                    self.wfile.flush()
            if out.ending == "complete":
                self.wfile.write(b"" if sized or silent else b"0\r\n\r\n")
                return
            self.close_connection = True
            if out.ending == "hang":
                with contextlib.suppress(OSError):
                    self.connection.settimeout(60)
                    self.connection.recv(1)
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _relay  # noqa: N815 - the names that http.server calls

    return RelayHandler


def joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return headers by their name in lower case. Headers that come twice are joined to a list (RFC 9110, 5.3)."""
    fields: dict[str, str] = {}
    for name, value in ((name.lower(), value) for name, value in pairs):
        fields[name] = f"{fields[name]}{'; ' if name == 'cookie' else ', '}{value}" if name in fields else value
    return fields


def server(respond: Respond, host: str = "127.0.0.1", port: int = 0) -> ThreadingHTTPServer:
    """Return a bound server that does not yet serve."""
    return _Server((host, port), _handler(respond))


@contextmanager
def serving(respond: Respond) -> Iterator[str]:
    """Serve on a free port while the block runs; yield the URL."""
    listening = server(respond)
    Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.server_address[1]}"
    finally:
        listening.shutdown()
        listening.server_close()
