"""The pass-through: an ASGI application that hands every request to one upstream, and its answer back as it comes.

Rules:

- A piece of an answer goes to the client before the next one is read; none is held. A client that reads slowly slows
  the upstream down.
- What the client sees is what it would see without the proxy: an answer that breaks off breaks off here, by FIN or by
  RST. Only where the upstream cannot be reached, or what it says is not HTTP, the answer is our own: 502 or 504 in the
  client's dialect, with `x-mock-error`.
- Every request is reported once, as a `RecordedExchange`, with a reason if it cannot be recorded. That comes before the
  client can see the end of its answer, so a client that stops the recorder then loses nothing.
- An answer that is too long passes, and is not kept.
"""

import asyncio
import ssl
from collections.abc import Callable, Coroutine, Sequence
from typing import TypeAlias, cast

import httpcore2

from mockserver.core.errors import Failure
from mockserver.engine.request import MAX_BODY
from mockserver.recording.exchange import Ended, Frame, RecordedExchange
from mockserver.server.asgi import read_body
from mockserver.server.asgi_outlet import ConnectionBroken
from mockserver.server.asgi_types import Message, Receive, Scope, Send
from mockserver.server.connection import EXTENSION, Connection
from mockserver.upstream import headers
from mockserver.upstream.address import UpstreamAddress
from mockserver.upstream.connections import TIMEOUTS, open_pool
from mockserver.wires import wire_of_path
from mockserver.wires.envelopes import render
from mockserver.wires.errors import failure

LARGEST = 8 * 1024 * 1024
"""Bytes. A longer answer passes, but is not recorded."""

RETRY_HEADER = "x-stainless-retry-count"
"""The SDKs' own count of the tries before a request."""

CLIENT_LEFT = "the client left"

Report: TypeAlias = Callable[[RecordedExchange, str], None]
"""Called with each exchange, and why it cannot be recorded (an empty string: it can)."""


