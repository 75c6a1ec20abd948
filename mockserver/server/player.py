"""The player: performs the actions of an answer on an ASGI connection. It alone sleeps.

Rules:

- What is due at the same moment goes out in one send: an unpaced stream costs about as much as a whole body.
- Waits add up to deadlines that are counted from the start of the answer, so lateness never accumulates.
- While it waits it notices that the client has left, and stops. Nothing is raised: a client that leaves is an
  outcome, not an error.
- While the answer's valve is shut (`delivery`) it stops before every action that a client would see. The waits of the
  answer do not count then; they begin again, from that moment, when the valve is opened.
- What ASGI cannot say is done on the connection itself (`connection`). Where there is none, what is nearest is done
  instead, and the outcome says so.
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
"""How many writes of one answer the journal is told about."""

LEAVE = 5.0
"""Seconds in which a connection that we have closed is over; a client that does not read could hold it for ever."""


class Timer(Protocol):
    """What the player needs of time, in seconds from any fixed moment."""

    def now(self) -> float:
        """The present moment."""
        ...

    def wake_at(self, deadline: float, waker: "asyncio.Future[None]") -> asyncio.TimerHandle | None:
        """Finish `waker` at the deadline. Gives the handle by which that can be taken back."""
        ...


class LoopTimer:
    """The event loop's own time."""

    def now(self) -> float:
        """The loop's monotonic time."""
        return asyncio.get_running_loop().time()

    def wake_at(self, deadline: float, waker: "asyncio.Future[None]") -> asyncio.TimerHandle | None:
        """Finish `waker` at the deadline."""
        return asyncio.get_running_loop().call_at(deadline, wake, waker)


class FastTimer:
    """The event loop's time, `speed` times as fast."""

    def __init__(self, speed: float) -> None:
        self._speed = speed

    def now(self) -> float:
        """The loop's time in fast seconds."""
        return asyncio.get_running_loop().time() * self._speed

    def wake_at(self, deadline: float, waker: "asyncio.Future[None]") -> asyncio.TimerHandle | None:
        """Finish `waker` at the deadline."""
        return asyncio.get_running_loop().call_at(deadline / self._speed, wake, waker)


class VirtualTimer:
    """Time that stands still but for what is waited for: every deadline is reached at once."""

    def __init__(self) -> None:
        self._now = 0.0

    def now(self) -> float:
        """How long has been waited."""
        return self._now

    def wake_at(self, deadline: float, waker: "asyncio.Future[None]") -> asyncio.TimerHandle | None:
        """Be at the deadline. The loop is let run once, so that other tasks are not starved."""
        self._now = max(self._now, deadline)
        asyncio.get_running_loop().call_soon(wake, waker)
        return None


def wake(waker: "asyncio.Future[None]") -> None:
    """Finish a waker that may be finished already."""
    if not waker.done():
        waker.set_result(None)


class Presence:
    """Whether the client is still there. It is asked for only when there is time to wait, so it costs nothing else."""

    def __init__(self, receive: Receive, timer: Timer) -> None:
        self._receive = receive
        self._timer = timer
        self._loop = asyncio.get_running_loop()
        self._watch: asyncio.Task[None] | None = None
        self._waker: asyncio.Future[None] | None = None

    def _watching(self) -> "asyncio.Task[None]":
        if self._watch is None:
            self._watch = asyncio.create_task(self._until_gone())
        return self._watch

    async def until_gone(self) -> None:
        """Wait until the connection that we have ended is over."""
        await asyncio.wait({self._watching()}, timeout=LEAVE)

    async def until(self, waker: "asyncio.Future[None]") -> bool:
        """Wait for something else than time; gives whether the client is still there."""
        watch = self._watching()
        if watch.done():
            return False
        self._waker = waker
        await waker
        return not watch.done()

    async def wait_until(self, deadline: float) -> bool:
        """Wait; gives whether the client is still there. Returns at once when it leaves."""
        watch = self._watch or self._watching()
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

    async def _until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        if self._waker is not None:
            wake(self._waker)

    def close(self) -> None:
        """Stop watching."""
        if self._watch is not None:
            self._watch.cancel()


class Severed(ConnectionResetError):
    """The answer breaks off here, and there is no socket below us to do it on.

    Raised out of the application: the nearest that plain ASGI has. In-process clients get it as their error; a server
    that does not know us closes the connection.
    """


