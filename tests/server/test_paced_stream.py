"""Paced streams that take real time: the same bytes and the same journal by timers as by the player over ASGI."""

import asyncio

import msgspec
import pytest

from mockserver.journal.log import Exchange
from mockserver.server.player import Playback
from tests.server.test_outlets import STREAM, post
from tests.support.engine import turns
from tests.support.outlets import OUTLETS, GatewayLine, Outlet, Scene, on_line

PACE = "    pace: {first: 2ms, interval: 1ms}\n"
PACED = "  - reply: one two three four five\n    times: always\n" + PACE
SLOW = PACED.replace("2ms", "1ms").replace("interval: 1ms", "interval: 1h")


def played(scene: Scene, outlet: Outlet, text: str = PACED) -> GatewayLine:
    return on_line(scene, outlet, turns(text), virtual=False)


async def ended(line: GatewayLine) -> None:
    """Wait until the answer to a request is over."""
    async with asyncio.timeout(10):
        while line.gateway.traffic.live or not (line.entries or line.transport.is_closed):
            await asyncio.sleep(0.001)


async def begun(line: GatewayLine) -> None:
    """Wait until the first write of an answer."""
    async with asyncio.timeout(10):
        while not line.transport.written:
            await asyncio.sleep(0.001)


def without_times(entries: list[Exchange]) -> list[object]:
    """Return what the journal says, without the moments and the sizes of writes, which the clock decides."""
    return [
        (each.note, each.captured.actions, msgspec.structs.replace(each.outcome, seconds=0.0, writes=()))
        for each in entries
    ]


def frames_of(written: bytes) -> bytes:
    """Return a chunked answer without the lines of its chunks, which the clock decides."""
    head, _, body = written.partition(b"\r\n\r\n")
    return head + b"".join(body.split(b"\r\n")[1::2])


@pytest.mark.parametrize(
    "faults", [[], ["{stall: {at: 3, for: 1ms}}"], ["{cut: {at: 5}}"]], ids=["whole", "stalled", "ended by a wait"]
)
@pytest.mark.parametrize("request_", [STREAM, post(), post("/api/v1/chat/completions", stream=True)])
def test_a_paced_answer_is_the_same_by_both_outlets(request_: bytes, faults: list[str]) -> None:
    text = PACED + f"    faults: [{', '.join(faults)}]\n"

    async def scene(line: GatewayLine) -> None:
        line.protocol.data_received(request_)
        await ended(line)

    direct, over_asgi = [played(scene, outlet, text) for outlet in OUTLETS]
    assert frames_of(direct.transport.written) == frames_of(over_asgi.transport.written)
    assert without_times(direct.entries) == without_times(over_asgi.entries)


def test_what_a_timer_cannot_do_is_left_to_the_player() -> None:
    async def scene(line: GatewayLine) -> None:
        line.protocol.data_received(STREAM)
        await ended(line)

    direct, over_asgi = [played(scene, outlet, PACED + "    faults: [one_event_per_write]\n") for outlet in OUTLETS]
    assert frames_of(direct.transport.written) == frames_of(over_asgi.transport.written)
    assert without_times(direct.entries) == without_times(over_asgi.entries)


@pytest.mark.parametrize("outlet", OUTLETS)
def test_a_stream_whose_gate_is_shut_waits_until_it_opens(outlet: Outlet) -> None:
    async def scene(line: GatewayLine) -> None:
        line.protocol.data_received(STREAM)
        async with asyncio.timeout(10):
            while not line.gateway.traffic.live:
                await asyncio.sleep(0)
        (live,) = line.gateway.traffic.live.values()
        live.delivery.gate.shut()
        async with asyncio.timeout(10):
            while not live.delivery.is_held:
                await asyncio.sleep(0.001)
        assert line.transport.written == b""
        live.delivery.gate.open()
        await ended(line)

    assert [each.outcome.ended for each in played(scene, outlet).entries] == ["complete"]


@pytest.mark.parametrize("outlet", OUTLETS)
def test_a_stream_waits_for_a_client_that_takes_nothing(outlet: Outlet) -> None:
    async def scene(line: GatewayLine) -> None:
        line.protocol.data_received(STREAM)
        line.protocol.pause_writing()
        await asyncio.sleep(0.01)
        assert line.transport.written == b""
        line.protocol.resume_writing()
        await ended(line)

    assert [each.outcome.ended for each in played(scene, outlet).entries] == ["complete"]


@pytest.mark.parametrize("outlet", OUTLETS)
def test_a_client_that_leaves_ends_a_stream_at_once(outlet: Outlet) -> None:
    async def scene(line: GatewayLine) -> None:
        line.protocol.data_received(STREAM)
        await begun(line)
        line.protocol.connection_lost(None)
        await ended(line)

    (entry,) = played(scene, outlet, SLOW).entries
    assert (entry.outcome.ended, entry.outcome.frames) == ("client_left", 4)


def test_a_server_that_stops_ends_a_stream() -> None:
    async def scene(line: GatewayLine) -> None:
        line.protocol.data_received(STREAM)
        await begun(line)
        line.protocol.stop()

    (entry,) = played(scene, "transport", SLOW).entries
    assert (entry.outcome.ended, entry.outcome.frames) == ("server_stopped", 4)


def test_a_bug_ends_a_stream_and_its_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(line: GatewayLine) -> None:
        line.protocol.data_received(STREAM)
        await ended(line)
        assert line.transport.is_closed

    def fail(*_: object, **__: object) -> bytes:
        raise ZeroDivisionError

    monkeypatch.setattr("mockserver.server.answer_framing.AnswerFraming.body", fail)
    assert played(scene, "transport").entries == []


def test_a_paced_stream_needs_no_player(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(line: GatewayLine) -> None:
        line.protocol.data_received(STREAM)
        await ended(line)

    monkeypatch.setattr(Playback, "steps", None)
    assert [each.outcome.ended for each in played(scene, "transport").entries] == ["complete"]
