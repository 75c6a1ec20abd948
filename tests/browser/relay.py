"""A relay between a page and the mock that can drop its connections, like a failing network."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer


class Relay(ThreadingTCPServer):
    """Relays every connection to a local port, unless it is cut."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Piping)
        self.target = port
        self.open: set[socket.socket] = set()
        self._cut = False

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def cut(self) -> None:
        """Break every connection and refuse new ones."""
        self._cut = True
        for sock in list(self.open):
            _shut(sock)

    def mend(self) -> None:
        """Accept connections again."""
        self._cut = False

    def verify_request(self, request: object, client_address: object) -> bool:
        """Return whether to accept a connection."""
        return not self._cut


class _Piping(BaseRequestHandler):
    def handle(self) -> None:
        """Copy bytes in both directions until one side closes."""
        assert isinstance(self.server, Relay)
        near, known = self.request, self.server.open
        with socket.create_connection(("127.0.0.1", self.server.target)) as far:
            known |= {near, far}
            back = threading.Thread(target=_pipe, args=(far, near), daemon=True)
            back.start()
            _pipe(near, far)
            back.join()
            known -= {near, far}


def _pipe(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            sink.sendall(piece)
    _shut(source)
    _shut(sink)


def _shut(sock: socket.socket) -> None:
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


@contextmanager
def relaying(port: int) -> Iterator[Relay]:
    """Yield a relay to this port for the duration of the block."""
    with Relay(port) as relay:
        thread = threading.Thread(target=relay.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield relay
        finally:
            relay.cut()
            relay.shutdown()
            thread.join()
