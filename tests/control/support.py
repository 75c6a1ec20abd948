"""A steered gateway on a real socket, and whoever talks to it: a client of the gateway, a person at the control API."""

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
from mockserver.scenarios.compile import Script
from mockserver.server.asgi import Gateway
from mockserver.server.stores.memory import Store
from mockserver.server.uvicorn import bind, threaded, url_of
from tests.support.engine import BYOK, MESSAGES, contract

T = TypeVar("T")

TOKEN = "the-token-of-the-tests"
PATIENCE = 20.0
"""Seconds after which a silent server is a failed test. No test waits for it to pass."""

Shown: TypeAlias = Any
"""JSON that the control API has made; its shapes are in `control.shapes`."""


class Event(NamedTuple):
    """One event of the feed."""

    name: str
    id: int | None
    data: Shown


def events(response: httpx.Response) -> Iterator[Event]:
    """The events of a feed as they come; comments are left out."""
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
    """A valid request that says this."""
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
        """Somebody at the control API."""
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
        """One request to the gateway, and its whole answer."""
        sent = {"authorization": "Bearer sk_a", **(headers or {})}
        return self.client.post(path, json=conversation(text, path, **fields), headers=sent)

    @contextmanager
    def streaming(self, text: str = "Hello", path: str = MESSAGES, key: str = "sk_a") -> Iterator[httpx.Response]:
        """A streamed answer that is open for as long as the block lasts."""
        body, sent = conversation(text, path, stream=True), {"authorization": f"Bearer {key}"}
        with self.client.stream("POST", path, json=body, headers=sent) as response:
            yield response

    @contextmanager
    def feed(self, after: int | None = None, last_seen: str | None = None) -> Iterator[Iterator[Event]]:
        """The feed, for as long as the block lasts; `last_seen` is the id that a browser says when it comes again."""
        headers = {} if last_seen is None else {"last-event-id": last_seen}
        query = {} if after is None else {"after": after}
        with self.control.stream("GET", "/traffic", params=query, headers=headers) as response:
            assert response.status_code == 200, response.read()
            yield events(response)

    def get(self, path: str, **query: str | int | float) -> Shown:
        """What a call answers that must work."""
        answer = self.control.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, said: JsonValue = None, status: int = 200) -> Shown:
        """The same, with a body."""
        answer = self.control.post(path, json=said)
        assert answer.status_code == status, answer.text
        return answer.json()

    def session(self, **chosen: JsonValue) -> Shown:
        """A new session; `key` is its client's."""
        return self.post("/sessions", chosen, 201)

    def holds(self, condition: Callable[[], bool]) -> None:
        """Return when the condition holds on the server's loop, looked at in every turn of it."""

        async def turns() -> None:
            async with asyncio.timeout(PATIENCE):
                while not condition():
                    await asyncio.sleep(0)

        asyncio.run_coroutine_threadsafe(turns(), self.loop).result()

    def on_loop(self, look: Callable[[], T]) -> T:
        """What is found on the server's loop, where everything happens."""

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
    """A steered gateway that plays these scenarios."""
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
    """The shipped scenarios by name."""
    return {file.stem: file for file in bundled.SCENARIOS.glob("*.yaml")}


def error_of(answer: httpx.Response) -> Shown:
    """The error that an answer tells, which must have the one shape."""
    assert answer.headers["content-type"] == "application/json", answer.text
    found = answer.json()
    assert set(found) == {"error"}
    assert {"code", "message"} <= set(found["error"]) <= {"code", "message", "problems"}
    assert found["error"]["code"]
    assert found["error"]["message"]
    return found["error"]
