"""The player: it sends what is due together, keeps its deadlines, and stops when the client leaves. No test sleeps."""

import asyncio
from functools import partial
from typing import TypeAlias

import pytest

from mockserver.core.actions import Actions, Data, End, Head, Wait
from mockserver.journal.log import Outcome
from mockserver.server.asgi_outlet import play, wake
from mockserver.server.asgi_types import Message
from mockserver.server.timers import FastTimer, LoopTimer, Waker
from mockserver.server.timers import VirtualTimer as SessionTimer
from tests.support.asgi import Client, LeavingTimer, VirtualTimer

HEAD = Head(200, (("content-type", "text/event-stream"),))
START: Message = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]}
A, B, C = Data(b"a", "text"), Data(b"b", "text"), Data(b"c", "text")


def part(body: bytes, *, more: bool = True) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}


def played(actions: Actions, client: Client, timer: VirtualTimer) -> Outcome:
    return asyncio.run(play(actions, client.send, client.receive, timer))


PLAYED: dict[str, tuple[Actions, list[Message]]] = {
    "a whole answer": ((HEAD, A, End()), [START, part(b"a", more=False)]),
    "an answer without a body": ((HEAD, End()), [START, part(b"", more=False)]),
    "frames due together": ((HEAD, A, B, C, End()), [START, part(b"abc", more=False)]),
    "frames due one after another": (
        (HEAD, A, Wait(1.0), B, Wait(1.0), C, End()),
        [START, part(b"a"), part(b"b"), part(b"c", more=False)],
    ),
    "a wait before the head": ((Wait(1.0), HEAD, A, End()), [START, part(b"a", more=False)]),
    "a wait after the head": ((HEAD, Wait(1.0), A, End()), [START, part(b"a", more=False)]),
    "a wait before the end": ((HEAD, A, Wait(1.0), End()), [START, part(b"a"), part(b"", more=False)]),
    "two waits in a row": ((HEAD, A, Wait(1.0), Wait(1.0), B, End()), [START, part(b"a"), part(b"b", more=False)]),
    "a wait of no time is a write of its own": (
        (HEAD, A, Wait(0.0), B, End()),
        [START, part(b"a"), part(b"b", more=False)],
    ),
}


@pytest.mark.parametrize("case", PLAYED)
def test_what_is_due_at_the_same_moment_goes_out_in_one_send(case: str) -> None:
    actions, messages = PLAYED[case]
    client = Client()
    played(actions, client, VirtualTimer())
    assert client.sent == messages


def test_what_is_due_goes_out_before_the_wait() -> None:
    client, seen = Client(), list[int]()

    class Watching(VirtualTimer):
        def wake_at(self, deadline: float, waker: Waker) -> None:
            seen.append(len(client.sent))
            super().wake_at(deadline, waker)

    played((HEAD, A, Wait(1.0), B, Wait(1.0), End()), client, Watching())
    assert seen == [2, 3]


def test_waits_add_up_to_deadlines_from_the_start() -> None:
    timer = VirtualTimer(start=1_000.0)
    played((Wait(0.5), HEAD, A, Wait(1.0), B, Wait(0.25), C, End()), Client(), timer)
    assert timer.deadlines == [1_000.5, 1_001.5, 1_001.75]


class SlowClient(Client):
    """A client for which every send takes `seconds`."""

    def __init__(self, timer: VirtualTimer, seconds: float) -> None:
        super().__init__()
        self.timer = timer
        self.seconds = seconds

    async def send(self, message: Message) -> None:
        self.timer.present += self.seconds
        await super().send(message)


def test_slow_sends_do_not_move_the_deadlines() -> None:
    timer = VirtualTimer(start=1_000.0)
    played((HEAD, A, Wait(1.0), B, Wait(1.0), C, Wait(1.0), End()), SlowClient(timer, 0.25), timer)
    assert timer.deadlines == [1_001.0, 1_002.0, 1_003.0]


def test_a_deadline_that_has_passed_is_not_waited_for() -> None:
    timer = VirtualTimer(start=1_000.0)
    played((HEAD, A, Wait(1.0), B, Wait(9.0), C, End()), SlowClient(timer, 3.0), timer)
    assert timer.deadlines == [1_010.0]


Seen: TypeAlias = tuple[int, int, int, float, str]


def seen(outcome: Outcome) -> Seen:
    """Return what was delivered, and how it ended."""
    return outcome.status, outcome.frames, outcome.bytes, outcome.seconds, outcome.ended


