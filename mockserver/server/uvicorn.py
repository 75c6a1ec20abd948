"""The server: uvicorn on a socket that is bound before.

Binding first turns a busy port into one clear line instead of a log, and tells the port that the system chose before
anybody connects. `run` serves in the foreground until Ctrl-C; `running` serves in a thread with its own event loop, and
ends without the waits of uvicorn's own shutdown (measured: 100 to 200 ms).
"""

import asyncio
import errno
import gc
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Literal

import uvicorn

from mockserver.core.errors import OperatorError
from mockserver.server.asgi_types import Application, ClosableApplication
from mockserver.server.protocol import HttpProtocol, protocol_class
from mockserver.server.sweeper import Sweeper

BACKLOG = 2048
LOOP: Literal["auto", "asyncio", "uvloop"] = "auto"
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


def _config(app: Application, http: type[HttpProtocol] | None = None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        loop=LOOP,
        http=http or protocol_class(),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=GRACE,
    )


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
    # The application logs its own failures; what uvicorn logs about its shutdown only disturbs.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    server = _Server(_config(app), stopping, lifeline)
    gc.freeze()  # what a start makes lives for the whole process, and hardly any of it is garbage: collect none of it
    gc.set_threshold(COLLECT_AFTER)
    handle_ends(server.handle_exit)
    ready()
    server.run(sockets=list(socks))


def handle_ends(handler: Callable[[int, FrameType | None], object] | signal.Handlers) -> None:
    """Install a handler for the signals that end a server. SIGHUP stays ignored under nohup."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and (name != "SIGHUP" or signal.getsignal(number) is not signal.SIG_IGN):
            signal.signal(number, handler)


class _Server(uvicorn.Server):
    """A uvicorn server that waits, when it ends, until cancelled answers are settled and in the journal.

    It calls `stopping` when a signal has come that ends it.
    """

    def __init__(
        self, config: uvicorn.Config, stopping: Callable[[], None] = lambda: None, lifeline: int | None = None
    ) -> None:
        super().__init__(config)
        self._stopping = stopping
        self._lifeline = lifeline
        self._sweeper: Sweeper | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Take connections, and check them against their limits."""
        await super().startup([each for sock in sockets or () for each in (sock, *_duplicates(sock))])
        http = self.config.http_protocol_class
        assert issubclass(http, HttpProtocol), "chosen by _config"
        self._sweeper = Sweeper(self.server_state.connections, http.limits.sweep_seconds)
        connections, descriptors, loop = self.server_state.connections, http.descriptors, asyncio.get_running_loop()
        loop.set_exception_handler(lambda loop, context: descriptors.handle(loop, context, len(connections)))
        if self._lifeline is not None:
            loop.add_reader(self._lifeline, self._lose_lifeline)

    def _lose_lifeline(self) -> None:
        assert self._lifeline is not None, "only added with one"
        asyncio.get_running_loop().remove_reader(self._lifeline)
        self.handle_exit(signal.SIGTERM, None)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Start the shutdown, and let endless answers end."""
        super().handle_exit(sig, frame)
        self._stopping()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Shut down; wait for the answers that were cancelled because they were still open after the grace period."""
        await super().shutdown(sockets)
        await self.sever()

    async def sever(self) -> None:
        """Abort every connection, wait for the answers on them, and let the application close what it has open."""
        if self._sweeper is not None:
            self._sweeper.stop()
        for connection in list(self.server_state.connections):
            assert isinstance(connection, HttpProtocol), "chosen by _config"
            connection.stop()
            connection.transport.abort()
        tasks = list(self.server_state.tasks)
        if tasks:
            await asyncio.wait(tasks, timeout=GRACE)
        app: object = self.config.app
        if isinstance(app, ClosableApplication):
            await app.aclose()


def _duplicates(sock: socket.socket) -> list[socket.socket]:
    """Return further handles on a listening socket."""
    return [sock.dup() for _ in range(ACCEPTED_AT_ONCE - 1)]


class _ThreadServer(_Server):
    """A server in a thread of its own, started and ended from another thread."""

    def __init__(self, config: uvicorn.Config, socks: Sequence[socket.socket], stopping: Callable[[], None]) -> None:
        super().__init__(config, stopping)
        self._socks = socks
        self._ready = threading.Event()
        self._failure: Exception | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._done: asyncio.Event | None = None
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
        if self._loop is not None and self._done is not None:
            self._loop.call_soon_threadsafe(self._stopping)
            self._loop.call_soon_threadsafe(self._done.set)
        self._thread.join()

    def _main(self) -> None:
        try:
            with asyncio.Runner(loop_factory=self.config.get_loop_factory()) as runner:
                runner.run(self._until_done())
        except Exception as error:
            self._failure = error
        finally:
            self._ready.set()

    async def _until_done(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._done = asyncio.Event()
        self.config.load()
        self.lifespan = self.config.lifespan_class(self.config)
        await self.startup(sockets=list(self._socks))
        self._ready.set()
        await self._done.wait()
        for server in self.servers:
            server.close()
        for task in list(self.server_state.tasks):
            task.cancel()
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
    server = _ThreadServer(_config(app, http), socks, stopping)
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
