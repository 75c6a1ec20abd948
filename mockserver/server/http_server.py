"""The server: connections on sockets that are bound before, until a signal or its owner ends it.

Binding first turns a busy port into one clear line instead of a log, and tells the port that the system chose before
anybody connects. `run` serves in the foreground until Ctrl-C; `running` serves in a thread with its own event loop.

The end has an order: no new connections, open answers get `GRACE` seconds, what is left is cancelled and its connection
cut, and the server returns when those answers are settled and in the journal.

uvicorn served here before. The protocol, the limits and most of the end were the mock's own already, and uvicorn's
command line, supervisors and log settings are imported with it: an eighth of a start, and 4 MB.
"""

import asyncio
import errno
import gc
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from email.utils import formatdate
from types import FrameType
from typing import Literal

from mockserver.core.errors import OperatorError
from mockserver.server.asgi_types import Application, ClosableApplication
from mockserver.server.protocol import HttpProtocol, protocol_class
from mockserver.server.server_state import ServerState
from mockserver.server.sweeper import Sweeper

BACKLOG = 2048
LOOP: Literal["auto", "asyncio"] = "auto"
"""The event loop: uvloop where it is installed."""
ACCEPTED_AT_ONCE = 8
"""Connections that are accepted in one turn of the event loop.

uvloop accepts one for each listening handle, then serves every request that is ready. With one handle the last of many
clients that connect together waits for all the requests of the others, so there are more handles on the same socket.
"""
COLLECT_AFTER = 20_000
"""Objects after which a server looks for garbage."""
GRACE = 1
"""Seconds that open streams get to end after Ctrl-C."""
LOOK = 0.02
"""Seconds between two looks at whether they have."""


def bind(host: str, port: int, option: str = "--port") -> socket.socket:
    """Return a listening socket. Raises `OperatorError` if it cannot listen there; `option` names the port's option."""
    if not 0 <= port <= 65535:
        raise OperatorError(f"port {port} is out of range; choose one from 0 to 65535")
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise cannot_listen(host, port, error, option) from None


def cannot_listen(host: str, port: int, error: OSError, option: str = "--port") -> OperatorError:
    """Return what keeps a server from listening, with the remedy; `option` names the port's option."""
    if error.errno == errno.EADDRINUSE:
        remedy = f"choose another with {option} {port + 1}, or let the system choose with {option} 0"
        return OperatorError(f"port {port} on {host} is in use; {remedy}")
    if error.errno == errno.EACCES:
        return OperatorError(f"no permission to listen on port {port}; choose one above 1023")
    return OperatorError(f"cannot listen on {host}:{port}: {error.strerror or error}")


def url_of(sock: socket.socket) -> str:
    """Return the URL of a bound socket."""
    host, port = sock.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # all addresses: one that a browser can open
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _new_loop() -> asyncio.AbstractEventLoop:
    if LOOP == "auto":
        with suppress(ImportError):  # there is none for Windows
            import uvloop

            return uvloop.new_event_loop()
    return asyncio.new_event_loop()


def run(
    app: Application,
    *socks: socket.socket,
    ready: Callable[[], None],
    stopping: Callable[[], None] = lambda: None,
    lifeline: int | None = None,
) -> None:
    """Serve until the process gets SIGINT (Ctrl-C), SIGTERM or SIGHUP, then return.

    `lifeline` is a descriptor whose end ends the server too, as a signal does.
    `run` calls `ready` when the socket takes connections and the signals end the server cleanly, and `stopping` when
    such a signal has come, so that endless answers can end.
    """
    server = HttpServer(app, socks, stopping, lifeline=lifeline)
    gc.freeze()  # what a start makes lives for the whole process, and hardly any of it is garbage: collect none of it
    gc.set_threshold(COLLECT_AFTER)
    handle_ends(server.handle_exit)
    ready()
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        runner.run(server.serve())


