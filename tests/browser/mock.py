"""A mock with its page in a thread, and clients that send requests like an app."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import cache
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

import orjson
from playwright.sync_api import Locator, Page, expect

from mockserver.cli.control_options import MOST_BYTES, MOST_EXCHANGES
from mockserver.control.wiring import ControlledGateway, with_control
from mockserver.engine.chaos_stage import ChaosSettings
from mockserver.engine.step import Engine, EngineSettings
from mockserver.files.chaos_file import load_profiles
from mockserver.files.library import Library, load_library
from mockserver.journal.log import Journal
from mockserver.server import uvicorn
from mockserver.server.asgi import Gateway
from tests.support.engine import MESSAGES, contract

TOKEN = "a-token-of-the-tests"
PATIENCE = 60.0
"""Seconds after which a silent socket fails a test; no test waits that long on purpose."""


@cache
def library() -> Library:
    """Return the shipped scenarios, read once."""
    return load_library(contract())


def hello(text: str = "Hello!", **more: object) -> dict[str, object]:
    """Return the body of a request for a stream."""
    messages = [{"role": "user", "content": text}]
    return {"model": "qwen-coder-32b", "max_tokens": 400, "stream": True, "messages": messages, **more}


class Mock:
    """A gateway with its control API in a thread; it can be stopped and restarted on the same port."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._running = ExitStack()
        self.port = 0
        self.gateway: Gateway
        self._controlled: ControlledGateway
        self.start()

    def start(self, token: str = TOKEN) -> None:
        """Start with a new journal and new sessions, on the same port as before."""
        profiles, _ = load_profiles(None)
        engine = Engine(contract(), library().scripts, EngineSettings(), chaos=ChaosSettings(profiles))
        self.gateway = Gateway(engine, journal=Journal(MOST_EXCHANGES, 4 * MOST_BYTES))  # its number is the bound
        self._running = ExitStack()
        self._stack.callback(self._running.close)
        sock = self._running.enter_context(uvicorn.bind("127.0.0.1", self.port))
        self.port = sock.getsockname()[1]
        self._controlled = with_control(self.gateway, library().files, self.url, token=token)
        self._loop = self._running.enter_context(uvicorn.threaded(self._controlled.app, sock))
        self._running.callback(self._loop.call_soon_threadsafe, self._controlled.control.close)

    def stop(self) -> None:
        """Stop the server and close every connection."""
        self._running.close()

    def settle(self) -> None:
        """Wait until every answer that a client can have read is in the journal."""
        asyncio.run_coroutine_threadsafe(self.gateway.settled(), self._loop).result()

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.port}"

    # --- an app that asks ---------------------------------------------------------------------------------------------

    def ask(
        self, body: object = None, path: str = MESSAGES, *, key: str = "sk_test", **headers: str
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Send a request and return status, headers and body of the answer. A body of bytes is sent unchanged."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        raw = body if isinstance(body, bytes) else orjson.dumps(hello() if body is None else body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with closing(connection):
            connection.request("POST", path, raw, {"content-type": "application/json", "x-api-key": key, **named})
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()

    def begin(self, body: object = None, **headers: str) -> "PendingRequest":
        """Send a request in a thread, so that the test can act while the answer is in progress."""
        return PendingRequest(lambda: self.ask(body, **headers))

    def dial(self) -> socket.socket:
        """Send a request and return its socket without reading the answer."""
        raw = orjson.dumps(hello())
        head = f"POST {MESSAGES} HTTP/1.1\r\nhost: {urlsplit(self.url).netloc}\r\nx-api-key: sk_test\r\n"
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        sock.sendall(f"{head}content-type: application/json\r\ncontent-length: {len(raw)}\r\n\r\n".encode() + raw)
        return sock

    def dial_held(self, event: int) -> socket.socket:
        """Send a request whose answer is held before this event, and return its socket."""
        self.post("next", {"faults": [{"hold": {"at": event}}]})
        return self.dial()

    def post(self, path: str, body: object) -> None:
        """POST to the control API, without the page."""
        self._call("POST", path, body)

    def put(self, path: str, body: object) -> None:
        """PUT to the control API."""
        self._call("PUT", path, body)

    def patch(self, path: str, body: object) -> None:
        """PATCH the control API."""
        self._call("PATCH", path, body)

    def _call(self, method: str, path: str, body: object) -> None:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        headers = {"content-type": "application/json", "authorization": f"Bearer {self._controlled.token}"}
        with closing(connection):
            connection.request(method, f"/_mock/{path}", orjson.dumps(body), headers)
            answer = connection.getresponse()
            assert answer.status < 300, answer.read()

    # --- a person who looks -------------------------------------------------------------------------------------------

    def open(self, page: Page, where: str = "", url: str = "") -> None:
        """Open the printed link, then a place on the page."""
        page.goto(self._controlled.link(url or self.url))
        expect(page.locator(".connection")).to_have_text("live")
        if where:
            self.go(page, where)

    def go(self, page: Page, where: str) -> None:
        """Go to a place on the page that is open."""
        page.goto(page.url.partition("#")[0] + "#" + where)


def rows(page: Page) -> Locator:
    """Return the visible rows of the traffic list."""
    return page.get_by_role("listbox", name="Exchanges").get_by_role("option")


class PendingRequest:
    """A request in progress."""

    def __init__(self, ask: Callable[[], tuple[int, Mapping[str, str], bytes]]) -> None:
        self._found: list[tuple[int, Mapping[str, str], bytes]] = []
        self._ask = ask
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with suppress(HTTPException, OSError):  # the mock was stopped; `answer` reports that there is none
            self._found.append(self._ask())

    def answer(self) -> tuple[int, Mapping[str, str], bytes]:
        """Wait for the answer and return it."""
        self._thread.join(PATIENCE)
        assert self._found, "no answer"
        return self._found[0]


@contextmanager
def mocking() -> Iterator[Mock]:
    """Yield a mock for the duration of the block."""
    with ExitStack() as stack:
        yield Mock(stack)
