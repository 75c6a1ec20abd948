"""The outlet on the transport: a request and its answer without ASGI, for speed.

Theory. Over ASGI an answer costs a task, an event, a scope, two messages and, for each wait, a future that wakes the
task. A gateway whose answers come from itself needs none of them. `TransportCycle` takes the body from the parser, has
the engine decide as soon as the body is complete, and performs the player's operations itself. Where the store waits
for others, as Redis does, a task waits for the decision, and another settles what is paid for.

- A write goes to the transport: head and body in one call, so an answer without waits is one `write`.
- A wait returns to the event loop. The operation that waits leaves a way to be woken (a timer, a future, a callback),
  and `_wake` goes on with the player's generator where it stopped. At most one such way is left at a time, and
  `_waits` says so; a wake-up that comes when nothing waits any more is ignored.
- While the client does not take what is written (`pause_writing`), a write waits, as `drain` does over ASGI. What is
  written after the client has left goes nowhere, and the answer ends at its next wait.
- When the generator is exhausted, the answer is settled and entered in the journal, then the connection goes on with
  its next request. All of it happens in the same turn of the event loop, but for what a store waits for.

The bytes are those of the ASGI outlet: both have the same player and the same framing. A failure here must not reach
the parser or the event loop, so it is logged and ends the connection, with a 500 if nothing was sent yet.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar, cast, runtime_checkable

from mockserver.engine.request import MAX_BODY, Request
from mockserver.journal.log import Ended, Outcome
from mockserver.server.answer_framing import CONTINUE, FAILED, FAILED_HEADERS, AnswerFraming
from mockserver.server.asgi import MOST_DISCARDED, Decided, Gateway
from mockserver.server.asgi_cycle import HIGH_WATER, Cycle
from mockserver.server.connection import SocketConnection
from mockserver.server.http_parser import RequestHead
from mockserver.server.paced_stream import PacedStream, can_tick
from mockserver.server.player import CLOSE_LIMIT, Await, Drain, Operation, Pause, Playback, Sever, Sleep, Steps, Write
from mockserver.server.traffic import LiveAnswer

log = logging.getLogger("mockserver")

T = TypeVar("T")

_NOT_ENTERED = "the answer could not be entered in the journal; this is a bug of the mock"


def run_now(work: Coroutine[Any, Any, T]) -> T:  # Any: only a loop sees what a coroutine yields and is sent
    """Run a coroutine that never waits, and return its result. Raises `RuntimeError` if it waits."""
    try:
        work.send(None)
    except StopIteration as done:
        return cast(T, done.value)
    raise RuntimeError("a coroutine that waits was run without an event loop; this is a bug of the mock")


@runtime_checkable
class DirectApplication(Protocol):
    """An application, or a wrapper of one, that can answer some requests without ASGI."""

    def direct(self, path: str, port: int | None) -> Gateway | None:
        """Return the gateway that answers this path on this port below ASGI, or None."""
        ...


class TransportConnection(Protocol):
    """What a cycle needs of its connection."""

    transport: asyncio.Transport

    @property
    def socket_connection(self) -> SocketConnection:
        """The connection below HTTP."""
        ...

    def common_headers(self) -> bytes:
        """Return the lines of a head that every answer has."""
        ...

    def takes_more(self) -> bool:
        """Return whether the client takes what is written."""
        ...

    def when_writable(self, callback: Callable[[], None]) -> bool:
        """Return whether the client takes what is written. If not, call `callback` when it does, or has left."""
        ...

    def spawn(self, work: Coroutine[object, object, None]) -> None:
        """Run a coroutine as a task of the server."""
        ...

    def answered(self, cycle: Cycle) -> None:
        """Go on with the next request: this one's answer is complete."""
        ...


