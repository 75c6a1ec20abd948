"""The player: performs the actions of an answer on an ASGI connection. It alone sleeps.

Rules:

- What is due at the same moment goes out in one send: an unpaced stream costs about as much as a whole body.
- Waits add up to deadlines that are counted from the start of the answer, so lateness never accumulates.
- While it waits it notices that the client has left, and stops. Nothing is raised: a client that leaves is an
  outcome, not an error.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Protocol, TypeAlias

from mockserver.actions import Actions, Data, Head, Wait
from mockserver.journal import Ended, Outcome

Message: TypeAlias = MutableMapping[str, object]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]


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
        self._watch: asyncio.Task[None] | None = None
        self._waker: asyncio.Future[None] | None = None

    async def wait_until(self, deadline: float) -> bool:
        """Wait; gives whether the client is still there. Returns at once when it leaves."""
        if self._watch is None:
            self._watch = asyncio.create_task(self._until_gone())
        self._waker = waker = asyncio.get_running_loop().create_future()
        handle = self._timer.wake_at(deadline, waker)
        if not self._watch.done():
            await waker
        if handle is not None:
            handle.cancel()
        return not self._watch.done()

    async def _until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        if self._waker is not None:
            wake(self._waker)

    def close(self) -> None:
        """Stop watching."""
        if self._watch is not None:
            self._watch.cancel()


async def play(actions: Actions, send: Send, receive: Receive, timer: Timer) -> Outcome:
    """Perform the actions; gives what was delivered."""
    presence = Presence(receive, timer)
    start = deadline = timer.now()
    due: list[bytes] = []
    status = frames = size = 0
    ended: Ended = "complete"
    for action in actions:
        if isinstance(action, Data):
            due.append(action.payload)
            frames += 1
        elif isinstance(action, Head):
            status = action.status
            headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in action.headers]
            await send({"type": "http.response.start", "status": status, "headers": headers})
        elif isinstance(action, Wait):
            deadline += action.seconds
            if deadline <= timer.now():
                continue  # we are late: what comes next is due by now as well
            if due:
                size += await _send_body(send, due, more=True)
            if not await presence.wait_until(deadline):
                ended = "client_left"
                break
        else:
            size += await _send_body(send, due, more=False)
    presence.close()
    return Outcome(status, frames, size, timer.now() - start, ended)


async def _send_body(send: Send, due: list[bytes], *, more: bool) -> int:
    body = due[0] if len(due) == 1 else b"".join(due)
    due.clear()
    await send({"type": "http.response.body", "body": body, "more_body": more})
    return len(body)
