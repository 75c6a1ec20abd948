"""A gateway with its control API on a real socket, and HTTP clients for both."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias, TypeVar

import httpx
import orjson
from pydantic import JsonValue

from mockserver.control.wiring import ControlledGateway, with_control
from mockserver.engine.step import Engine, EngineSettings
from mockserver.files import bundled
from mockserver.journal.log import Journal
from mockserver.scenarios.script import Script
from mockserver.server.asgi import Gateway
from mockserver.server.stores.memory import Store
from mockserver.server.uvicorn import bind, threaded, url_of
from tests.support.engine import BYOK, MESSAGES, contract

T = TypeVar("T")

TOKEN = "the-token-of-the-tests"
PATIENCE = 60.0
"""Seconds after which a silent server fails a test; no test waits that long on purpose."""

ControlJson: TypeAlias = Any
"""JSON of the control API; `control.responses` has its models."""


class Event(NamedTuple):
    """One event of the feed."""

    name: str
    id: int | None
    data: ControlJson


def events(response: httpx.Response) -> Iterator[Event]:
    """Yield the events of a feed as they arrive, without comments."""
    fields: dict[str, str] = {}
    for line in response.iter_lines():
        if line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            fields[name] = value
        elif fields:
            number = int(fields["id"]) if "id" in fields else None
            yield Event(fields["event"], number, orjson.loads(fields["data"]))
            fields = {}


def conversation(text: str, path: str = MESSAGES, **fields: JsonValue) -> dict[str, JsonValue]:
    """Return the body of a valid request with this user message."""
    body: dict[str, JsonValue] = {"model": "m", "messages": [{"role": "user", "content": text}]}
    if path == MESSAGES:
        body["max_tokens"] = 1000
    if path == BYOK:
        body["provider"] = "anthropic"
    return body | fields


class Served:
    """A running server."""

    def __init__(self, controlled: ControlledGateway, app: Gateway, url: str, loop: asyncio.AbstractEventLoop) -> None:
        self.controlled = controlled
        self.app = app
        self.url = url
        self.loop = loop
        self.link = controlled.link(url)
        self._open = ExitStack()
        self.control = self.person()
        self.client = self._open.enter_context(httpx.Client(base_url=url, timeout=PATIENCE, trust_env=False))

    def person(self, token: str | None = TOKEN, **headers: str) -> httpx.Client:
        """Return a client of the control API; `token` None sends none."""
        known = {} if token is None else {"authorization": f"Bearer {token}"}
        base = f"{self.url}/_mock"
        client = httpx.Client(base_url=base, headers={**known, **headers}, timeout=PATIENCE, trust_env=False)
        return self._open.enter_context(client)

    def close(self) -> None:
        """Close every client."""
        self._open.close()

    def ask(
        self, text: str = "Hello", path: str = MESSAGES, headers: Mapping[str, str] | None = None, **fields: JsonValue
    ) -> httpx.Response:
        """Send a request to the gateway and return the complete answer."""
        sent = {"authorization": "Bearer sk_a", **(headers or {})}
        return self.client.post(path, json=conversation(text, path, **fields), headers=sent)

    @contextmanager
    def streaming(self, text: str = "Hello", path: str = MESSAGES, key: str = "sk_a") -> Iterator[httpx.Response]:
        """Open a streamed answer for the duration of the block."""
        body, sent = conversation(text, path, stream=True), {"authorization": f"Bearer {key}"}
        with self.client.stream("POST", path, json=body, headers=sent) as response:
            yield response

    @contextmanager
    def feed(self, after: int | None = None, last_seen: str | None = None) -> Iterator[Iterator[Event]]:
        """Open the feed for the duration of the block; `last_seen` is the Last-Event-ID of a reconnect."""
        headers = {} if last_seen is None else {"last-event-id": last_seen}
        query = {} if after is None else {"after": after}
        with self.control.stream("GET", "/traffic", params=query, headers=headers) as response:
            assert response.status_code == 200, response.read()
            yield events(response)

    def get(self, path: str, **query: str | int | float) -> ControlJson:
        """Return the JSON of a GET that must succeed."""
        answer = self.control.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: JsonValue = None, status: int = 200) -> ControlJson:
        """Return the JSON of a POST that must have this status."""
        answer = self.control.post(path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def session(self, **chosen: JsonValue) -> ControlJson:
        """Create a session; its `key` is the API key for a client."""
        return self.post("/sessions", chosen, 201)

    def holds(self, condition: Callable[[], bool]) -> None:
        """Wait until the condition holds; it is checked on the server's loop, in each iteration."""

        async def turns() -> None:
            async with asyncio.timeout(PATIENCE):
                while not condition():
                    await asyncio.sleep(0)

        asyncio.run_coroutine_threadsafe(turns(), self.loop).result()

    def on_loop(self, look: Callable[[], T]) -> T:
        """Return the result of a function, called on the server's loop."""

        async def found() -> T:
            return look()

        return asyncio.run_coroutine_threadsafe(found(), self.loop).result()


@contextmanager
def serving(
    *scripts: Script,
    playing: str | None = None,
    files: Mapping[str, Path] | None = None,
    journal: Journal | None = None,
    store: Store | None = None,
    token: str = TOKEN,
    hosts: tuple[str, ...] = (),
    own: str | None = None,
) -> Iterator[Served]:
    """Serve a gateway with its control API that knows these scenarios."""
    known = {script.name: script for script in scripts}
    engine = Engine(contract(), known, EngineSettings(scenario=playing))
    app = Gateway(engine, store=store, journal=journal)
    with ExitStack() as stack:
        sock = stack.enter_context(bind("127.0.0.1", 0))
        url = url_of(sock)
        controlled = with_control(app, files or {}, url, token=token, hosts=hosts, default_session=lambda: own)
        served = Served(controlled, app, url, stack.enter_context(threaded(controlled.app, sock)))
        try:
            yield served
        finally:
            served.close()


def shipped_files() -> dict[str, Path]:
    """Return the files of the shipped scenarios by name."""
    return {file.stem: file for file in bundled.SCENARIOS.glob("*.yaml")}


def error_of(answer: httpx.Response) -> ControlJson:
    """Return the error in a response; it must have the common shape."""
    assert answer.headers["content-type"] == "application/json", answer.text
    found = answer.json()
    assert set(found) == {"error"}
    assert {"code", "message"} <= set(found["error"]) <= {"code", "message", "problems"}
    assert found["error"]["code"]
    assert found["error"]["message"]
    return found["error"]
