"""The outlet on ASGI: performs the player's operations with `send` and `receive`.

While it waits it notices when the client leaves. What ASGI cannot express is done on the connection itself
(`connection`). Without one, the player does what comes nearest, and the outcome says so.
"""

import asyncio
from functools import partial
from typing import cast

from mockserver.core.actions import Actions, Head
from mockserver.journal.log import Ended, Outcome
from mockserver.server.asgi_types import Receive, Send
from mockserver.server.connection import Connection
from mockserver.server.player import (
    CLOSE_LIMIT,
    Await,
    Drain,
    Operation,
    Pause,
    Playback,
    Sever,
    Sleep,
    Write,
    WriteRaw,
)
from mockserver.server.stream_gate import Delivery
from mockserver.server.timers import Timer


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
        handle = self._timer.wake_at(deadline, partial(wake, waker))
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
    playback = Playback(actions, timer, delivery or Delivery(), has_socket=connection is not None)
    return await perform(playback, send, receive, connection)


async def perform(playback: Playback, send: Send, receive: Receive, connection: Connection | None) -> Outcome:
    """Perform an answer and return what was delivered."""
    watch = ClientWatch(receive, playback.timer)
    outlet = _AsgiOutlet(send, watch, connection)
    try:
        return playback.outcome(await outlet.perform(playback))
    except asyncio.CancelledError:
        if connection is None:
            raise
        await watch.until_gone()  # the server has cut the connection, or is about to
        return playback.outcome("server_stopped")
    finally:
        watch.close()
        playback.close()


class _AsgiOutlet:
    """Performs operations on ASGI."""

    def __init__(self, send: Send, watch: ClientWatch, connection: Connection | None) -> None:
        self._send = send
        self._watch = watch
        self._connection = connection

    async def perform(self, playback: Playback) -> Ended:
        """Perform every operation of an answer. Return how it ended."""
        steps = playback.steps()
        try:
            operation = next(steps)
            while True:
                operation = steps.send(await self._perform(operation))
        except StopIteration as end:
            return cast(Ended, end.value)
        finally:
            steps.close()

    async def _perform(self, operation: Operation) -> bool:
        """Perform one operation. Return whether the client is still there, as far as it matters."""
        if isinstance(operation, Write):
            await self._write(operation)
            return True
        if isinstance(operation, Sleep):
            return await self._watch.wait_until(operation.deadline)
        if isinstance(operation, Await):
            return await self._watch.until(operation.future)
        if isinstance(operation, Pause):
            await asyncio.sleep(0)
            return True
        assert self._connection is not None, "without a socket the player asks for nothing else"
        if isinstance(operation, WriteRaw):
            self._connection.write(operation.payload)
        elif isinstance(operation, Drain):
            await self._connection.drain()
        else:
            await self._sever(operation, self._connection)
        return True

    async def _write(self, write: Write) -> None:
        if write.head is not None:
            await self._send({"type": "http.response.start", "status": write.head.status, "headers": _raw(write.head)})
        if write.body is not None:
            await self._send({"type": "http.response.body", "body": write.body, "more_body": write.more})

    async def _sever(self, operation: Sever, connection: Connection) -> None:
        if operation.by_reset:
            connection.reset()
        else:
            connection.close()
        await self._watch.until_gone()  # the server must know before the application returns


def _raw(head: Head) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in head.headers]
