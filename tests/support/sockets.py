"""A client that sees the bytes as they come, and whether the connection ended with FIN or RST."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import NamedTuple
from urllib.parse import urlsplit

import orjson
from pydantic import JsonValue

from mockserver.engine.step import Engine, EngineSettings
from mockserver.journal.log import Exchange
from mockserver.server.asgi import Gateway
from mockserver.server.uvicorn import running
from tests.support.engine import MESSAGES, contract, turns

PATIENCE = 60.0
"""Seconds after which a silent server is a failed test. No test waits for it to pass."""


class Seen(NamedTuple):
    """What a client saw: the bytes, and how they ended: `fin`, `rst`, or `open` if the client left first."""

    raw: bytes
    end: str

    @property
    def head(self) -> bytes:
        """Status line and headers."""
        return self.raw.partition(b"\r\n\r\n")[0]

    @property
    def body(self) -> bytes:
        """Everything after the headers, framing included."""
        return self.raw.partition(b"\r\n\r\n")[2]

    @property
    def text(self) -> bytes:
        """The body without its chunk framing, as far as the framing is valid."""
        chunks, rest = [], self.body
        while rest:
            size, _, rest = rest.partition(b"\r\n")
            try:
                length = int(size, 16)
            except ValueError:
                break
            chunks.append(rest[:length])
            rest = rest[length + 2 :]
        return b"".join(chunks)


class Served(NamedTuple):
    """A running server: its URL, and its journal's entries as they come."""

    url: str
    entries: SimpleQueue[Exchange]

    def entry(self) -> Exchange:
        """Return the next entry of the journal, which may come a moment after the client has seen the end."""
        return self.entries.get(timeout=PATIENCE)


@contextmanager
def serving(reply: str) -> Iterator[Served]:
    """Yield a real server that plays these turns."""
    script = turns(reply)
    gateway = Gateway(Engine(contract(), {script.name: script}, EngineSettings(scenario=script.name)))
    entries: SimpleQueue[Exchange] = SimpleQueue()
    gateway.journal.listeners.append(entries.put)
    with running(gateway) as url:
        yield Served(url, entries)


def exchange(url: str, path: str = MESSAGES, *, until: bytes | None = None, **fields: JsonValue) -> Seen:
    """Send a request and read to the end, or until these bytes have come."""
    body: dict[str, JsonValue] = {"model": "m", "max_tokens": 100, "messages": [{"role": "user", "content": "Hi"}]}
    sent = orjson.dumps(body | fields)
    head = f"POST {path} HTTP/1.1\r\nhost: test\r\nx-api-key: sk_test\r\ncontent-type: application/json\r\n"
    head += f"content-length: {len(sent)}\r\nconnection: close\r\n\r\n"
    address = urlsplit(url)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=PATIENCE) as sock:
        sock.sendall(head.encode() + sent)
        return _read(sock, until)


def _read(sock: socket.socket, until: bytes | None) -> Seen:
    raw = b""
    while True:
        try:
            piece = sock.recv(65536)
        except ConnectionResetError:
            return Seen(raw, "rst")
        raw += piece
        if not piece:
            return Seen(raw, "fin")
        if until is not None and until in raw:
            return Seen(raw, "open")
