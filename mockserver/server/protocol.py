"""HTTP/1 on one connection: requests in order, answers in the same order, and nobody holds it for ever.

A connection has a parser (`http_parser`), a queue of cycles whose answers it owes, and limits. A cycle is a request and
its answer, on the transport itself (`transport_outlet`) where the application allows it, else over ASGI (`asgi_cycle`).

Theory. A request goes through four states: nothing of it has come (idle), its head comes, its body comes, its answer is
owed. Requests that are pipelined wait in the queue; the first of them runs. One time, `_since`, says since when the
connection waits for its client in the first three states; `check`, which the server calls again and again for every
connection, compares it with the limit of the state. So no request costs a timer. While an answer is owed nobody waits
for the client, but for one thing: what has been written must be taken, some of it in each span of `write_seconds`.

A refusal (malformed, too large, too late) comes after the answers that are owed, since those requests were right. Then
the connection is half closed; what a client still sends is read and discarded for a moment, because closing a socket
with unread data sends RST, which can destroy the refusal on its way.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING

from mockserver.server import express
from mockserver.server.answer_framing import STATUS_LINES, header_lines
from mockserver.server.asgi_cycle import AsgiApplication, AsgiCycle, Cycle
from mockserver.server.asgi_outlet import wake
from mockserver.server.connection import EXTENSION, SocketConnection
from mockserver.server.descriptors import DescriptorWatch
from mockserver.server.head_memo import HeadMemo, KnownHeads
from mockserver.server.http_parser import RefusedRequestError, RequestHead, RequestParser, too_late
from mockserver.server.limits import LIMITS, Limits
from mockserver.server.transport_outlet import DirectApplication, TransportCycle

if TYPE_CHECKING:
    from uvicorn import Config
    from uvicorn.server import ServerState

log = logging.getLogger("mockserver.server")


def parser_class() -> type[RequestParser]:
    """Return the fastest parser that is installed."""
    try:
        from mockserver.server.httptools_parser import HttptoolsParser
    except ImportError:
        from mockserver.server.h11_parser import H11Parser

        return H11Parser
    return HttptoolsParser


def protocol_class(limits: Limits = LIMITS, parser: type[RequestParser] | None = None) -> "type[HttpProtocol]":
    """Return the protocol with these limits, and the fastest parser unless another is named."""
    own = {"limits": limits, "parser": parser or parser_class(), "descriptors": DescriptorWatch(), "heads": {}}
    return type("HttpProtocol", (HttpProtocol,), own)


class HttpProtocol(asyncio.Protocol):
    """One connection. uvicorn's server makes one for each; `transport` and `shutdown` are what it uses of it."""

    limits: Limits
    parser: type[RequestParser]
    descriptors: DescriptorWatch
    heads: KnownHeads
    transport: asyncio.Transport

    def __init__(
        self,
        config: "Config",
        server_state: "ServerState",
        app_state: dict[str, object],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        app = config.loaded_app
        self._app: AsgiApplication = app
        self._direct = app.direct if isinstance(app, DirectApplication) else None
        self._state = server_state
        self._loop = _loop or asyncio.get_running_loop()
        self._parser = self.parser(self, self.limits.head)
        self._memo = HeadMemo(self.heads)
        self._last_head: RequestHead | None = None
        self._cycles: deque[Cycle] = deque()
        """The requests whose answers are owed, oldest first. The first one runs."""
        self._receiving: Cycle | None = None
        """The request whose body is not complete."""
        self._since = 0.0
        """Since when the connection waits for its client."""
        self._served = False
        self._refusal: RefusedRequestError | None = None
        self._discarded = 0
        """The bytes that came after a refusal was sent."""
        self._lingers = False
        self._is_reading = True
        self._unsent = 0
        """What was left to be sent at the last check."""
        self._unsent_since = 0.0
        self._is_cut = False
        self._writers: list[Callable[[], None]] | None = None
        """Those who wait until the client has taken enough; None while nobody has to."""
        self._scope: dict[str, object] | None = None
        self._common: tuple[object, bytes] = (None, b"")

    # --- the transport ------------------------------------------------------------------------------------------------

    @property
    def socket_connection(self) -> SocketConnection:
        """The connection below HTTP, made when it is asked for: one that is kept would close a circle."""
        return SocketConnection(self.transport, self.drain)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # a stream's transport is one
        """Begin."""
        self.transport = transport
        self._state.connections.add(self)  # type: ignore[arg-type]  # a set of uvicorn's own protocols
        self._since = self._loop.time()
        server = _address(transport.get_extra_info("sockname"))
        self._port = server[1] if server is not None else None
        log.debug("connected: %s", transport.get_extra_info("peername"))
        self.descriptors.check(transport.get_extra_info("socket").fileno(), len(self._state.connections))

    def connection_lost(self, exc: Exception | None) -> None:
        """End; every request on the connection learns it."""
        self._state.connections.discard(self)
        for cycle in self._cycles:
            cycle.disconnect()
        self.resume_writing()
        self._parser.close()

    def eof_received(self) -> None:
        """Close: a client that has sent everything and one that has left look the same to HTTP/1 servers."""

    def data_received(self, data: bytes) -> None:
        """Parse what comes."""
        if self._refusal is not None:
            self._discard(len(data))
            return
        is_between = self._receiving is None and not self._parser.in_head
        recalled = self._memo.recall(data) if is_between else None
        if recalled is not None:
            head, body = recalled
            if (
                not self._cycles
                and self._writers is None
                and self._direct is not None
                and (gateway := self._direct(head.path, self._port)) is not None
                and express.serve(self, gateway, head, body)
            ):
                return
            self.on_head(head)
            self.on_body(body)
            self.on_end()
            return
        try:
            self._parser.feed(data)
        except RefusedRequestError as refusal:
            self._refuse(refusal)
            return
        if self._parser.in_head:
            if is_between and self._served:
                self._since = self._loop.time()  # the first bytes of another request
        elif is_between and self._receiving is None and self._last_head is not None:
            self._memo.learn(data, self._last_head)

    def pause_writing(self) -> None:
        """Let writers wait: the client does not take what is sent to it as fast as it comes."""
        self._writers = []

    def resume_writing(self) -> None:
        """Let writers go on."""
        writers, self._writers = self._writers or (), None
        for writer in writers:
            writer()

    # --- the parser ---------------------------------------------------------------------------------------------------

    def on_head(self, head: RequestHead) -> None:
        """Queue a request; start it if no answer is owed before it."""
        cycle = self._cycle_of(head)
        self._last_head = head
        self._receiving = cycle
        self._since = self._loop.time()
        self._cycles.append(cycle)
        if len(self._cycles) == 1:
            cycle.start()
        elif len(self._cycles) > self.limits.pipelined:
            self._pause_reading()

    def _cycle_of(self, head: RequestHead) -> Cycle:
        """Return the cycle of a request: on the transport if the application allows it, else over ASGI."""
        gateway = self._direct(head.path, self._port) if self._direct is not None else None
        if gateway is not None:
            return TransportCycle(self, head, gateway)
        scope = self._connection_scope() | {
            "extensions": {EXTENSION: self.socket_connection},
            "http_version": head.version,
            "method": head.method,
            "path": head.path,
            "raw_path": head.raw_path,
            "query_string": head.query,
            "headers": head.headers,
        }
        return AsgiCycle(self, head, scope, self._app)

    def _connection_scope(self) -> dict[str, object]:
        """Return what every scope of the connection has."""
        if self._scope is None:
            self._scope = {
                "type": "http",
                "asgi": {"version": "3.0", "spec_version": "2.3"},
                "scheme": "http",
                "root_path": "",
                "server": _address(self.transport.get_extra_info("sockname")),
                "client": _address(self.transport.get_extra_info("peername")),
            }
        return self._scope

    def on_body(self, data: bytes) -> None:
        """Give a piece of the body to its request."""
        self._since = self._loop.time()
        if self._receiving is not None and self._receiving.feed(data):
            self._pause_reading()

    def on_end(self) -> None:
        """End the body of a request."""
        if self._receiving is not None:
            self._receiving.end()
            self._receiving = None

    # --- the cycles ---------------------------------------------------------------------------------------------------

    def common_headers(self) -> bytes:
        """Return the lines of a head that every answer has: the date."""
        headers = self._state.default_headers
        if self._common[0] is not headers:
            self._common = (headers, header_lines(headers))
        return self._common[1]

    def takes_more(self) -> bool:
        """Return whether the client takes what is written."""
        return self._writers is None

    def when_writable(self, callback: Callable[[], None]) -> bool:
        """Return whether the client takes what is written. If not, call `callback` when it does, or has left."""
        if self._writers is None:
            return True
        self._writers.append(callback)
        return False

    async def drain(self) -> None:
        """Wait until the client has taken enough of what was written."""
        while self._writers is not None:
            writer = self._loop.create_future()
            self._writers.append(partial(wake, writer))
            await writer

    def spawn(self, work: Coroutine[object, object, None]) -> None:
        """Run a coroutine as a task of the server."""
        task = self._loop.create_task(work)
        task.add_done_callback(self._state.tasks.discard)
        self._state.tasks.add(task)

    def want_body(self) -> None:
        """Read on: a cycle wants more of its body, or waits for its client to leave."""
        if len(self._cycles) <= self.limits.pipelined and self._refusal is None:
            self._resume_reading()

    def answered(self, cycle: Cycle) -> None:
        """Start the next request: this one's answer is complete."""
        self._state.total_requests += 1
        self._served = True
        if self._cycles and self._cycles[0] is cycle:
            self._cycles.popleft()
        if not cycle.framing.keep_alive:
            self.transport.close()
        if self.transport.is_closing():
            return
        if self._cycles:
            self._cycles[0].start()
        elif self._refusal is not None:
            self._send_refusal()
            return
        self._since = self._loop.time()
        if self._refusal is None:
            self._resume_reading()

    def served(self, *, keep_alive: bool) -> None:
        """Go on: the answer to a request without a cycle is complete."""
        self._state.total_requests, self._since = self._state.total_requests + 1, self._loop.time()
        if not keep_alive:
            self.transport.close()

    def owe(self, cycle: Cycle) -> None:
        """Owe the answer of a cycle that is past its request."""
        self._cycles.append(cycle)

    def shutdown(self) -> None:
        """Close when the answers that are owed are complete; uvicorn calls this when the server ends."""
        if self._cycles:
            self._cycles[-1].framing.keep_alive = False
        else:
            self.transport.close()

    def stop(self) -> None:
        """End what is owed: the server is about to cut the connection."""
        for cycle in tuple(self._cycles):
            cycle.stop()

    # --- limits and refusals ------------------------------------------------------------------------------------------

    def check(self, now: float) -> None:
        """Refuse or cut a client that keeps the connection waiting for too long."""
        self._check_unsent(now)
        limits, waited = self.limits, now - self._since
        if self._lingers:
            if waited > limits.linger_seconds:
                self.transport.abort()
        elif self._refusal is not None or self.transport.is_closing():
            pass
        elif self._receiving is not None:
            is_its_turn = not self._cycles or self._cycles[0] is self._receiving
            if is_its_turn and self._is_reading and waited > limits.body_seconds:
                self._refuse(too_late("body", limits.body_seconds))
        elif self._cycles:
            pass
        elif self._parser.in_head:
            if waited > limits.head_seconds:
                self._refuse(too_late("request line and headers", limits.head_seconds))
        elif waited > (limits.idle_seconds if self._served else limits.head_seconds):
            self.transport.close()

    def _check_unsent(self, now: float) -> None:
        """Reset a connection whose client takes nothing of what waits for it."""
        unsent = self.transport.get_write_buffer_size()
        if not unsent or self._is_cut:
            self._unsent = 0
        elif unsent < self._unsent or not self._unsent:
            self._unsent, self._unsent_since = unsent, now
        else:
            self._unsent = unsent
            if now - self._unsent_since > self.limits.write_seconds:
                log.warning(
                    "a client took nothing of its answer for %g s; its connection was reset", self.limits.write_seconds
                )
                self._unsent = 0
                self._is_cut = True
                self.socket_connection.cut()  # what waits in the kernel would keep an aborted connection open

    def _refuse(self, refusal: RefusedRequestError) -> None:
        """Refuse what came last, after the answers that are owed."""
        self._refusal = refusal
        self._pause_reading()
        incomplete, self._receiving = self._receiving, None
        if incomplete is not None:
            with contextlib.suppress(ValueError):  # its answer is complete already
                self._cycles.remove(incomplete)
            incomplete.disconnect()
            if incomplete.framing.has_started:
                self.transport.close()
                return
        if not self._cycles:
            self._send_refusal()

    def _send_refusal(self) -> None:
        assert self._refusal is not None, "only called with a refusal"
        log.info("refused a request with %d: %s", self._refusal.status, self._refusal)
        body = str(self._refusal).encode()
        lines = (
            STATUS_LINES[self._refusal.status],
            self.common_headers(),
            b"content-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body),
            body,
        )
        self.transport.write(b"".join(lines))
        with contextlib.suppress(OSError):  # the client has left
            self.transport.write_eof()
        self._lingers = True
        self._since = self._loop.time()
        self._resume_reading()

    def _discard(self, size: int) -> None:
        self._discarded += size
        if self._discarded > self.limits.linger_bytes:
            self.transport.abort()

    def _pause_reading(self) -> None:
        if self._is_reading and not self.transport.is_closing():
            self._is_reading = False
            self.transport.pause_reading()

    def _resume_reading(self) -> None:
        if not self._is_reading and not self.transport.is_closing():
            self._is_reading = True
            self._since = self._loop.time()
            self.transport.resume_reading()


def _address(name: object) -> tuple[str, int] | None:
    return (str(name[0]), int(name[1])) if isinstance(name, tuple) and len(name) >= 2 else None  # None: no port
