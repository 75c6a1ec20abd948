"""The player for an answer that is still arriving: it plays what has come, and waits for more.

The gate works as for any answer, so a person can hold a stream of a real gateway back. While it is held, the queue
fills up, and then the upstream waits: what one answer takes in memory has a bound.
"""

import asyncio
from collections import deque
from collections.abc import Iterable

import msgspec

from mockserver.core.actions import Action, Close, Data, End, Hang, Reset, Wait
from mockserver.journal.log import Ended, Outcome
from mockserver.server.player import Await, Playback, Steps
from mockserver.server.stream_gate import Delivery
from mockserver.server.timers import FastTimer, LoopTimer, Timer, VirtualTimer
from mockserver.server.traffic import LiveAnswer

MOST_QUEUED = 64
"""Actions that wait for the player before the upstream has to wait."""

LAST = (End, Close, Reset, Hang)


class ActionQueue:
    """Actions on their way from an upstream to the player."""

    def __init__(self) -> None:
        self._actions: deque[Action] = deque()
        self._wanted: asyncio.Future[None] | None = None
        self._room = asyncio.Event()

    async def put(self, actions: Iterable[Action]) -> None:
        """Add actions, then wait until there is room for more."""
        self._actions.extend(actions)
        if self._wanted is not None and not self._wanted.done() and self._actions:
            self._wanted.set_result(None)
        self._room.clear()
        while len(self._actions) > MOST_QUEUED:
            await self._room.wait()
            self._room.clear()

    def take(self) -> tuple[Action, ...]:
        """Return what has come, and make room."""
        actions = tuple(self._actions)
        self._actions.clear()
        self._room.set()
        return actions

    def arrival(self) -> "asyncio.Future[None]":
        """Return a future that is done when there is something to take."""
        self._wanted = asyncio.get_running_loop().create_future()
        return self._wanted


class LivePlayback(Playback):
    """Plays the actions of a queue until one of them is the last."""

    def __init__(self, queue: ActionQueue, timer: Timer, delivery: Delivery, *, has_socket: bool) -> None:
        super().__init__((), timer, delivery, has_socket=has_socket)
        self._queue = queue
        self._events = 0

    def steps(self) -> Steps:
        """Perform the actions as they come."""
        while True:
            self._actions = self._queue.take()
            if not self._actions:
                if not (yield Await(self._queue.arrival())):
                    return "client_left"
                continue
            self._events += sum([isinstance(action, Data) for action in self._actions])
            elapsed = self.timer.now() - self.start
            if elapsed:  # waits count from the moment at which they came
                self._actions = (Wait(elapsed), *self._actions)
            ended = yield from super().steps()
            if ended != "complete" or isinstance(self._actions[-1], LAST):
                return ended
            yield from self._flush()

    def outcome(self, ended: Ended) -> Outcome:
        """Return what has been delivered so far, of what has come."""
        outcome = super().outcome(ended)
        of = outcome.frames if ended == "complete" else max(self._events, outcome.frames)
        return msgspec.structs.replace(outcome, of=of)


def timer_of(live: LiveAnswer) -> Timer:
    """Return the timer for the waits of an answer: that of the session's clock."""
    if live.clock.is_virtual:
        return VirtualTimer()
    return LoopTimer() if live.clock.speed == 1.0 else FastTimer(live.clock.speed)