def handle_ends(handler: Callable[[int, FrameType | None], object] | signal.Handlers) -> None:
    """Install a handler for the signals that end a server. SIGHUP stays ignored under nohup."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and (name != "SIGHUP" or signal.getsignal(number) is not signal.SIG_IGN):
            signal.signal(number, handler)


class HttpServer:
    """Serves an application on sockets, on one event loop."""

    def __init__(
        self,
        app: Application,
        socks: Sequence[socket.socket],
        stopping: Callable[[], None] = lambda: None,
        *,
        http: type[HttpProtocol] | None = None,
        lifeline: int | None = None,
    ) -> None:
        self._app = app
        self._socks = socks
        self._stopping = stopping
        self._http = http or protocol_class()
        self._lifeline = lifeline
        self._state = ServerState()
        self._servers: list[asyncio.AbstractServer] = []
        self._sweeper: Sweeper | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = asyncio.Event()
        self._has_to_end = self._has_to_end_at_once = False

    async def serve(self) -> None:
        """Serve until `handle_exit` is called."""
        await self.startup()
        self._tell_the_date()
        if not self._has_to_end:
            await self._ended.wait()
        await self.shutdown()

    async def startup(self) -> None:
        """Take connections, and check them against their limits."""
        self._loop = loop = asyncio.get_running_loop()

        def connect() -> HttpProtocol:
            return self._http(self._app, self._state, loop)

        for handle in [each for sock in self._socks for each in (sock, *_duplicates(sock))]:
            self._servers.append(await loop.create_server(connect, sock=handle, backlog=BACKLOG))
        connections, descriptors = self._state.connections, self._http.descriptors
        self._sweeper = Sweeper(connections, self._http.limits.sweep_seconds)
        loop.set_exception_handler(lambda loop, context: descriptors.handle(loop, context, len(connections)))
        if self._lifeline is not None:
            loop.add_reader(self._lifeline, self._lose_lifeline)

    def _tell_the_date(self) -> None:
        """Give every answer the date, and do so again in a second."""
        assert self._loop is not None, "startup has one"
        self._state.default_headers = [(b"date", formatdate(time.time(), usegmt=True).encode())]
        self._loop.call_later(1, self._tell_the_date)

    def _lose_lifeline(self) -> None:
        assert self._lifeline is not None, "only added with one"
        asyncio.get_running_loop().remove_reader(self._lifeline)
        self.handle_exit(signal.SIGTERM, None)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Start the shutdown, and let endless answers end. A second Ctrl-C waits for nobody."""
        self._has_to_end_at_once |= self._has_to_end and sig == signal.SIGINT
        self._has_to_end = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._ended.set)
        self._stopping()

    async def shutdown(self) -> None:
        """Take no more connections, let open answers end within the grace period, and cut the others."""
        self.close()
        for connection in list(self._state.connections):
            connection.shutdown()
        loop = asyncio.get_running_loop()
        end = loop.time() + GRACE
        while self._is_busy() and loop.time() < end and not self._has_to_end_at_once:
            await asyncio.sleep(LOOK)
        await self.sever()

    def _is_busy(self) -> bool:
        return bool(self._state.connections or self._state.tasks)

    def close(self) -> None:
        """Take no more connections."""
        for server in self._servers:
            server.close()

    async def sever(self) -> None:
        """Cancel and cut what is open, wait until it is settled, and let the application close what it has open."""
        if self._sweeper is not None:
            self._sweeper.stop()
        for task in list(self._state.tasks):
            task.cancel()
        for connection in list(self._state.connections):
            connection.stop()
            connection.transport.abort()
        tasks = list(self._state.tasks)
        if tasks:
            await asyncio.wait(tasks, timeout=GRACE)
        app: object = self._app
        if isinstance(app, ClosableApplication):
            await app.aclose()


def _duplicates(sock: socket.socket) -> list[socket.socket]:
    """Return further handles on a listening socket."""
    return [sock.dup() for _ in range(ACCEPTED_AT_ONCE - 1)]


class _ThreadServer(HttpServer):
    """A server in a thread of its own, started and ended from another thread."""

    def __init__(
        self,
        app: Application,
        socks: Sequence[socket.socket],
        stopping: Callable[[], None],
        http: type[HttpProtocol] | None,
    ) -> None:
        super().__init__(app, socks, stopping, http=http)
        self._ready = threading.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._main, name="mockserver", daemon=True)

    def begin(self) -> None:
        """Start the thread, and wait until it takes connections. Raises what the thread raised, if it failed."""
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop of the thread."""
        assert self._loop is not None, "begin() returns when there is a loop"
        return self._loop

    def end(self) -> None:
        """Close every connection, and wait until the thread has ended."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stopping)
            self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()

    def _main(self) -> None:
        try:
            with asyncio.Runner(loop_factory=_new_loop) as runner:
                runner.run(self._until_ended())
        except Exception as error:
            self._failure = error
        finally:
            self._ready.set()

    async def _until_ended(self) -> None:
        await self.startup()
        self._ready.set()
        await self._ended.wait()
        self.close()
        await self.sever()


@contextmanager
def threaded(
    app: Application,
    *socks: socket.socket,
    stopping: Callable[[], None] = lambda: None,
    http: type[HttpProtocol] | None = None,
) -> Iterator[asyncio.AbstractEventLoop]:
    """Serve in a thread while the block runs, and yield the event loop of that thread.

    `stopping` is called on that loop before any connection is closed.
    """
    server = _ThreadServer(app, socks, stopping, http)
    server.begin()
    try:
        yield server.loop
    finally:
        server.end()


@contextmanager
def running(
    app: Application, host: str = "127.0.0.1", port: int = 0, http: type[HttpProtocol] | None = None
) -> Iterator[str]:
    """Serve in a thread while the block runs, and yield the URL."""
    with bind(host, port) as sock, threaded(app, sock, http=http):
        yield url_of(sock)
