"""The player: performs the actions of an answer, step by step, for any outlet.

An outlet is a way to a client: ASGI (`asgi_outlet`) or the transport itself (`transport_outlet`). The player does no
I/O and never sleeps. `Playback.steps` is a generator of *operations* (write this, sleep until then); the outlet
performs each one and sends back whether the client is still there. So both outlets play every answer in the same way.

Rules:

- What is due at the same moment goes out in one write, the head included: an unpaced stream costs about as much as a
  whole body.
- Waits add up to deadlines that are counted from the start of the answer, so lateness never accumulates.
- A client that leaves while the answer waits ends it. That is an outcome, not an error.
- While the answer's gate is shut (`stream_gate`), the player stops before every action that a client would see and
  skips the waits of the answer; when the gate opens, the next wait counts from that moment.
- What an outlet cannot do is left out or done as nearly as possible, and the outcome says so.
"""

import asyncio
from collections.abc import Generator
from http import HTTPStatus
from typing import TypeAlias, cast

import msgspec

from mockserver.core.actions import Actions, Close, Data, End, Hang, Head, Hold, Raw, Reset, Wait
from mockserver.journal.log import Ended, Outcome
from mockserver.server.stream_gate import MOST_WRITES, Delivery
from mockserver.server.timers import Timer

CLOSE_LIMIT = 5.0
"""Seconds to wait for a closed connection to end: a client that does not read could keep it open for ever."""


class Write(msgspec.Struct, frozen=True, gc=False):
    """Send the head, if there is one, and a piece of the body, if there is one. `more` follows, or this is the end."""

    head: Head | None
    body: bytes | None
    more: bool


class WriteRaw(msgspec.Struct, frozen=True, gc=False):
    """Send bytes without HTTP framing."""

    payload: bytes


class Sleep(msgspec.Struct, frozen=True, gc=False):
    """Wait until the deadline, or until the client leaves."""

    deadline: float


class Await(msgspec.Struct, frozen=True):
    """Wait until the future is done, or until the client leaves."""

    future: "asyncio.Future[None]"


class Pause(msgspec.Struct, frozen=True, gc=False):
    """Let the event loop hand over what was written."""


class Drain(msgspec.Struct, frozen=True, gc=False):
    """Wait until the client has everything, or cannot be expected to take it."""


class Sever(msgspec.Struct, frozen=True, gc=False):
    """Close the connection (FIN), or reset it (RST), and wait until it is over."""

    by_reset: bool = False


Operation: TypeAlias = Write | WriteRaw | Sleep | Await | Pause | Drain | Sever
Steps: TypeAlias = Generator[Operation, bool, Ended]
"""Operations, each answered with whether the client is still there; at last, how the answer ended."""

_AT_ONCE = frozenset({Head, Data, End})
_PAUSE, _DRAIN, _CLOSE, _RESET = Pause(), Drain(), Sever(), Sever(by_reset=True)