class PassThrough:
    """Passes requests to an upstream. `context` replaces the system's certificates."""

    def __init__(
        self,
        upstream: UpstreamAddress,
        report: Report,
        *,
        context: ssl.SSLContext | None = None,
        largest: int = LARGEST,
    ) -> None:
        self._upstream = upstream
        self._report = report
        self._largest = largest
        self._pool = open_pool(upstream.addresses, context)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request."""
        received = await read_body(receive)
        if received is not None:
            await self.carry(scope, *received, receive, send, self._report)

    async def carry(
        self, scope: Scope, body: bytes, too_large: bool, receive: Receive, send: Send, report: Report
    ) -> None:
        """Pass a request whose body was read. Stop asking the upstream when the client leaves."""
        passage = _Passage(scope, body, report, self._largest)
        try:
            if too_large:
                await passage.refuse(send, failure(413, message=f"The body is longer than {MAX_BODY} bytes."))
            else:
                await _while_there(receive, passage.run(self._pool, self._upstream, send), passage)
        finally:
            passage.report()
        await passage.finish()

    async def aclose(self) -> None:
        """Close the connections to the upstream."""
        await self._pool.aclose()


class _Passage:
    """One request on its way, and what has come back so far."""

    def __init__(self, scope: Scope, body: bytes, report: Report, largest: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._sent_at = self._loop.time()
        self._method, self._body = cast(str, scope["method"]), body
        self._path = cast(str, scope["path"])
        self._target = cast(bytes, scope["raw_path"])
        self._query = cast(bytes, scope.get("query_string", b""))
        self._fields = cast(Sequence[tuple[bytes, bytes]], scope["headers"])
        extensions = cast(dict[str, object], scope.get("extensions") or {})
        self._connection = cast(Connection | None, extensions.get(EXTENSION))
        self._status, self._first = 0, 0.0
        self._response_headers: headers.Fields = []
        self._frames: list[Frame] = []
        self._report: Report | None = report
        self._largest = largest
        self._size = 0
        self._ended: Ended = "no_answer"
        self._breaks: Ended | None = None
        self.skipped = ""
        """Why the exchange cannot be recorded."""

    async def run(self, pool: httpcore2.AsyncConnectionPool, upstream: UpstreamAddress, send: Send) -> None:
        """Ask the upstream, and pass its answer on."""
        try:
            await self._ask(pool, upstream, send)
        except httpcore2.ConnectError as error:
            await self._fail(send, 502, "upstream_unreachable", f"The upstream cannot be reached: {_reason(error)}.")
        except httpcore2.ConnectTimeout:
            await self._fail(
                send, 502, "upstream_unreachable", "The upstream cannot be reached: no connection in time."
            )
        except httpcore2.ReadTimeout:
            await self._time_out(send)
        except (httpcore2.ReadError, httpcore2.WriteError):
            self._break_off("reset")
        except httpcore2.RemoteProtocolError as error:
            # Without an error of the parser inside it, the connection ended before an answer began.
            if not self._status and isinstance(error.args[0], Exception):
                await self._fail(send, 502, "upstream_invalid", f"The upstream does not speak HTTP: {error}.")
            else:
                self._break_off("closed")

    async def _ask(self, pool: httpcore2.AsyncConnectionPool, upstream: UpstreamAddress, send: Send) -> None:
        query = b"?" + self._query if self._query else b""
        target = upstream.path.encode("ascii") + self._target + query
        url = httpcore2.URL(scheme=upstream.scheme, host=upstream.host, port=upstream.port, target=target)
        has_body = bool(self._body) or self._method in ("POST", "PUT", "PATCH")
        async with pool.stream(
            self._method,
            url,
            headers=headers.to_upstream(self._fields, upstream.authority),
            content=self._body if has_body else None,
            extensions={"timeout": TIMEOUTS},
        ) as response:
            await self._pass_on(response, send)

    async def _pass_on(self, response: httpcore2.Response, send: Send) -> None:
        """Pass head and body on, piece by piece."""
        try:
            fields = headers.to_client(response.headers)
        except ValueError as error:
            await self._fail(send, 502, "upstream_invalid", f"The upstream's answer is invalid: {error}.")
            return
        if not 200 <= response.status <= 599:
            words = f"The upstream answered with the status {response.status}."
            await self._fail(send, 502, "upstream_invalid", words)
            return
        self._first = self._elapsed()
        self._status, self._response_headers = response.status, fields
        if any(name == b"content-encoding" and value != b"identity" for name, value in fields):
            self.skipped = "the answer is compressed although the request did not accept that"
        length = next((int(value) for name, value in fields if name == b"content-length"), None)
        await send({"type": "http.response.start", "status": response.status, "headers": fields})
        async for piece in response.aiter_stream():
            self._keep(piece)
            if self._size == length:
                self._complete()
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        self._complete()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size <= self._largest:
            self._frames.append(Frame(self._elapsed(), piece))
        elif not self.skipped:
            self.skipped = "the answer is too long"
            self._frames.clear()

    async def _time_out(self, send: Send) -> None:
        if self._status:
            self.skipped = f"the upstream said nothing for {TIMEOUTS['read']:g} s"
            self._break_off("closed")
        else:
            words = f"The upstream did not answer within {TIMEOUTS['read']:g} s."
            await self._fail(send, 504, "upstream_timeout", words)

    async def _fail(self, send: Send, status: int, code: str, message: str) -> None:
        self.skipped = message.removesuffix(".")
        await self._answer(send, failure(status, code=code, message=message))

    async def refuse(self, send: Send, refusal: Failure) -> None:
        """Answer without asking the upstream."""
        self.skipped = refusal.message.removesuffix(".")
        await self._answer(send, refusal)

    async def _answer(self, send: Send, refusal: Failure) -> None:
        """Send an answer of our own, in the client's dialect."""
        body = render(refusal, wire_of_path(self._path), "")
        fields = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"x-mock-error", refusal.code.encode()),
        ]
        self._status = refusal.status
        self._complete()
        await send({"type": "http.response.start", "status": refusal.status, "headers": fields})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    def _break_off(self, how: Ended) -> None:
        self._breaks = how
        self._ended = how if self._status else "no_answer"

    async def finish(self) -> None:
        """Break the client's connection off if the upstream's did. Raises `ConnectionBroken` without a socket."""
        if self._breaks is None:
            return
        if self._connection is None:
            raise ConnectionBroken("the upstream broke the connection off here")
        await self._connection.drain()
        if self._breaks == "reset":
            self._connection.reset()
        else:
            self._connection.close()

    def _complete(self) -> None:
        self._ended = "complete"
        self.report()

    def report(self) -> None:
        """Report the exchange as it was, unless that was done."""
        report, self._report = self._report, None
        if report is not None:
            report(self._exchange(), self.skipped)

    def _exchange(self) -> RecordedExchange:
        fields = headers.joined(self._fields)
        count = fields.get(RETRY_HEADER, "")
        return RecordedExchange(
            method=self._method,
            path=self._path,
            query=self._query.decode("latin-1"),
            headers=fields,
            body=self._body,
            status=self._status,
            response_headers=headers.joined(self._response_headers),
            first=self._first,
            frames=tuple(self._frames),
            ended=self._ended,
            retry=int(count) if count.isdecimal() and len(count) < 4 else 0,
        )

    @property
    def is_complete(self) -> bool:
        """Whether the client has the whole answer."""
        return self._ended == "complete"

    def _elapsed(self) -> float:
        return self._loop.time() - self._sent_at


async def _while_there(receive: Receive, run: Coroutine[object, object, None], passage: _Passage) -> None:
    """Run a passage until it is done or its client leaves. It runs in this task, so that no other has to wake up."""
    here = cast("asyncio.Task[object]", asyncio.current_task())
    leaving = asyncio.ensure_future(_until_gone(receive))

    def stop(_: object) -> None:
        if not passage.is_complete:  # a client that has everything may leave
            passage.skipped = CLIENT_LEFT
            here.cancel()

    leaving.add_done_callback(stop)
    try:
        await run
    except asyncio.CancelledError:
        if passage.skipped != CLIENT_LEFT or here.uncancel():
            passage.skipped = "the recorder stopped"
            raise
    finally:
        leaving.remove_done_callback(stop)
        leaving.cancel()


async def _until_gone(receive: Receive) -> None:
    message: Message = {}
    while message.get("type") != "http.disconnect":
        message = await receive()


def _reason(error: Exception) -> str:
    """Return why a connection failed: the words of the system or of TLS, without addresses."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not valid ({cause.verify_message})"
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = cause.__cause__ or cause.__context__
    return str(error) or type(error).__name__
