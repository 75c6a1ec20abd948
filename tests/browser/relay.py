"""A relay between a page and the mock that can be cut and mended, as a network is; the mock notices nothing."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer


class Relay(ThreadingTCPServer):
    """Relays every connection to a port of this machine, unless it is cut."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Piping)
        self.target = port
        self.open: set[socket.socket] = set()
        self._cut = False

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def cut(self) -> None:
        """Break every connection, and take no other."""
        self._cut = True
        for sock in list(self.open):
            _shut(sock)

    def mend(self) -> None:
        """Take connections again."""
        self._cut = False

    def verify_request(self, request: object, client_address: object) -> bool:
        """Whether a connection is taken."""
        return not self._cut


class _Piping(BaseRequestHandler):
    def handle(self) -> None:
        """Carry bytes both ways until one side ends."""
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
    """A relay to this port for as long as the block lasts."""
    with Relay(port) as relay:
        thread = threading.Thread(target=relay.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield relay
        finally:
            relay.cut()
            relay.shutdown()
            thread.join()
