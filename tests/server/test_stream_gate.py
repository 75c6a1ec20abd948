"""Holding an answer back: it waits at the gate, passes event by event, and continues at its own pace."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from mockserver.core.actions import Action, Actions, Data, End, Head, Hold, Wait
from mockserver.journal.log import Outcome
from mockserver.server.asgi_outlet import play
from mockserver.server.asgi_types import Message
from mockserver.server.stream_gate import Delivery
from tests.support.asgi import Client, VirtualTimer

HEAD = Head(200)
A, B, C = Data(b"a", "text"), Data(b"b", "text"), Data(b"c", "text")
STREAM: Actions = (HEAD, A, B, C, End())


class Watched(Client):
    """A client that signals when something was sent to it."""

    def __init__(self) -> None:
        super().__init__()
        self.news = asyncio.Event()

    async def send(self, message: Message) -> None:
        await super().send(message)
        self.news.set()

    @property
    def body(self) -> bytes:
        return b"".join(self.bodies)


class Playing:
    """An answer that is being played, and the means to watch it."""

    def __init__(self, actions: Actions, timer: VirtualTimer | None = None) -> None:
        self.client, self.delivery = Watched(), Delivery()
        self.timer = timer or VirtualTimer()
        self._news = asyncio.Event()
        self.delivery.on_change = self._news.set
        self._task = asyncio.ensure_future(
            play(actions, self.client.send, self.client.receive, self.timer, None, self.delivery)
        )

    async def until_held(self, frames: int) -> None:
        """Wait until the answer is held after this number of frames."""
        while not (self.delivery.is_held and self.delivery.frames == frames):
            self._news.clear()
            await self._news.wait()

    async def outcome(self) -> Outcome:
        return await self._task


def run(scene: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(20):
            await scene()

    asyncio.run(bounded())


@pytest.mark.parametrize(("place", "before"), [(0, b""), (1, b""), (2, b"a"), (3, b"ab"), (4, b"abc")], ids=str)
def test_a_hold_stops_the_answer_where_it_stands(place: int, before: bytes) -> None:
    async def scene() -> None:
        actions: list[Action] = list(STREAM)
        actions.insert(place, Hold(600.0))
        playing = Playing(tuple(actions))
        await playing.until_held(len(before))
        assert playing.client.body == before
        playing.delivery.gate.open()
        outcome = await playing.outcome()
        assert (playing.client.body, outcome.ended) == (b"abc", "complete")
        assert [frames for frames, _ in outcome.holds] == [len(before)]

    run(scene)


def test_it_passes_event_by_event_as_it_is_let() -> None:
    async def scene() -> None:
        playing = Playing((HEAD, Hold(600.0), *STREAM[1:]))
        for frames, body in enumerate((b"", b"a", b"ab", b"abc")):
            await playing.until_held(frames)
            assert playing.client.body == body
            playing.delivery.gate.admit(1)
        assert (await playing.outcome()).ended == "complete"

    run(scene)


def test_several_can_be_let_through_at_once() -> None:
    async def scene() -> None:
        playing = Playing((HEAD, Hold(600.0), *STREAM[1:]))
        await playing.until_held(0)
        playing.delivery.gate.admit(2)
        await playing.until_held(2)
        playing.delivery.gate.open()
        assert (await playing.outcome()).frames == 3

    run(scene)


def test_while_it_is_held_its_own_waits_do_not_count() -> None:
    async def scene() -> None:
        playing = Playing((HEAD, Hold(600.0), A, Wait(1.0), B, Wait(1.0), C, End()))
        await playing.until_held(0)
        playing.delivery.gate.admit(2)
        await playing.until_held(2)
        assert playing.timer.deadlines == []
        playing.timer.present += 50.0
        playing.delivery.gate.open()
        await playing.outcome()
        assert playing.timer.deadlines == []  # it was held at C: the wait before that is over

    run(scene)


def test_its_pace_begins_again_when_it_is_let_go() -> None:
    async def scene() -> None:
        playing = Playing((HEAD, A, Hold(600.0), B, Wait(1.0), C, End()))
        await playing.until_held(1)
        playing.timer.present += 50.0
        playing.delivery.gate.open()
        await playing.outcome()
        assert playing.timer.deadlines == [1_051.0]

    run(scene)


def test_it_can_be_held_from_outside_at_any_moment() -> None:
    async def scene() -> None:
        playing = Playing(STREAM)
        playing.delivery.gate.shut()
        await playing.until_held(0)
        assert playing.client.sent == []
        playing.delivery.gate.open()
        assert (await playing.outcome()).ended == "complete"

    run(scene)


def test_a_client_that_leaves_while_it_is_held_ends_it() -> None:
    async def scene() -> None:
        playing = Playing((HEAD, A, Hold(600.0), B, End()))
        await playing.until_held(1)
        playing.client.gone.set()
        outcome = await playing.outcome()
        assert (outcome.ended, outcome.frames, outcome.of) == ("client_left", 1, 2)
        assert not playing.delivery.is_held

    run(scene)


def test_a_hold_ends_by_itself_at_its_limit() -> None:
    async def scene() -> None:
        playing = Playing((HEAD, A, Hold(0.0), B, End()))
        assert (await playing.outcome()).ended == "complete"

    run(scene)


def test_an_open_gate_costs_an_answer_nothing() -> None:
    async def scene() -> None:
        playing = Playing(STREAM)
        await playing.outcome()
        assert len(playing.client.sent) == 2
        assert playing.delivery.holds == []

    run(scene)
