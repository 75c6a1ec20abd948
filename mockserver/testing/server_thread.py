"""One server for all tests of a process, or for one block, and how other threads use it.

A test runs in its own thread, the server in another with its own event loop. Everything that changes a session happens
on that loop (`LoopRunner.run`), so a test needs no lock, and an asyncio or trio test is not disturbed. What a test only
reads (a session's value, the journal), it reads at once: a turn of another thread's loop takes longer than the rest of
a short test. In process there is no loop but the test's own, and no coroutine of the server waits, so each is run
directly.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import msgspec

from mockserver.accounts.identify import Accounts
from mockserver.accounts.session import Session, start_clock
from mockserver.core.clock import SystemClock
from mockserver.engine.chaos_stage import ChaosSettings
from mockserver.engine.step import Engine, EngineSettings
from mockserver.files import bundled, loader
from mockserver.files.contract import load_contract
from mockserver.journal.log import Exchange, Journal
from mockserver.openapi.contract import Contract
from mockserver.scenarios.script import Script
from mockserver.server.asgi import Gateway
from mockserver.server.asgi_types import Application
from mockserver.server.stores.memory import MemoryStore
from mockserver.server.traffic import LiveAnswer
from mockserver.server.uvicorn import bind, threaded, url_of
from mockserver.testing.registry import ProfileRegistry, ScriptRegistry

if TYPE_CHECKING:
    from mockserver.testing.coverage_recorder import CoverageRecorder

T = TypeVar("T")

MOST_EXCHANGES = 10_000
MOST_BYTES = 64 * 1024 * 1024
"""Limits of the journal in a process of tests: above a server's, since a test looks at all of its requests."""

IN_PROCESS = "http://gateway.test"
"""The URL of a server without a socket; `.test` is reserved (RFC 6761)."""

STARTED: "list[Callable[[ServerThread], None]]" = []
"""What is called with each server of the process before it serves, for a run that asks for its coverage."""


class LoopRunner(Protocol):
    """A way to run a coroutine of the server from outside its event loop."""

    def run(self, work: Coroutine[Any, Any, T]) -> T:  # Any: only the loop sees what a coroutine yields and is sent
        """Run a coroutine and return its result."""
        ...


class ThreadRunner:
    """Runs coroutines on an event loop in another thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the server's loop and return its result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


class InlineRunner:
    """Runs coroutines that never wait, without an event loop."""

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine and return its result. Raises `RuntimeError` if it waits, since nothing could wake it."""
        try:
            work.send(None)
        except StopIteration as done:
            result: T = done.value
            return result
        raise RuntimeError("a coroutine that waits was run without an event loop; this is a bug of the mock")


class ServerThread:
    """A gateway for tests. `virtual` and `speed` set the clock of every session."""

    def __init__(
        self,
        *,
        virtual: bool = True,
        speed: float = 1.0,
        settings: EngineSettings | None = None,
        extensions: Iterable[str] = (),
    ) -> None:
        self.contract: Contract = load_contract(extensions)
        self.scripts = ScriptRegistry(self.contract)
        self.profiles = ProfileRegistry()
        self.accounts = Accounts()
        self.clock = SystemClock()
        chaos = ChaosSettings(self.profiles)
        engine = Engine(self.contract, self.scripts, settings or EngineSettings(), self.accounts, chaos)
        self.store = MemoryStore(clock=start_clock(self.clock.now(), virtual, speed))
        self.app = Gateway(engine, store=self.store, journal=Journal(MOST_EXCHANGES, MOST_BYTES), clock=self.clock)
        self.runner: LoopRunner = InlineRunner()
        self.url = IN_PROCESS
        self.session_counts: dict[str, int] = {}
        self.sessions: set[str] = set()
        self.latest_session: str | None = None
        self.token = self.page = ""
        self.close: Callable[[], None] = lambda: None
        self._changes = threading.Condition()
        self.app.traffic.watchers.append(self)
        self.coverage: CoverageRecorder | None = None
        for call in STARTED:
            call(self)

    def with_control(self) -> Application:
        """Return the application with the control API in front of it; set `token` and `page`."""
        from mockserver.control.wiring import with_control

        files = {file.stem: file for file in loader.discover(bundled.SCENARIOS)}
        controlled = with_control(self.app, files, self.url, default_session=lambda: self.latest_session)
        self.close = controlled.control.close
        self.token, self.page = controlled.token, controlled.link(self.url)
        return controlled.app

    def began(self, live: LiveAnswer) -> None:
        """Do nothing: no test waits for the beginning of an answer."""

    def changed(self, live: LiveAnswer) -> None:
        """Wake the waiting tests: more of an answer was sent, or it is held back."""
        self._notify()

    def ended(self, live: LiveAnswer, exchange: Exchange) -> None:
        """Wake the waiting tests: an answer is in the journal."""
        self._notify()

    def _notify(self) -> None:
        with self._changes:
            self._changes.notify_all()

    def update(self, id: str, change: Callable[[Session], tuple[Session, T]]) -> T:
        """Change a session and return the result of the change."""
        return self.runner.run(self.app.store.update(id, change))

    def session(self, id: str) -> Session:
        """Return the present value of a session. Values do not change, so this needs no turn of the loop."""
        return self.store.present(id)

    def settle(self) -> None:
        """Return when every answer whose end its client can have seen by now is in the journal."""
        # In process an answer reaches its client when the application has returned.
        if self.url != IN_PROCESS and not self.app.traffic.is_quiet:
            self.runner.run(self.app.settled())

    def wait(self, condition: Callable[[], bool], timeout: float) -> bool:
        """Wait until a condition is true, checking it after each change of an answer. Return whether it is true."""
        with self._changes:
            return self._changes.wait_for(condition, timeout)

    def now(self, id: str) -> float:
        """Return a session's time, in seconds since the epoch."""
        return self.session(id).clock.at(self.clock.now())

    def play(self, id: str, slot: str, script: Script, source: object = None) -> None:
        """Let a session play a script; `source` is what the test plays, None where it added a turn to that."""
        if self.coverage is not None:
            self.settle()  # what was answered until now belongs to the script before
            self.coverage.plays(id, script, source)
        self.scripts.put(slot, script)

    def forget(self, id: str, slot: str) -> None:
        """Forget what a session that is over played."""
        if self.coverage is not None:
            self.settle()
            self.coverage.forget(id)
        self.scripts.clear(slot)
        self.profiles.clear(slot)

    def seed(self, id: str, seed: str) -> None:
        """Set the seed of a session."""
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
    extensions: Iterable[str] = (),
) -> Iterator[ServerThread]:
    """Yield a server while the block runs; `control` adds the control API and the page."""
    server = ServerThread(virtual=virtual, speed=speed, settings=settings, extensions=extensions)
    if in_process:
        yield server
        return
    with bind(host, port) as sock:
        server.url = url_of(sock)
        app = server.with_control() if control else server.app
        with threaded(app, sock, stopping=server.close) as loop:
            server.runner = ThreadRunner(loop)
            yield server
