"""The real application on a loopback socket, with its control API, and a client that sends any bytes."""

import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx

from mockserver.testing.gateway import GatewaySession
from mockserver.testing.server_thread import server_thread

PATIENCE = 60.0
"""Seconds after which a silent server is a failure. No test waits for it to pass."""

READS = (
    ("GET", "/exchanges", None),
    ("GET", "/exchanges?limit=5&before=3", None),
    ("GET", "/live", None),
    ("GET", "/verdict", None),
    ("GET", "/verdict?concurrency=1&read_timeout=1", None),
    ("GET", "/metrics", None),
    ("GET", "/about", None),
    ("GET", "/ready", None),
    ("GET", "/health", None),
    ("GET", "/sessions", None),
    ("GET", "/scenarios", None),
    ("GET", "/defaults", None),
    ("GET", "/next", None),
    ("POST", "/exchanges/find", {"when": {"last": "tool_result"}}),
    ("POST", "/exchanges/find", {"when": {"text": {"contains": "a"}, "tools": ["read"], "system": "a"}}),
    ("POST", "/exchanges/find", {"when": {"body": {"/messages/0/content": "a"}, "tool_result": {"text": "a"}}}),
    ("POST", "/verify", {"when": {"last": "user"}, "times": 0}),
    ("POST", "/verify", {"order": [{"last": "user"}, {"text": "a"}, {"not": {"stream": True}}]}),
)
"""What is asked of the control API after each request."""

READS_OF_ONE = ("", "/body", "/answer", "/copy/curl", "/copy/scenario", "/copy/pytest")
"""What is asked of one exchange."""

READS_OF_A_SESSION = ("", "/snapshot", "/export")
"""What is asked of one session."""


class Answer(NamedTuple):
    """What came back: the status, 0 where there was none, and every byte."""

    status: int
    raw: bytes


class Target:
    """A gateway under attack."""

    def __init__(self, gateway: GatewaySession, control: httpx.Client, stack: ExitStack) -> None:
        self.gateway = gateway
        self.control = control
        self._stack = stack
        address = urlsplit(gateway.url)
        self.address = (address.hostname or "", address.port or 0)
        self._feeds: list[socket.socket] = []

    def send(self, path: str, body: bytes, headers: Sequence[tuple[str, str]] = (), method: str = "POST") -> Answer:
        """Send one request on a connection of its own; return the whole answer."""
        lines = [f"{method} {path} HTTP/1.1", f"host: {self.address[0]}", "connection: close"]
        lines += [f"{name}: {value}" for name, value in headers]
        lines += [f"content-length: {len(body)}", "", ""]
        return self.send_bytes("\r\n".join(lines).encode("latin-1") + body)

    def send_bytes(self, raw: bytes) -> Answer:
        """Send bytes and close the sending side; return what comes until the server closes."""
        came = b""
        with socket.create_connection(self.address, timeout=PATIENCE) as sock:
            sock.sendall(raw)
            sock.shutdown(socket.SHUT_WR)
            try:
                while piece := sock.recv(65536):
                    came += piece
            except ConnectionResetError:
                pass
        head = came.split(b" ", 2)
        return Answer(int(head[1]) if came.startswith(b"HTTP/1.") and head[1].isdigit() else 0, came)

    def open_feed(self) -> None:
        """Open a feed and read its head; what follows is left in the socket's buffer."""
        sock = socket.create_connection(self.address, timeout=PATIENCE)
        self._stack.callback(sock.close)
        token = self.gateway.token
        sock.sendall(
            f"GET /_mock/traffic HTTP/1.1\r\nhost: x.localhost\r\nauthorization: Bearer {token}\r\n\r\n".encode()
        )
        came = b""
        while b"\r\n\r\n" not in came:
            came += sock.recv(65536)
        assert came.startswith(b"HTTP/1.1 200"), came
        self._feeds.append(sock)

    def close_feeds(self) -> None:
        """Close every feed."""
        for sock in self._feeds:
            sock.close()
        self._feeds.clear()

    def entered(self) -> int:
        """Return how many exchanges the journal has ever had."""
        entered: int = self._read("GET", "/exchanges?after=99999999", None).json()["entered"]
        return entered

    def _read(self, method: str, path: str, said: object) -> httpx.Response:
        return self.control.request(method, path, json=said) if said is not None else self.control.request(method, path)

    def failures(self) -> list[str]:
        """Ask everything of the control API; return a line for each answer of 500 and more."""
        reads = list(READS)
        entered = self.entered()
        reads += [("GET", f"/exchanges/{entered}{part}", None) for part in READS_OF_ONE]
        sessions = self._read("GET", "/sessions", None)
        if sessions.status_code == 200:
            names = [shape["id"] for shape in sessions.json()[:2]]
            reads += [("GET", f"/sessions/{name}{part}", None) for name in names for part in READS_OF_A_SESSION]
        answers = [(method, path, said, self._read(method, path, said)) for method, path, said in reads]
        return [
            f"{method} {path} {said or ''} -> {answer.status_code}"
            for method, path, said, answer in answers
            if answer.status_code >= 500
        ]

    def fixture_failures(self) -> list[str]:
        """Ask everything of the fixture; return a line for each error that is no failed assertion."""
        gateway = self.gateway
        asked: Mapping[str, Callable[[], object]] = {
            "timeline": gateway.timeline,
            "snapshot": gateway.snapshot,
            "verdict": lambda: repr(gateway.verdict()),
            "assert_called": lambda: gateway.assert_called(times=10_000, last="user"),
            "assert_order": lambda: gateway.assert_order({"text": "a"}, {"last": "tool_result"}),
            "problems": gateway.problems,
            "find": lambda: gateway.journal.find(text={"contains": "a"}),
        }
        raised = []
        for name, ask in asked.items():
            try:
                ask()
            except AssertionError:
                pass
            except Exception as error:
                raised.append(f"{name}: {type(error).__name__}: {error}")
        report = gateway.failure_report()
        return [*raised, *([report] if report.startswith("No report") else [])]


@contextmanager
def attacked() -> Iterator[Target]:
    """Yield a gateway with its control API, without a scenario of its own."""
    with server_thread(control=True) as host, ExitStack() as stack:
        gateway = GatewaySession(host, "attack")
        stack.callback(gateway.close)
        headers = {"authorization": f"Bearer {gateway.token}"}
        base = f"{gateway.url}/_mock"
        control = stack.enter_context(httpx.Client(base_url=base, headers=headers, timeout=PATIENCE, trust_env=False))
        yield Target(gateway, control, stack)
