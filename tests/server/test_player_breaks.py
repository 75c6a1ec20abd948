"""Breaks without a socket; and no mixture of faults leaves a connection open."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockserver.accounts.session import REAL, Timeline
from mockserver.core.actions import Action, Actions, Close, Data, End, Hang, Head, Raw, Reset, Wait
from mockserver.engine.arrival import Arrival
from mockserver.engine.decision import Decision, Note
from mockserver.engine.step import Engine, EngineSettings
from mockserver.faults import FAULTS, NoEffectError
from mockserver.journal.log import Outcome
from mockserver.server.asgi import Gateway
from mockserver.server.asgi_outlet import ConnectionBroken, play
from mockserver.server.asgi_types import Message
from mockserver.server.timers import Waker
from mockserver.server.uvicorn import running
from tests.faults.test_faults import ANY
from tests.support.engine import contract
from tests.support.fault_answers import bend, healthy
from tests.support.properties import examples
from tests.support.sockets import exchange

HEAD = Head(200, (("content-type", "text/event-stream"),))


class Virtual:
    """A timer on which no time passes: every deadline is reached at once."""

    def __init__(self) -> None:
        self._now = 0.0

    def now(self) -> float:
        return self._now

    def wake_at(self, deadline: float, waker: Waker) -> None:
        self._now = max(self._now, deadline)
        asyncio.get_running_loop().call_soon(waker)


def perform(*actions: Action) -> tuple[Outcome, list[Message]]:
    """Play on plain ASGI, without a connection below it."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        await asyncio.Event().wait()
        return {}

    async def main() -> Outcome:
        return await play(actions, send, receive, Virtual())

    return asyncio.run(main()), sent


@pytest.mark.parametrize(("action", "ended", "instead"), [(Close(), "closed", "FIN"), (Reset(), "reset", "RST")])
def test_without_a_socket_a_break_is_told_as_what_was_nearest(action: Action, ended: str, instead: str) -> None:
    outcome, sent = perform(HEAD, Data(b"a", "x"), Data(b"b", "x"), action)
    assert (outcome.ended, outcome.frames, outcome.breaks_off) == (ended, 2, True)
    assert outcome.nearest == (f"broken off by an exception instead of {instead}",)
    assert [message.get("body") for message in sent] == [None, b"ab"]
    assert sent[-1]["more_body"] is True


def test_without_a_socket_raw_bytes_are_left_out_and_a_bare_head_is_framed() -> None:
    outcome, sent = perform(
        Head(200, (("content-length", "99"), ("x-a", "b")), bare=True), Data(b"a", "x"), Raw(b"ZZ"), End()
    )
    assert outcome.nearest == ("framed by the server instead of as written", "raw bytes are left out")
    assert (outcome.ended, outcome.breaks_off) == ("complete", False)
    assert sent[0]["headers"] == [(b"x-a", b"b")]


def test_a_flush_is_a_write_of_its_own_and_takes_no_time() -> None:
    outcome, sent = perform(HEAD, Data(b"a", "x"), Wait(0.0), Data(b"b", "x"), Data(b"c", "y"), End())
    assert [message["body"] for message in sent[1:]] == [b"a", b"bc"]
    assert [(frames, size) for frames, size, _ in outcome.writes] == [(1, 1), (3, 3)]
    assert outcome.moments() == [0.0, 0.0, 0.0]


def test_deadlines_are_absolute() -> None:
    outcome, _ = perform(HEAD, Wait(1.0), Data(b"a", "x"), Wait(0.5), Data(b"b", "x"), Wait(0.25), End())
    assert outcome.moments() == [1.0, 1.5]


def test_a_hang_without_end_by_the_client_ends_by_its_bound() -> None:
    outcome, _ = perform(HEAD, Data(b"a", "x"), Hang(600.0), Close())
    assert (outcome.ended, outcome.seconds) == ("closed", 600.0)


def test_an_in_process_client_gets_an_exception() -> None:
    async def main() -> None:
        gateway = Scripted((HEAD, Data(b"a", "x"), Reset()))

        async def send(message: Message) -> None:
            return None

        messages: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> Message:
            if messages:
                return messages.pop()
            await asyncio.Event().wait()
            return {}

        scope = {"type": "http", "method": "POST", "path": "/v1/messages", "headers": []}
        try:
            await gateway(scope, receive, send)
        finally:
            assert [entered.outcome.ended for entered in gateway.journal] == ["reset"]

    with pytest.raises(ConnectionBroken):
        asyncio.run(main())


class Scripted(Gateway):
    """A gateway that answers every request with the same actions."""

    def __init__(self, actions: Actions = ()) -> None:
        super().__init__(Engine(contract(), {}, EngineSettings()), timer=Virtual())
        self.actions = actions

    async def _decide(self, id: str | None, arrival: Arrival, now: float) -> tuple[Decision, Timeline]:
        return Decision(self.actions, Note(session="test")), REAL


@pytest.fixture(scope="module")
def scripted() -> Iterator[tuple[Scripted, str]]:
    gateway = Scripted()
    with running(gateway) as url:
        yield gateway, url


ENDING = [fault for fault in ANY if fault != FAULTS["hold"].spelling]
"""Every fault but the one that waits for a person."""


@settings(max_examples=examples(150), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(faults=st.lists(st.sampled_from(ENDING), max_size=4), form=st.sampled_from(["anthropic stream", "openai whole"]))
def test_no_mixture_leaves_a_client_waiting(scripted: tuple[Scripted, str], faults: list[Any], form: str) -> None:
    """Check over a real socket that the connection ends with FIN or RST, whatever the mixture."""
    gateway, url = scripted
    actions = healthy()[form]
    for fault in faults:
        with suppress(NoEffectError):
            actions = bend(fault, actions, form)
    gateway.actions = actions
    assert exchange(url, stream=True).end in ("fin", "rst")
