"""The host: one server for all tests of a process, or for one block, and the seam to it from other threads.

A test runs in its own thread, the server in another with a loop of its own. Everything that touches a session happens
on that loop (`LoopLink.run`), so a test needs no lock and an asyncio or trio test is not disturbed. In process there
is no loop but the test's own, and nothing of a host ever waits, so its coroutines are simply driven.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

import msgspec

from mockserver.accounts.identify import Accounts
from mockserver.accounts.session import Session, start_clock
from mockserver.core.clock import SystemClock
from mockserver.engine.chaos_stage import ChaosSettings
from mockserver.engine.step import Engine, EngineSettings
from mockserver.files import bundled, loader
from mockserver.files.library import load_contract
from mockserver.journal.log import Exchange, Journal
from mockserver.openapi.contract import Contract
from mockserver.server.asgi import Application, Gateway
from mockserver.server.stores.memory import MemoryStore
from mockserver.server.traffic import LiveAnswer
from mockserver.server.uvicorn import bind, threaded, url_of
from mockserver.testing.registry import ProfileRegistry, ScriptRegistry

T = TypeVar("T")

MOST_EXCHANGES = 10_000
MOST_BYTES = 64 * 1024 * 1024
"""How much of what came a process of tests remembers: more than a server, since a test is judged by all of its own."""

IN_PROCESS = "http://gateway.test"
"""The URL of a host without a socket; `.test` is nobody's (RFC 6761)."""


class LoopLink(Protocol):
    """How a coroutine of the host is run from outside."""

    def run(self, work: Coroutine[Any, Any, T]) -> T:  # Any: what a coroutine is sent and yields is the loop's affair
        """Run it, and give what it gives."""
        ...


class ThreadLink:
    """The host runs in another thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run it on the host's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


class DirectLink:
    """The host has no loop of its own: what never waits can be driven from anywhere."""

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Drive it to its end. Raises `RuntimeError` if it waits: there is no loop that could wake it."""
        try:
            work.send(None)
        except StopIteration as done:
            result: T = done.value
            return result
        raise RuntimeError("a coroutine that waits was run without an event loop; this is a bug of the mock")


class ServerThread:
    """A gateway, and what tests need of it. `seed` and `speed` hold for every session that says nothing else."""

    def __init__(self, *, virtual: bool = True, speed: float = 1.0, settings: EngineSettings | None = None) -> None:
        self.contract: Contract = load_contract()
        self.scripts = ScriptRegistry(self.contract)
        self.profiles = ProfileRegistry()
        self.accounts = Accounts()
        self.clock = SystemClock()
        chaos = ChaosSettings(self.profiles)
        engine = Engine(self.contract, self.scripts, settings or EngineSettings(), self.accounts, chaos)
        store = MemoryStore(clock=start_clock(self.clock.now(), virtual, speed))
        self.app = Gateway(engine, store=store, journal=Journal(MOST_EXCHANGES, MOST_BYTES), clock=self.clock)
        self.link: LoopLink = DirectLink()
        self.url = IN_PROCESS
        self.minted: dict[str, int] = {}
        self.sessions: set[str] = set()
        self.own: str | None = None
        self.token = self.page = ""
        self.close: Callable[[], None] = lambda: None
        self._news = threading.Condition()
        self.app.traffic.watchers.append(self)

    def with_control(self) -> Application:
        """The application with the control API before it; its link is `page`."""
        from mockserver.control.wiring import with_control

        files = {file.stem: file for file in loader.discover(bundled.SCENARIOS)}
        controlled = with_control(self.app, files, self.url, default_session=lambda: self.own)
        self.close = controlled.control.close
        self.token, self.page = controlled.token, controlled.link(self.url)
        return controlled.app

    def began(self, live: LiveAnswer) -> None:
        """An answer is on its way."""

    def changed(self, live: LiveAnswer) -> None:
        """More of an answer was handed over, or it is held back."""
        self._tell()

    def ended(self, live: LiveAnswer, exchange: Exchange) -> None:
        """An answer stands in the journal."""
        self._tell()

    def _tell(self) -> None:
        with self._news:
            self._news.notify_all()

    def update(self, id: str, change: Callable[[Session], tuple[Session, T]]) -> T:
        """Change a session."""
        return self.link.run(self.app.store.update(id, change))

    def settle(self) -> None:
        """Return when everything that has ended by now stands in the journal."""
        if self.url != IN_PROCESS:  # in process an answer reaches its client when the application has returned
            self.link.run(self.app.settled())

    def wait(self, holds: Callable[[], bool], timeout: float) -> bool:
        """Wait until it holds, looking again after everything that happens; gives whether it does."""
        with self._news:
            return self._news.wait_for(holds, timeout)

    def now(self, id: str) -> float:
        """A session's time."""
        host = self.clock.now()
        return self.update(id, lambda session: (session, session.clock.at(host)))

    def seed(self, id: str, seed: str) -> None:
        """Give a session a seed."""
        self.update(id, lambda session: (msgspec.structs.replace(session, seed=seed), None))


@contextmanager
def server_thread(
    *,
    virtual: bool = True,
    speed: float = 1.0,
    in_process: bool = False,
    host: str = "127.0.0.1",
    port: int = 0,
    settings: EngineSettings | None = None,
    control: bool = False,
) -> Iterator[ServerThread]:
    """A host for as long as the block lasts, with the control API where it is asked for."""
    found = ServerThread(virtual=virtual, speed=speed, settings=settings)
    if in_process:
        yield found
        return
    with bind(host, port) as sock:
        found.url = url_of(sock)
        app = found.with_control() if control else found.app
        with threaded(app, sock, stopping=found.close) as loop:
            found.link = ThreadLink(loop)
            yield found
