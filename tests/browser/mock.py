"""A mock in a thread, with its page, and clients that talk to it as an app would."""

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import cache
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

import orjson
from playwright.sync_api import Locator, Page, expect

from mockserver.cli.control_options import MOST_BYTES, MOST_EXCHANGES, files_of
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
PATIENCE = 30.0
"""Seconds after which a silent socket is a failed test. No test waits for it to pass."""


@cache
def library() -> Library:
    """The shipped scenarios, read once."""
    return load_library(contract())


def hello(text: str = "Hello!", **more: object) -> dict[str, object]:
    """The body of a request for a stream."""
    messages = [{"role": "user", "content": text}]
    return {"model": "qwen-coder-32b", "max_tokens": 400, "stream": True, "messages": messages, **more}


class Mock:
    """A gateway with its control API, served in a thread; it can be ended and started again on the same port."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._running = ExitStack()
        self.port = 0
        self.gateway: Gateway
        self._controlled: ControlledGateway
        self.start()

    def start(self, token: str = TOKEN) -> None:
        """Start: another journal, other sessions, the same port as before."""
        profiles, _ = load_profiles(None)
        engine = Engine(contract(), library().scripts, EngineSettings(), chaos=ChaosSettings(profiles))
        self.gateway = Gateway(engine, journal=Journal(MOST_EXCHANGES, MOST_BYTES))
        self._running = ExitStack()
        self._stack.callback(self._running.close)
        sock = self._running.enter_context(uvicorn.bind("127.0.0.1", self.port))
        self.port = sock.getsockname()[1]
        self._controlled = with_control(self.gateway, files_of(library()), self.url, token=token)
        loop = self._running.enter_context(uvicorn.threaded(self._controlled.app, sock))
        self._running.callback(loop.call_soon_threadsafe, self._controlled.control.close)

    def stop(self) -> None:
        """End it, and every connection."""
        self._running.close()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    # --- an app that asks ---------------------------------------------------------------------------------------------

    def ask(
        self, body: object = None, path: str = MESSAGES, *, key: str = "sk_test", **headers: str
    ) -> tuple[int, Mapping[str, str], bytes]:
        """One request, and its whole answer: status, headers, body. A body of bytes is sent as it is."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        raw = body if isinstance(body, bytes) else orjson.dumps(hello() if body is None else body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with closing(connection):
            connection.request("POST", path, raw, {"content-type": "application/json", "x-api-key": key, **named})
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()

    def begin(self, body: object = None, **headers: str) -> "Asking":
        """The same in a thread of its own: the test goes on while the answer is on its way."""
        return Asking(lambda: self.ask(body, **headers))

    def dial(self) -> socket.socket:
        """A client that sends a request and reads nothing."""
        raw = orjson.dumps(hello())
        head = f"POST {MESSAGES} HTTP/1.1\r\nhost: {urlsplit(self.url).netloc}\r\nx-api-key: sk_test\r\n"
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        sock.sendall(f"{head}content-type: application/json\r\ncontent-length: {len(raw)}\r\n\r\n".encode() + raw)
        return sock

    def dial_held(self, event: int) -> socket.socket:
        """The same, whose answer is held before this event."""
        self.post("next", {"faults": [{"hold": {"at": event}}]})
        return self.dial()

    def post(self, path: str, said: object) -> None:
        """Steer it by the control API, without the page."""
        self._steer("POST", path, said)

    def put(self, path: str, said: object) -> None:
        """The same with PUT."""
        self._steer("PUT", path, said)

    def patch(self, path: str, said: object) -> None:
        """The same with PATCH."""
        self._steer("PATCH", path, said)

    def _steer(self, method: str, path: str, said: object) -> None:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        headers = {"content-type": "application/json", "authorization": f"Bearer {self._controlled.token}"}
        with closing(connection):
            connection.request(method, f"/_mock/{path}", orjson.dumps(said), headers)
            answer = connection.getresponse()
            assert answer.status < 300, answer.read()

    # --- a person who looks -------------------------------------------------------------------------------------------

    def open(self, page: Page, where: str = "", url: str = "") -> None:
        """Open the printed link, then this place on the page."""
        page.goto(self._controlled.link(url or self.url))
        expect(page.locator(".connection")).to_have_text("live")
        if where:
            self.go(page, where)

    def go(self, page: Page, where: str) -> None:
        """Go to a place on the page that is open."""
        page.goto(page.url.partition("#")[0] + "#" + where)


def rows(page: Page) -> Locator:
    """The exchanges that can be seen."""
    return page.get_by_role("listbox", name="Exchanges").get_by_role("option")


class Asking:
    """A request on its way."""

    def __init__(self, ask: Callable[[], tuple[int, Mapping[str, str], bytes]]) -> None:
        self._found: list[tuple[int, Mapping[str, str], bytes]] = []
        self._ask = ask
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with suppress(HTTPException, OSError):  # the mock was ended; whoever wants the answer finds none
            self._found.append(self._ask())

    def answer(self) -> tuple[int, Mapping[str, str], bytes]:
        """The answer, when it has come."""
        self._thread.join(PATIENCE)
        assert self._found, "the answer has not come"
        return self._found[0]


@contextmanager
def mocking() -> Iterator[Mock]:
    """A mock for as long as the block lasts."""
    with ExitStack() as stack:
        yield Mock(stack)
