"""The player: performs the actions of an answer on an ASGI connection. It alone sleeps.

Rules:

- What is due at the same moment goes out in one send: an unpaced stream costs about as much as a whole body.
- Waits add up to deadlines that are counted from the start of the answer, so lateness never accumulates.
- While it waits it notices when the client leaves, and stops. It raises nothing: a client that leaves is an outcome,
  not an error.
- While the answer's gate is shut (`stream_gate`), it stops before every action that a client would see and skips the
  waits of the answer; when the gate opens, the next wait counts from that moment.
- What ASGI cannot express is done on the connection itself (`connection`). Without one, the player does what comes
  nearest, and the outcome says so.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Protocol, TypeAlias

from mockserver.core.actions import Actions, Close, Data, End, Hang, Head, Hold, Raw, Reset, Wait
from mockserver.journal.log import Ended, Outcome
from mockserver.server.connection import Connection
from mockserver.server.stream_gate import Delivery

Message: TypeAlias = MutableMapping[str, object]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

MOST_WRITES = 10_000
"""Writes of one answer that the journal keeps."""

CLOSE_LIMIT = 5.0
"""Seconds to wait for a closed connection to end: a client that does not read could keep it open for ever."""


class Timer(Protocol):
    """A clock and an alarm, in seconds from any fixed moment."""

    def now(self) -> float:
        """Return the present moment."""
        ...

    def wake_at(self, deadline: float, waker: "asyncio.Future[None]") -> asyncio.TimerHandle | None:
        """Finish `waker` at the deadline. Return a handle that cancels it, or None if it cannot be cancelled."""
        ...


class LoopTimer:
    """The event loop's own time."""

    def now(self) -> float:
        """Return the loop's monotonic time."""
        return asyncio.get_running_loop().time()

    def wake_at(self, deadline: float, waker: "asyncio.Future[None]") -> asyncio.TimerHandle | None:
        """Finish `waker` at the deadline."""
        return asyncio.get_running_loop().call_at(deadline, wake, waker)


class FastTimer:
    """The event loop's time, `speed` times as fast."""

    def __init__(self, speed: float) -> None:
        self._speed = speed

    def now(self) -> float:
        """Return the loop's time, multiplied by the speed."""
        return asyncio.get_running_loop().time() * self._speed

    def wake_at(self, deadline: float, waker: "asyncio.Future[None]") -> asyncio.TimerHandle | None:
        """Finish `waker` at the deadline."""
        return asyncio.get_running_loop().call_at(deadline / self._speed, wake, waker)


class VirtualTimer:
    """Time that passes only by waiting: every deadline is reached at once."""

    def __init__(self) -> None:
        self._now = 0.0

    def now(self) -> float:
        """Return the seconds that were waited for."""
        return self._now

    def wake_at(self, deadline: float, waker: "asyncio.Future[None]") -> asyncio.TimerHandle | None:
        """Move to the deadline, and finish `waker` in the loop's next turn, so that other tasks are not starved."""
        self._now = max(self._now, deadline)
        asyncio.get_running_loop().call_soon(wake, waker)
        return None


def wake(waker: "asyncio.Future[None]") -> None:
    """Finish `waker` if it is not finished yet."""
    if not waker.done():
        waker.set_result(None)