async def play(
    actions: Actions,
    send: Send,
    receive: Receive,
    timer: Timer,
    connection: Connection | None = None,
    delivery: Delivery | None = None,
) -> Outcome:
    """Perform the actions; gives what was delivered. `delivery` is where others can watch it and hold it back."""
    presence = Presence(receive, timer)
    stage = _Stage(send, presence, timer, connection, delivery or Delivery())
    try:
        return await stage.play(actions)
    except asyncio.CancelledError:
        if connection is None:
            raise
        await presence.until_gone()  # the server has cut the connection, or is about to
        return stage.outcome("server_stopped", actions)
    finally:
        presence.close()
        stage.close()


class _Stage:
    """One answer being played: what is due, and what has been delivered."""

    __slots__ = (
        *("_send", "_presence", "_timer", "_connection", "_start", "_due", "_bare", "_nearest"),
        *("_delivery", "_valve"),
    )

    def __init__(
        self, send: Send, presence: Presence, timer: Timer, connection: Connection | None, delivery: Delivery
    ) -> None:
        self._send = send
        self._presence = presence
        self._timer = timer
        self._connection = connection
        self._delivery = delivery
        self._valve = delivery.valve
        self._due: list[bytes] = []
        self._nearest: list[str] = []
        self._start = timer.now()
        self._bare = False

    async def play(self, actions: Actions) -> Outcome:
        """Perform the actions in order."""
        deadline = self._start
        due, valve = self._due, self._valve
        for action in actions:
            if valve.is_shut and not isinstance(action, Hold):
                if isinstance(action, Wait):
                    continue
                if not await self._let_through(counts=not isinstance(action, Head)):
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
                    if not await self._presence.wait_until(deadline):
                        return self.outcome("client_left", actions)
            elif isinstance(action, Head):
                await self._head(action)
            elif isinstance(action, End):
                await self._end()
            elif isinstance(action, Hang):
                if due:
                    await self._flush(more=True)
                if not await self._presence.wait_until(max(deadline, self._timer.now()) + action.seconds):
                    return self.outcome("client_left", actions)
            elif isinstance(action, Raw):
                await self._raw(action)
            elif isinstance(action, Hold):
                valve.shut(action.seconds)
            else:
                return await self._break(action, actions)
        return self.outcome("complete", actions)

    async def _let_through(self, *, counts: bool) -> bool:
        """Wait until the valve lets one more action through; gives whether the client is still there.

        A head is no event: it goes with the first one that is let through.
        """
        if self._valve.passes(counts=counts):
            return True
        if self._due:
            await self._flush(more=True)
        delivery, clock = self._delivery, asyncio.get_running_loop().time
        delivery.waits, began = True, clock()
        delivery.changed()
        try:
            while not self._valve.passes(counts=counts):
                if not await self._presence.until(self._valve.changed()):
                    return False
        finally:  # also if it is never let through
            delivery.waits = False
            if len(delivery.holds) < MOST_WRITES:
                delivery.holds.append((delivery.frames, clock() - began))
        delivery.changed()
        return True

    def close(self) -> None:
        """Nothing of this answer is left to be held back."""
        self._valve.close()

    async def _head(self, head: Head) -> None:
        self._delivery.status = head.status
        if head.bare and self._connection is not None:
            self._bare = True
            self._connection.write(_written(head))
            return
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in head.headers]
        if head.bare:
            self._nearest.append("framed by the server instead of as written")
            headers = [(name, value) for name, value in headers if name not in _FRAMING]
        await self._send({"type": "http.response.start", "status": head.status, "headers": headers})

    async def _flush(self, *, more: bool) -> None:
        """Everything due in one write. `due` counts its frames: one each."""
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
            await self._presence.until_gone()  # the server must know before the application returns

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
        await self._presence.until_gone()  # the server must know before the application returns
        return self.outcome(kind, actions)

    def outcome(self, ended: Ended, actions: Actions) -> Outcome:
        """What has been delivered so far."""
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


def _written(head: Head) -> bytes:
    """A status line and headers as bytes."""
    phrase = HTTPStatus(head.status).phrase if head.status in _STATUSES else "Mock"
    lines = [f"HTTP/{head.version} {head.status} {phrase}", *[f"{name}: {value}" for name, value in head.headers]]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


_STATUSES = frozenset(status.value for status in HTTPStatus)
