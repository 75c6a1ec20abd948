"""Upstreams of every kind on real sockets, and a pass-through in front of one."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple
from urllib.parse import urlsplit

import orjson
from click.testing import CliRunner

from mockserver.accounts.session import REAL
from mockserver.cli.main import main
from mockserver.engine.request import Request
from mockserver.engine.step import Engine, EngineSettings
from mockserver.files.library import load_library
from mockserver.recording.exchange import RecordedExchange
from mockserver.recording.scenario import Recording, recording_of
from mockserver.scenarios.recorded import read_answers
from mockserver.scenarios.script import Script
from mockserver.server.asgi import Gateway
from mockserver.server.stream_gate import Delivery
from mockserver.server.traffic import LiveAnswer
from mockserver.server.uvicorn import running
from mockserver.upstream.address import UpstreamAddress, upstream_at
from mockserver.upstream.passthrough import LARGEST, PassThrough
from mockserver.upstream.recorder import Recorder
from tests.support.engine import MESSAGES, Talk, contract
from tests.support.sockets import PATIENCE

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """Return a chunk of a body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


class Passing(NamedTuple):
    """A running pass-through: its URL, and what it reports as it comes."""

    url: str
    reports: "SimpleQueue[tuple[RecordedExchange, str]]"

    def report(self) -> tuple[RecordedExchange, str]:
        """Return the next exchange, and why it cannot be recorded."""
        return self.reports.get(timeout=PATIENCE)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.url)
        return parts.hostname or "", parts.port or 0


@contextmanager
def passing(upstream: str | UpstreamAddress, *, largest: int = LARGEST) -> Iterator[Passing]:
    """Serve a pass-through to an upstream."""
    address = upstream_at(upstream, allow_private=True) if isinstance(upstream, str) else upstream
    reports: SimpleQueue[tuple[RecordedExchange, str]] = SimpleQueue()
    app = PassThrough(address, lambda exchange, skipped: reports.put((exchange, skipped)), largest=largest)
    with running(app) as url:
        yield Passing(url, reports)


@contextmanager
def raw_upstream(answer: Callable[[socket.socket, bytes], None]) -> Iterator[str]:
    """Serve one connection after another: `answer` gets the socket and the request that came on it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            while True:
                try:
                    sock, _ = listening.accept()
                except OSError:
                    return
                with sock:
                    sock.settimeout(PATIENCE)
                    request = read_request(sock)
                    if request:
                        answer(sock, request)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(PATIENCE)


def read_request(sock: socket.socket) -> bytes:
    """Return a request with its body."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = sock.recv(65_536)
        if not piece:
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    wanted = int(lengths[0].partition(b":")[2]) if lengths else 0
    while len(body) < wanted:
        body += sock.recv(65_536)
    return head + b"\r\n\r\n" + body


def reset(sock: socket.socket) -> None:
    """Close a connection with RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


REQUEST = Request(
    "POST",
    MESSAGES,
    {"x-api-key": "sk_test", "content-type": "application/json"},
    orjson.dumps({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}]}),
)


def live_answer(delivery: Delivery, script: Script | None = None, request: Request = REQUEST) -> LiveAnswer:
    """Return an answer to a request on its way, as a scenario decides it."""
    talk = Talk(script)
    _, decision = talk.engine.step(talk.session, request, talk.now)
    return LiveAnswer(1, talk.session.id, request, decision, REAL, talk.now, delivery)


@contextmanager
def recording(upstream: str, file: Path, *, again: bool = False) -> Iterator[str]:
    """Yield the URL of a recorder; the file is complete when the block has ended."""

    def compose(exchanges: Sequence[RecordedExchange], name: str, before: Recording) -> Recording:
        earlier = read_answers(before.frames.encode()) if again else ()
        return recording_of(exchanges, name, contract(), before=before.scenario, earlier=earlier)

    recorder = Recorder(file, compose)
    skipped = []

    def report(passed: RecordedExchange, reason: str) -> None:
        skipped.append(reason or recorder.add(passed))

    with running(PassThrough(upstream_at(upstream, allow_private=True), report)) as url:
        yield url
    assert [written.trouble for written in recorder.close()] == [""]
    assert set(skipped) == {""}


@contextmanager
def replaying(file: Path) -> Iterator[str]:
    """Serve a recording, which lint has nothing against."""
    linted = CliRunner().invoke(main, ["lint", str(file)])
    assert linted.exit_code == 0, f"{linted.output}\n{file.read_text(encoding='utf-8')}"
    library = load_library(contract(), str(file))
    with running(Gateway(Engine(contract(), library.scripts, EngineSettings(scenario=library.playing)))) as url:
        yield url