def test_the_outcome_says_what_was_delivered() -> None:
    outcome = played((HEAD, A, Wait(1.5), B, C, End()), Client(), VirtualTimer())
    assert seen(outcome) == (200, 3, 3, 1.5, "complete")
    assert (outcome.of, outcome.moments()) == (3, [0.0, 1.5, 1.5])


@pytest.mark.parametrize(
    ("deadline", "outcome", "bodies"),
    [
        (1, (200, 1, 1, 0.0, "client_left"), [b"a"]),
        (2, (200, 2, 2, 5.0, "client_left"), [b"a", b"b"]),
    ],
)
def test_a_client_that_leaves_while_nothing_is_due_ends_the_answer(
    deadline: int, outcome: Seen, bodies: list[bytes]
) -> None:
    client = Client()
    ended = played((HEAD, A, Wait(5.0), B, Wait(5.0), C, End()), client, LeavingTimer(client, deadline))
    assert (seen(ended), client.bodies) == (outcome, bodies)


def test_a_client_that_leaves_before_the_head_is_sent_nothing() -> None:
    client = Client()
    outcome = played((Wait(5.0), HEAD, A, End()), client, LeavingTimer(client, 1))
    assert (seen(outcome), client.sent) == ((0, 0, 0, 0.0, "client_left"), [])


def test_a_client_that_has_left_already_is_noticed_at_the_first_wait() -> None:
    client = Client()
    client.gone.set()

    async def run() -> Outcome:
        return await play((HEAD, A, Wait(3_600.0), B, End()), client.send, client.receive, LoopTimer())

    assert asyncio.run(run()).ended == "client_left"


def test_a_client_that_says_more_has_not_left() -> None:
    client = Client([{"type": "http.request"}, {"type": "http.request"}])

    class Yielding(VirtualTimer):
        """A timer that lets the client send more before the deadline."""

        def wake_at(self, deadline: float, waker: Waker) -> None:
            self.deadlines.append(deadline)
            loop = asyncio.get_running_loop()
            loop.call_soon(loop.call_soon, loop.call_soon, waker)

    outcome = played((HEAD, A, Wait(1.0), B, End()), client, Yielding())
    assert (outcome.ended, client.incoming) == ("complete", [])


def test_an_answer_without_waits_does_not_listen_to_the_client() -> None:
    client = Client()
    played((HEAD, A, B, End()), client, VirtualTimer())
    assert client.asked == 0


@pytest.mark.parametrize("leaves", [False, True])
def test_nothing_goes_on_when_the_answer_has_ended(leaves: bool) -> None:
    client = Client()
    timer = LeavingTimer(client, 1) if leaves else VirtualTimer()

    async def run() -> int:
        await play((HEAD, A, Wait(1.0), End()), client.send, client.receive, timer)
        await asyncio.sleep(0)
        return len(asyncio.all_tasks())

    assert asyncio.run(run()) == 1


def test_the_timer_of_the_loop_wakes_at_a_deadline_that_has_come() -> None:
    async def run() -> None:
        timer = LoopTimer()
        waker = asyncio.get_running_loop().create_future()
        timer.wake_at(timer.now(), partial(wake, waker))
        await waker

    asyncio.run(run())


def test_the_timer_of_the_loop_can_be_taken_back() -> None:
    async def run() -> bool:
        timer = LoopTimer()
        handle = timer.wake_at(timer.now() + 3_600.0, lambda: None)
        assert handle is not None
        handle.cancel()
        return handle.cancelled()

    assert asyncio.run(run())


def played_virtually(client: Client) -> Outcome:
    """Play an answer of two days on the virtual time of a session."""

    async def run() -> Outcome:
        actions = (HEAD, A, Wait(86_400.0), B, Wait(86_400.0), End())
        return await play(actions, client.send, client.receive, SessionTimer())

    return asyncio.run(run())


def test_virtual_time_passes_only_by_waiting() -> None:
    assert seen(played_virtually(Client())) == (200, 2, 2, 172_800.0, "complete")


def test_a_client_that_has_left_is_noticed_in_virtual_time_too() -> None:
    client = Client()
    client.gone.set()
    assert played_virtually(client).ended == "client_left"


def test_fast_time_is_the_loops_time_many_times_as_fast() -> None:
    async def run() -> float:
        timer = FastTimer(1_000.0)
        handle = timer.wake_at(timer.now() + 5_000.0, lambda: None)
        assert handle is not None
        return handle.when() * 1_000.0 - timer.now()

    assert 0.0 < asyncio.run(run()) <= 5_000.0


def test_waking_twice_is_waking_once() -> None:
    async def run() -> bool:
        waker = asyncio.get_running_loop().create_future()
        wake(waker)
        wake(waker)
        return waker.done()

    assert asyncio.run(run())