class TransportCycle:
    """One request and its answer."""

    __slots__ = (
        *("_body", "_gateway", "_handle", "_has_begun", "_head", "_is_gone", "_is_started", "_is_whole", "_live"),
        *("_operation", "_playback", "_size", "_steps", "_stream", "_waits", "_wire", "framing"),
    )

    def __init__(self, wire: TransportConnection, head: RequestHead, gateway: Gateway) -> None:
        self._wire = wire
        self._head = head
        self._gateway = gateway
        self._body: bytes | bytearray = b""
        self._size = 0
        self.framing = AnswerFraming(is_head=head.method == "HEAD", keep_alive=head.keep_alive)
        self._is_started = self._is_whole = self._has_begun = self._is_gone = self._waits = False
        self._handle: asyncio.TimerHandle | None = None
        self._operation: Operation | None = None
        """The write that waits until the client takes it."""
        self._steps: Steps | None = None
        self._stream: PacedStream | None = None
        """The stream that goes on by timers of its own, while it needs no player."""
        self._live: LiveAnswer
        self._playback: Playback

    # --- what the protocol calls --------------------------------------------------------------------------------------

    def feed(self, data: bytes) -> bool:
        """Take a piece of the body. Return whether so much waits that the server should stop reading."""
        self._size += len(data)
        if self._has_begun:
            return False
        if self._size > MAX_BODY:
            self._body = b""
        elif not self._body:
            self._body = data
        else:
            if isinstance(self._body, bytes):
                self._body = bytearray(self._body)
            self._body += data
        if self._is_started and self._size > MOST_DISCARDED:
            self._begin()
        return not self._is_started and self._size > HIGH_WATER

    def end(self) -> None:
        """Take the end of the body."""
        self._is_whole = True
        if self._is_started and not self._has_begun:
            self._begin()

    def start(self) -> None:
        """Begin: every earlier answer on the connection is complete."""
        self._is_started = True
        if self._head.expects_continue and not self._wire.transport.is_closing():
            self._wire.transport.write(CONTINUE)
        if self._is_whole or self._size > MOST_DISCARDED:
            self._begin()

    def disconnect(self) -> None:
        """Learn that the client has left: end a wait."""
        self._is_gone = True
        if self._stream is not None:
            self._end_stream("client_left")
        self._wake()

    def _end_stream(self, ended: Ended) -> None:
        """End a stream that waits."""
        assert self._stream is not None, "there is one"
        self._stream.cancel()
        self._stream = None
        self._finish(ended)

    def stop(self) -> None:
        """End the answer, if it is not over: the server stops."""
        if self._stream is not None:
            self._end_stream("server_stopped")
        elif self._waits:
            self._waits = False
            assert self._steps is not None, "an answer that waits has begun"
            self._steps.close()
            self._finish("server_stopped")

    def play(self, live: LiveAnswer) -> None:
        """Play an answer that was decided on elsewhere, as far as it goes without a wait."""
        self._is_started = self._is_whole = self._has_begun = True
        self._live = live
        actions, delivery, timer = live.decision.actions, live.delivery, self._gateway.timer_of(live)
        self._playback = playback = Playback(actions, timer, delivery, has_socket=True)
        if can_tick(actions, timer) and not self._is_gone:
            wire = self._wire
            self._stream = PacedStream(self, actions, delivery, playback.start, wire.takes_more, wire.transport.write)
            self._stream.tick()
        else:
            self._go_on()

    # --- what a paced stream calls ------------------------------------------------------------------------------------

    def common_headers(self) -> bytes:
        """Return the lines of a head that every answer has."""
        return self._wire.common_headers()

    def go_on_at(self, place: int, elapsed: float) -> None:
        """Let the player go on at this action, this many seconds of waits after the start."""
        self._stream = None
        self._playback.begin_at(place, elapsed)
        self._go_on()

    def complete(self) -> None:
        """End the answer: all of it was sent."""
        self._stream = None
        self._finish("complete")

    def fail(self) -> None:
        """End the answer: it cannot be sent. An exception says why."""
        self._stream = None
        self._gateway.abandon(self._live)
        self._playback.close()
        self._fail()

    # --- the answer ---------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        """Decide, and play the answer as far as it goes without a wait."""
        self._has_begun = True
        if self._is_gone or self._wire.transport.is_closing():
            return
        gateway, head = self._gateway, self._head
        body, self._body = bytes(self._body), b""
        try:
            request = gateway.request(
                head.method, head.path, head.query, head.fields, body, too_large=self._size > MAX_BODY
            )
            if not gateway.store.is_immediate:
                self.decide(request)
                return
            live = run_now(gateway.begin(request, self._wire.socket_connection))
        except Exception:
            self._fail()
            return
        self.play(live)

    def decide(self, request: Request) -> None:
        """Let a gateway whose store waits for others decide, and answer then."""
        self._is_started = self._is_whole = self._has_begun = True
        self._wire.spawn(self._decide(request))

    async def _decide(self, request: Request) -> None:
        try:
            decided = await self._gateway.decide(request)
        except asyncio.CancelledError:
            self._wire.transport.close()
            raise
        except Exception:
            self._fail()
        else:
            self.answer(decided)

    def answer(self, decided: Decided) -> None:
        """Play the answer that was decided on."""
        self.play(self._gateway.begin_decided(decided, decided.decision(), self._wire.socket_connection))

    @property
    def is_undisturbed(self) -> bool:
        """Whether the client is there, takes what is written, and may send another request on the connection."""
        wire = self._wire
        return not self._is_gone and self.framing.keep_alive and wire.takes_more() and not wire.transport.is_closing()

    def _go_on(self, answer: bool = True) -> None:
        """Perform operations until one waits, or the answer is over. `answer` goes to the player that has begun."""
        try:
            if self._steps is None:
                self._steps = self._playback.steps()
                operation = next(self._steps)
            else:
                operation = self._steps.send(answer)
            while not self._must_wait(operation):
                operation = self._steps.send(not self._is_gone)
        except StopIteration as end:
            self._finish(cast(Ended, end.value))
        except Exception:
            self.fail()

    def _wake(self) -> None:
        """Go on, if the answer waits."""
        if not self._waits:
            return
        self._waits = False
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        waiting, self._operation = self._operation, None
        if waiting is not None and self._must_wait(waiting):
            return
        self._go_on(waiting is not None or not self._is_gone)

    def _finish(self, ended: Ended) -> None:
        """Settle the answer, enter it in the journal, and let the connection go on."""
        playback = self._playback
        playback.close()
        gateway, outcome = self._gateway, playback.outcome(ended)
        if gateway.store.is_immediate or not gateway.must_settle(self._live, outcome):
            try:
                run_now(gateway.end(self._live, outcome))
            except Exception:
                log.exception(_NOT_ENTERED)
        else:
            self._wire.spawn(self._end(outcome))
        if self.framing.is_complete:
            self._wire.answered(self)
        elif not self._is_gone and ended != "server_stopped":
            self._fail(is_bug=False)

    async def _end(self, outcome: Outcome) -> None:
        """Settle the answer with a store that waits for others, and enter it in the journal."""
        try:
            await self._gateway.end(self._live, outcome)
        except Exception:
            log.exception(_NOT_ENTERED)

    def _fail(self, *, is_bug: bool = True) -> None:
        """Answer 500, or close if an answer has begun."""
        if is_bug:
            log.exception("the player failed; this is a bug of the mock")
        wire, framing = self._wire, self.framing
        if framing.has_started or wire.transport.is_closing():
            wire.transport.close()
            return
        head = framing.head(500, FAILED_HEADERS, wire.common_headers())
        wire.transport.write(head + framing.body(FAILED, more=False))
        wire.answered(self)

    # --- operations ---------------------------------------------------------------------------------------------------

    def _must_wait(self, operation: Operation) -> bool:
        """Perform an operation. Return whether it waits; then `_wake` will go on."""
        if isinstance(operation, Write):
            self._waits = not self._write(operation)
        elif isinstance(operation, Sleep):
            self._waits = not self._is_gone
            if self._waits:
                self._handle = self._playback.timer.wake_at(operation.deadline, self._wake)
        elif isinstance(operation, Await):
            self._waits = not self._is_gone
            operation.future.add_done_callback(lambda _: self._wake())
        elif isinstance(operation, Pause):
            self._waits = True
            asyncio.get_running_loop().call_soon(self._wake)
        elif isinstance(operation, Drain):
            self._waits = True
            self._wire.spawn(self._drain())
        elif isinstance(operation, Sever):
            self._sever(operation)
        else:
            self._wire.socket_connection.write(operation.payload)
        return self._waits

    def _write(self, write: Write) -> bool:
        """Write, or leave it for later while the client does not take more. Return whether it is done."""
        wire, framing = self._wire, self.framing
        if self._is_gone:
            return True
        if not wire.when_writable(self._wake):
            self._operation = write
            return False
        data = b"" if write.head is None else framing.head(write.head.status, write.head.headers, wire.common_headers())
        if write.body is not None:
            data += framing.body(write.body, more=write.more)
        wire.transport.write(data)
        if not write.more and not framing.is_complete:
            raise RuntimeError("the body is shorter than its content-length")
        return True

    async def _drain(self) -> None:
        try:
            await self._wire.socket_connection.drain()
        finally:
            self._wake()

    def _sever(self, operation: Sever) -> None:
        """Break the connection off, and wait until it is over, but not for ever."""
        connection = self._wire.socket_connection
        if operation.by_reset:
            connection.reset()
        else:
            connection.close()
        self._waits = not self._is_gone
        if self._waits:
            self._handle = asyncio.get_running_loop().call_later(CLOSE_LIMIT, self._wake)