class Playback:
    """One answer that is being played: what is due, and what has been delivered.

    `has_socket` says that the outlet has a real connection, on which bytes can be written as they are and which can be
    broken. `delivery` lets others watch the answer and hold it back.
    """

    __slots__ = (
        *("_actions", "_bare", "_delivery", "_due", "_gate", "_has_socket", "_head", "_nearest", "_place"),
        *("_elapsed", "start", "timer"),
    )

    def __init__(self, actions: Actions, timer: Timer, delivery: Delivery, *, has_socket: bool) -> None:
        self._actions = actions
        self.timer = timer
        self._has_socket = has_socket
        self._delivery = delivery
        self._gate = delivery.gate
        self._head: Head | None = None
        """The head, while it is due."""
        self._due: list[bytes] = []
        self._bare = False
        self._nearest: tuple[str, ...] = ()
        self._place, self._elapsed = 0, 0.0
        """The action to begin with, and the seconds of the waits before it."""
        self.start = timer.now()

    def begin_at(self, place: int, elapsed: float) -> None:
        """Begin with this action: those before it were performed, and had waits of this many seconds."""
        self._place, self._elapsed = place, elapsed

    def steps(self) -> Steps:
        """Perform the actions in order."""
        deadline, gate, timer = self.start + self._elapsed, self._gate, self.timer
        if not self._place and not gate.is_shut and self._takes_no_time():
            self._begin(cast(Head, self._actions[0]))
            self._due = [action.payload for action in self._actions if isinstance(action, Data)]
            yield from self._end()
            return "complete"
        for action in self._actions[self._place :]:
            if gate.is_shut and not isinstance(action, Hold):
                if isinstance(action, Wait):
                    continue
                if not (yield from self._wait_for_gate(counts=not isinstance(action, Head))):
                    return "client_left"
                deadline = max(deadline, timer.now())
            if isinstance(action, Data):
                self._due.append(action.payload)
            elif isinstance(action, Wait):
                deadline += action.seconds
                if not action.seconds:
                    yield from self._flush()
                    yield _PAUSE
                elif deadline > timer.now():  # otherwise we are late: what comes next is due by now as well
                    yield from self._flush()
                    if deadline > timer.now() and not (yield Sleep(deadline)):
                        return "client_left"
            elif isinstance(action, Head):
                self._begin(action)
            elif isinstance(action, End):
                yield from self._end()
            elif isinstance(action, Hang):
                yield from self._flush()
                if not (yield Sleep(max(deadline, timer.now()) + action.seconds)):
                    return "client_left"
            elif isinstance(action, Raw):
                yield from self._raw(action)
            elif isinstance(action, Hold):
                gate.shut(action.seconds)
            else:
                return (yield from self._break(action))
        return "complete"

    def _takes_no_time(self) -> bool:
        """Return whether the answer is a head, bodies and the end, without anything between them."""
        actions = self._actions
        return _AT_ONCE.issuperset(map(type, actions)) and type(actions[0]) is Head and type(actions[-1]) is End

    def close(self) -> None:
        """Close the gate of the answer, which is over."""
        self._gate.close()

    def outcome(self, ended: Ended) -> Outcome:
        """Return what has been delivered so far."""
        delivery = self._delivery
        is_complete = ended == "complete"
        return Outcome(
            status=delivery.status,
            frames=delivery.frames,
            bytes=delivery.bytes,
            seconds=self.timer.now() - self.start,
            ended=ended,
            of=delivery.frames if is_complete else sum([isinstance(action, Data) for action in self._actions]),
            writes=delivery.writes,
            nearest=self._nearest,
            holds=tuple(delivery.holds),
        )

    def _wait_for_gate(self, *, counts: bool) -> Generator[Operation, bool, bool]:
        """Wait until the gate lets one more action pass. Return whether the client is still there.

        A head does not count as an event: it passes with the first event.
        """
        if self._gate.passes(counts=counts):
            return True
        yield from self._flush()
        delivery, clock = self._delivery, asyncio.get_running_loop().time
        delivery.is_held, began = True, clock()
        delivery.changed()
        try:
            while not self._gate.passes(counts=counts):
                if not (yield Await(self._gate.changed())):
                    return False
        finally:  # also if it is never let through
            delivery.is_held = False
            if len(delivery.holds) < MOST_WRITES:
                delivery.holds.append((delivery.frames, clock() - began))
        delivery.changed()
        return True

    def _begin(self, head: Head) -> None:
        self._delivery.status = head.status
        self._head, self._bare = head, head.bare and self._has_socket
        if head.bare and not self._has_socket:
            self._nearest += ("framed by the server instead of as written",)
            kept = tuple([(name, value) for name, value in head.headers if name not in _FRAMING])
            self._head = Head(head.status, kept)

    def _flush(self) -> Generator[Operation, bool, None]:
        """Send everything that is due, if anything is."""
        if self._due:
            yield from self._send(more=True)
        elif self._head is not None:
            head, self._head = self._head, None
            yield WriteRaw(head_bytes(head)) if self._bare else Write(head, None, more=True)

    def _send(self, *, more: bool) -> Generator[Operation, bool, None]:
        """Send everything that is due in one write."""
        delivery, due = self._delivery, self._due
        delivery.frames += len(due)
        body = due[0] if len(due) == 1 else b"".join(due)
        due.clear()
        delivery.bytes += len(body)
        head, self._head = self._head, None
        if self._bare:
            yield WriteRaw(body if head is None else head_bytes(head) + body)
        else:
            yield Write(head, body, more)
        delivery.is_over = not more
        delivery.note_write(self.timer.now() - self.start)

    def _end(self) -> Generator[Operation, bool, None]:
        yield from self._send(more=False)
        if self._bare:
            yield _CLOSE

    def _raw(self, action: Raw) -> Generator[Operation, bool, None]:
        if not self._has_socket:
            self._nearest += ("raw bytes are left out",)
            return
        yield from self._flush()
        yield WriteRaw(action.payload)

    def _break(self, action: Close | Reset) -> Steps:
        yield from self._flush()
        kind: Ended = "reset" if isinstance(action, Reset) else "closed"
        if not self._has_socket:
            self._nearest += (f"broken off by an exception instead of {'RST' if kind == 'reset' else 'FIN'}",)
            return kind
        if kind == "reset":
            yield _DRAIN
        self._delivery.is_over = True
        yield _RESET if kind == "reset" else _CLOSE
        return kind


_FRAMING = frozenset({"content-length", "transfer-encoding", "connection"})


def head_bytes(head: Head) -> bytes:
    """Return a status line and headers as they are written."""
    phrase = HTTPStatus(head.status).phrase if head.status in _STATUSES else "Mock"
    lines = [f"HTTP/{head.version} {head.status} {phrase}", *[f"{name}: {value}" for name, value in head.headers]]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


_STATUSES = frozenset(status.value for status in HTTPStatus)
