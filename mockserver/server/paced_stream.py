"""A paced stream on the transport: what is due goes out, and a timer comes back when more is.

Theory. Between two frames of a stream nothing happens but a wait. So most of a stream needs no player that yields an
operation for each of its moves: a tick lays together the frames that are due, writes them, and sets the timer for the
next deadline. Deadlines count from the start of the answer, as the player's do.

A tick does only what it can do at once. Whatever else there is (a gate that is shut, a client that does not take what
is written or has left, a flush, a break, the session's own time) is left to the player, which goes on at the place
where the tick stands, as if it had been there all the time.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

from mockserver.core.actions import Actions, Data, End, Head, Wait
from mockserver.server.answer_framing import AnswerFraming
from mockserver.server.stream_gate import Delivery
from mockserver.server.timers import LoopTimer, Timer

_KINDS = frozenset({Head, Data, Wait, End})


class TickedAnswer(Protocol):
    """What a stream needs of the answer that it is: the cycle on its connection."""

    framing: AnswerFraming

    def common_headers(self) -> bytes:
        """Return the lines of a head that every answer has."""
        ...

    def go_on_at(self, place: int, elapsed: float) -> None:
        """Let the player go on at this action, this many seconds of waits after the start."""
        ...

    def complete(self) -> None:
        """End the answer: all of it was sent."""
        ...

    def fail(self) -> None:
        """End the answer: it cannot be sent. An exception says why."""
        ...


def can_tick(actions: Actions, timer: Timer) -> bool:
    """Return whether an answer consists of frames and waits that take real time."""
    return isinstance(timer, LoopTimer) and len(actions) > 4 and _KINDS.issuperset(map(type, actions))


class PacedStream:
    """One answer on its way."""

    __slots__ = (
        *("_actions", "_answer", "_delivery", "_elapsed", "_handle", "_loop", "_place", "_start", "_takes_more"),
        "_write",
    )

    def __init__(
        self,
        answer: TickedAnswer,
        actions: Actions,
        delivery: Delivery,
        start: float,
        takes_more: Callable[[], bool],
        write: Callable[[bytes], None],
    ) -> None:
        self._answer = answer
        self._actions = actions
        self._delivery = delivery
        self._loop = asyncio.get_running_loop()
        self._start = start
        self._takes_more = takes_more
        self._write = write
        self._elapsed = 0.0
        self._place = 0
        self._handle: asyncio.TimerHandle | None = None

    def cancel(self) -> None:
        """Send nothing more."""
        if self._handle is not None:
            self._handle.cancel()

    def tick(self) -> None:
        """Send what is due, and come back when more is."""
        try:
            now = self._loop.time()
            if not self._sends_one(now):
                self._send_due(now)
        except Exception:
            self._answer.fail()

    def _sends_one(self, now: float) -> bool:
        """Do what most ticks do: send one frame, and come back after the wait behind it. Return False for any other."""
        actions, place = self._actions, self._place
        frame = actions[place]
        if type(frame) is not Data:
            return False
        wait = actions[place + 1]  # a frame is never the last action
        if type(wait) is not Wait:
            return False
        elapsed, delivery = self._elapsed + wait.seconds, self._delivery
        deadline = self._start + elapsed
        if deadline <= now or not wait.seconds or delivery.gate.is_shut or not self._takes_more():
            return False
        self._write(self._answer.framing.body(frame.payload, more=True))
        self._place, self._elapsed = place + 2, elapsed
        self._handle = self._loop.call_at(deadline, self.tick)
        delivery.frames += 1
        delivery.bytes += len(frame.payload)
        delivery.note_write(now - self._start)
        return True

    def _send_due(self, now: float) -> None:
        """Send every frame that is due, and come back when more is, end the answer, or leave it to the player."""
        actions, place, elapsed, start = self._actions, self._place, self._elapsed, self._start
        is_over, seconds = False, 1.0
        head: Head | None = None
        due: list[bytes] = []
        while True:
            action = actions[place]
            if isinstance(action, Data):
                due.append(action.payload)
            elif isinstance(action, Wait):
                seconds = action.seconds
                elapsed += seconds
                if not seconds or start + elapsed > now:
                    break
            elif isinstance(action, Head):
                head = action
            else:
                is_over = True
                break
            place += 1
        if not seconds or self._delivery.gate.is_shut or not self._send(head, due, is_over, now):
            self._answer.go_on_at(self._place, self._elapsed)
        elif is_over:
            self._answer.complete()
        else:
            self._place, self._elapsed = place + 1, elapsed
            self._handle = self._loop.call_at(start + elapsed, self.tick)

    def _send(self, head: Head | None, due: list[bytes], is_over: bool, now: float) -> bool:
        """Send frames, with the head before them if it is due. Return False if the player has to."""
        if not due and not is_over:
            return head is None
        answer, delivery = self._answer, self._delivery
        if not self._takes_more() or (head is not None and head.bare):
            return False
        framing = answer.framing
        body = due[0] if len(due) == 1 else b"".join(due)
        if head is None:
            data = framing.body(body, more=not is_over)
        else:
            data = framing.head(head.status, head.headers, answer.common_headers())
            data += framing.body(body, more=not is_over)
            delivery.status = head.status
        if is_over and not framing.is_complete:
            raise RuntimeError("the body is shorter than its content-length")
        self._write(data)
        delivery.is_over = is_over
        delivery.frames += len(due)
        delivery.bytes += len(body)
        delivery.note_write(now - self._start)
        return True