class ClientWatch:
    """Waits that end when the client leaves. The watch starts with the first wait; an answer without one is cheaper."""

    def __init__(self, receive: Receive, timer: Timer) -> None:
        self._receive = receive
        self._timer = timer
        self._loop = asyncio.get_running_loop()
        self._watch: asyncio.Task[None] | None = None
        self._waker: asyncio.Future[None] | None = None

    def _started(self) -> "asyncio.Task[None]":
        """Return the task that ends when the client has left."""
        if self._watch is None:
            self._watch = asyncio.create_task(self._until_disconnect())
        return self._watch

    async def until_gone(self) -> None:
        """Wait until the connection, which the player has ended, is over."""
        await asyncio.wait({self._started()}, timeout=CLOSE_LIMIT)

    async def until(self, waker: "asyncio.Future[None]") -> bool:
        """Wait until `waker` is done or the client leaves. Return whether the client is still there."""
        watch = self._started()
        if watch.done():
            return False
        self._waker = waker
        await waker
        return not watch.done()

    async def wait_until(self, deadline: float) -> bool:
        """Wait until the deadline or until the client leaves. Return whether the client is still there."""
        watch = self._watch or self._started()
        if watch.done():
            return False
        self._waker = waker = self._loop.create_future()
        handle = self._timer.wake_at(deadline, waker)
        await waker
        if not watch.done():
            return True
        if handle is not None:
            handle.cancel()
        return False

    async def _until_disconnect(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        if self._waker is not None:
            wake(self._waker)

    def close(self) -> None:
        """Cancel the watch."""
        if self._watch is not None:
            self._watch.cancel()


class ConnectionBroken(ConnectionResetError):
    """The answer breaks off here, and there is no socket below ASGI to do that on.

    The application raises it, which comes nearest in plain ASGI: an in-process client gets it as its error, and an ASGI
    server closes the connection.
    """


async def play(
    actions: Actions,
    send: Send,
    receive: Receive,
    timer: Timer,
    connection: Connection | None = None,
    delivery: Delivery | None = None,
) -> Outcome:
    """Perform the actions and return what was delivered; `delivery` lets others watch the answer and hold it back."""
    watch = ClientWatch(receive, timer)
    playback = _Playback(send, watch, timer, connection, delivery or Delivery())
    try:
        return await playback.play(actions)
    except asyncio.CancelledError:
        if connection is None:
            raise
        await watch.until_gone()  # the server has cut the connection, or is about to
        return playback.outcome("server_stopped", actions)
    finally:
        watch.close()
        playback.close()


class _Playback:
    """One answer that is being played: what is due, and what has been delivered."""

    __slots__ = (
        *("_send", "_watch", "_timer", "_connection", "_start", "_due", "_bare", "_nearest"),
        *("_delivery", "_gate"),
    )

    def __init__(
        self, send: Send, watch: ClientWatch, timer: Timer, connection: Connection | None, delivery: Delivery
    ) -> None:
        self._send = send
        self._watch = watch
        self._timer = timer
        self._connection = connection
        self._delivery = delivery
        self._gate = delivery.gate
        self._due: list[bytes] = []
        self._nearest: list[str] = []
        self._start = timer.now()
        self._bare = False

    async def play(self, actions: Actions) -> Outcome:
        """Perform the actions in order."""
        deadline = self._start
        due, gate = self._due, self._gate
        for action in actions:
            if gate.is_shut and not isinstance(action, Hold):
                if isinstance(action, Wait):
                    continue
                if not await self._wait_for_gate(counts=not isinstance(action, Head)):
                    return self.outcome("client_left", actions)
                deadline = max(deadline, self._timer.now())
            if isinstance(action, Data):
                due.append(action.payload)
            elif isinstance(action, Wait):
                deadline += action.seconds
                if not action.seconds:
                    if due:
                        await self._flush(more=True)
                    await asyncio.sleep(0)  # the loop hands over what was written before it takes more
                elif deadline <= self._timer.now():
                    continue  # we are late: what comes next is due by now as well
                else:
                    if due:
                        await self._flush(more=True)
                    if not await self._watch.wait_until(deadline):
                        return self.outcome("client_left", actions)
            elif isinstance(action, Head):
                await self._head(action)
            elif isinstance(action, End):
                await self._end()
            elif isinstance(action, Hang):
                if due:
                    await self._flush(more=True)
                if not await self._watch.wait_until(max(deadline, self._timer.now()) + action.seconds):
                    return self.outcome("client_left", actions)
            elif isinstance(action, Raw):
                await self._raw(action)
            elif isinstance(action, Hold):
                gate.shut(action.seconds)
            else:
                return await self._break(action, actions)
        return self.outcome("complete", actions)

    async def _wait_for_gate(self, *, counts: bool) -> bool:
        """Wait until the gate lets one more action pass. Return whether the client is still there.

        A head does not count as an event: it passes with the first event.
        """
        if self._gate.passes(counts=counts):
            return True
        if self._due:
            await self._flush(more=True)
        delivery, clock = self._delivery, asyncio.get_running_loop().time
        delivery.is_held, began = True, clock()
        delivery.changed()
        try:
            while not self._gate.passes(counts=counts):
                if not await self._watch.until(self._gate.changed()):
                    return False
        finally:  # also if it is never let through
            delivery.is_held = False
            if len(delivery.holds) < MOST_WRITES:
                delivery.holds.append((delivery.frames, clock() - began))
        delivery.changed()
        return True

    def close(self) -> None:
        """Close the gate of the answer, which is over."""
        self._gate.close()

    async def _head(self, head: Head) -> None:
        self._delivery.status = head.status
        if head.bare and self._connection is not None:
            self._bare = True
            self._connection.write(_head_bytes(head))
            return
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in head.headers]
        if head.bare:
            self._nearest.append("framed by the server instead of as written")
            headers = [(name, value) for name, value in headers if name not in _FRAMING]
        await self._send({"type": "http.response.start", "status": head.status, "headers": headers})

    async def _flush(self, *, more: bool) -> None:
        """Send everything that is due in one write."""
        delivery = self._delivery
        delivery.frames += len(self._due)
        body = self._due[0] if len(self._due) == 1 else b"".join(self._due)
        self._due.clear()
        delivery.bytes += len(body)
        if self._bare and self._connection is not None:
            self._connection.write(body)
        else:
            await self._send({"type": "http.response.body", "body": body, "more_body": more})
        delivery.sent, delivery.is_over = delivery.frames, not more
        if len(delivery.writes) < MOST_WRITES:
            delivery.writes.append((delivery.frames, delivery.bytes, self._timer.now() - self._start))
        delivery.changed()

    async def _end(self) -> None:
        await self._flush(more=False)
        if self._bare and self._connection is not None:
            self._connection.close()
            await self._watch.until_gone()  # the server must know before the application returns

    async def _raw(self, action: Raw) -> None:
        if self._connection is None:
            self._nearest.append("raw bytes are left out")
            return
        if self._due:
            await self._flush(more=True)
        self._connection.write(action.payload)

    async def _break(self, action: Close | Reset, actions: Actions) -> Outcome:
        if self._due:
            await self._flush(more=True)
        kind: Ended = "reset" if isinstance(action, Reset) else "closed"
        if self._connection is None:
            self._nearest.append(f"broken off by an exception instead of {'RST' if kind == 'reset' else 'FIN'}")
            return self.outcome(kind, actions)
        if kind == "reset":
            await self._connection.drain()
            self._delivery.is_over = True
            self._connection.reset()
        else:
            self._delivery.is_over = True
            self._connection.close()
        await self._watch.until_gone()  # the server must know before the application returns
        return self.outcome(kind, actions)

    def outcome(self, ended: Ended, actions: Actions) -> Outcome:
        """Return what has been delivered so far."""
        delivery = self._delivery
        return Outcome(
            status=delivery.status,
            frames=delivery.frames,
            bytes=delivery.bytes,
            seconds=self._timer.now() - self._start,
            ended=ended,
            of=delivery.frames if ended == "complete" else sum([isinstance(action, Data) for action in actions]),
            writes=tuple(delivery.writes),
            nearest=tuple(self._nearest),
            holds=tuple(delivery.holds),
        )


_FRAMING = frozenset({b"content-length", b"transfer-encoding", b"connection"})


def _head_bytes(head: Head) -> bytes:
    """Return a status line and headers as bytes."""
    phrase = HTTPStatus(head.status).phrase if head.status in _STATUSES else "Mock"
    lines = [f"HTTP/{head.version} {head.status} {phrase}", *[f"{name}: {value}" for name, value in head.headers]]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


_STATUSES = frozenset(status.value for status in HTTPStatus)
