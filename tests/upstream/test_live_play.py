"""The player of an answer that is still arriving: waits count from their arrival, and the gate holds it back."""

import asyncio
from collections.abc import Sequence

from mockserver.core.actions import Action, Close, Data, End, Head, Wait
from mockserver.journal.log import Outcome
from mockserver.server.asgi_outlet import perform
from mockserver.server.asgi_types import Message
from mockserver.server.stream_gate import Delivery
from mockserver.server.timers import VirtualTimer
from mockserver.upstream.asking import Patient
from mockserver.upstream.live_play import MOST_QUEUED, ActionQueue, LivePlayback

ONE, TWO = Data(b"one", "ping"), Data(b"two", "ping")


class Sent:
    """What a client gets."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.changed = asyncio.Event()

    async def send(self, message: Message) -> None:
        body = message.get("body")
        if isinstance(body, bytes) and body:
            self.bodies.append(body)
        self.changed.set()


def played(*parts: Sequence[Action]) -> tuple[list[bytes], Outcome]:
    """Return what a client gets of these parts of an answer, and the outcome."""

    async def run() -> tuple[list[bytes], Outcome]:
        queue, sent = ActionQueue(), Sent()
        playback = LivePlayback(queue, VirtualTimer(), Delivery(), has_socket=False)
        playing = asyncio.ensure_future(perform(playback, sent.send, Patient().receive, None))
        for part in parts:
            await queue.put(part)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        return sent.bodies, await playing

    return asyncio.run(run())


def test_each_part_goes_out_when_it_has_come() -> None:
    bodies, outcome = played([Head(200)], [ONE], [TWO], [End()])
    assert bodies == [b"one", b"two"]
    assert (outcome.ended, outcome.frames, outcome.of, outcome.bytes) == ("complete", 2, 2, 6)


def test_what_has_come_together_goes_out_together() -> None:
    assert played([Head(200), ONE, TWO, End()])[0] == [b"onetwo"]


def test_a_wait_counts_from_the_moment_at_which_it_came() -> None:
    _, outcome = played([Head(200), ONE, Wait(3.0)], [TWO, Wait(2.0), End()])
    assert outcome.seconds == 5.0
    assert [seconds for _, _, seconds in outcome.writes][:2] == [0.0, 3.0]


def test_a_break_ends_it_and_the_rest_is_not_played() -> None:
    bodies, outcome = played([Head(200), ONE, Close()], [TWO])
    assert (bodies, outcome.ended, outcome.of) == ([b"one"], "closed", 1)


def test_a_held_answer_sends_what_is_admitted() -> None:
    async def run() -> list[bytes]:
        queue, sent, delivery = ActionQueue(), Sent(), Delivery()
        delivery.gate.shut()
        playback = LivePlayback(queue, VirtualTimer(), delivery, has_socket=False)
        playing = asyncio.ensure_future(perform(playback, sent.send, Patient().receive, None))
        await queue.put([Head(200), ONE, TWO, End()])
        delivery.gate.admit(1)
        while not sent.bodies:
            sent.changed.clear()
            await sent.changed.wait()
        held = list(sent.bodies)
        delivery.gate.open()
        await playing
        return held

    assert asyncio.run(run()) == [b"one"]


def test_a_full_queue_makes_the_upstream_wait() -> None:
    async def run() -> tuple[bool, int, bool]:
        queue = ActionQueue()
        putting = asyncio.ensure_future(queue.put([ONE] * (MOST_QUEUED + 1)))
        await asyncio.sleep(0)
        waits = not putting.done()
        taken = len(queue.take())
        await putting
        return waits, taken, putting.done()

    assert asyncio.run(run()) == (True, MOST_QUEUED + 1, True)


def test_a_client_that_leaves_while_nothing_comes_ends_it() -> None:
    async def run() -> Outcome:
        queue, sent = ActionQueue(), Sent()
        gone = asyncio.Event()

        async def receive() -> Message:
            await gone.wait()
            return {"type": "http.disconnect"}

        playback = LivePlayback(queue, VirtualTimer(), Delivery(), has_socket=False)
        playing = asyncio.ensure_future(perform(playback, sent.send, receive, None))
        await queue.put([Head(200), ONE])
        while not sent.bodies:
            sent.changed.clear()
            await sent.changed.wait()
        gone.set()
        return await playing

    outcome = asyncio.run(run())
    assert (outcome.ended, outcome.of) == ("client_left", 1)
