"""Time that can be turned: under a virtual clock nothing is waited for, and every session has a time of its own."""

import asyncio
from collections.abc import Mapping

import orjson
import pytest

from mockserver.accounts.session import VIRTUAL_ORIGIN, Timeline, start_clock
from mockserver.core.clock import FixedClock
from mockserver.engine.step import Engine, EngineSettings
from mockserver.scenarios.script import Script
from mockserver.server.asgi import Gateway
from mockserver.server.stores.memory import MemoryStore
from mockserver.server.timers import FastTimer, LoopTimer, Waker
from tests.support.asgi import Client, VirtualTimer, body, scope, serve
from tests.support.engine import CHAT, HELLO, MESSAGES, contract, script

HOST = 5_000.0
SLOW = script(
    """scenario: test
turns:
  - {reply: "one two three {{now}}", pace: {first: 1h, rate: 1/m}, times: always}
"""
)
PLAIN = script("scenario: test\nturns: [{reply: '{{now}}', times: always}]")


class NoTimer:
    """A timer that must not be used: to wait by it fails."""

    def now(self) -> float:
        raise AssertionError("the host's time was asked")

    def wake_at(self, deadline: float, waker: Waker) -> None:
        raise AssertionError("somebody waits")


def gateway(played: Script = PLAIN, clock: Timeline | None = None, host: FixedClock | None = None) -> Gateway:
    """Return a gateway under a virtual clock that fails if the host's time is read, or under the given clock."""
    engine = Engine(contract(), {"test": played}, EngineSettings(scenario="test"))
    store = MemoryStore("0", start_clock(HOST, virtual=True) if clock is None else clock)
    return Gateway(
        engine, store=store, clock=host or FixedClock(HOST), timer=NoTimer() if clock is None else VirtualTimer()
    )


def say(app: Gateway, session: str = "a", path: str = MESSAGES, **fields: object) -> Client:
    sent = {"model": "m", "max_tokens": 100, "messages": HELLO, **fields}
    headers: Mapping[str, str] = {"x-api-key": "sk_test", "x-mock-session": session}
    return serve(app, scope(path=path, headers=headers), Client(body(orjson.dumps(sent))))


def text(client: Client) -> str:
    return str(orjson.loads(b"".join(client.bodies))["content"][0]["text"])


def told_time(client: Client) -> float:
    return float(text(client).split()[-1]) - VIRTUAL_ORIGIN


def test_a_virtual_clock_stands_still_until_somebody_waits() -> None:
    host = FixedClock(HOST)
    app = gateway(host=host)
    assert told_time(say(app)) == 0.0
    host.advance(1_000_000.0)
    assert told_time(say(app)) == 0.0


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("path", [MESSAGES, CHAT])
def test_pace_costs_no_time_and_moves_the_clock_of_the_session(path: str, stream: bool) -> None:
    app = gateway(SLOW)
    assert say(app, path=path, stream=stream).status == 200
    deltas = 4
    assert told_time(say(app)) == 3_600.0 + (deltas - 1) * 60.0
    assert [round(exchange.outcome.seconds) for exchange in app.journal] == [3_780, 3_780]


def test_every_session_has_a_clock_of_its_own() -> None:
    app = gateway(SLOW)
    times = [told_time(say(app, session)) for session in "abaabb"]
    assert times == [0.0, 0.0, 3_780.0, 7_560.0, 3_780.0, 7_560.0]


def test_advancing_is_one_call() -> None:
    app = gateway()
    asyncio.run(app.advance("a", 90.0))
    assert [told_time(say(app, session)) for session in "ab"] == [90.0, 0.0]
    asyncio.run(app.advance("a", 0.5))
    asyncio.run(app.advance("a", 0.5))
    assert told_time(say(app, "a")) == 91.0


def test_a_real_clock_can_be_advanced_too_and_goes_on() -> None:
    host = FixedClock(HOST)
    app = gateway(clock=start_clock(HOST, virtual=False), host=host)
    asyncio.run(app.advance("a", 100.0))
    host.advance(7.0)
    assert [text(say(app, session)) for session in "ab"] == ["5107", "5007"]


def test_what_is_created_is_created_in_the_time_of_the_session() -> None:
    app = gateway()
    asyncio.run(app.advance("a", 60.0))
    sent = b"".join(say(app, path=CHAT).bodies)
    assert orjson.loads(sent)["created"] == int(VIRTUAL_ORIGIN) + 60


def test_the_journal_is_kept_in_the_time_of_the_session() -> None:
    app = gateway(SLOW)
    say(app)
    say(app)
    assert [exchange.at - VIRTUAL_ORIGIN for exchange in app.journal] == [0.0, 3_780.0]


def test_a_fast_clock_runs_ten_times_as_fast_from_the_start_of_the_server() -> None:
    host = FixedClock(HOST)
    app = gateway(clock=start_clock(HOST, virtual=False, speed=10.0), host=host)
    first = text(say(app))
    host.advance(3.0)
    assert [first, text(say(app))] == ["5000", "5030"]


class Loop:
    """An event loop as far as a timer asks it."""

    def __init__(self) -> None:
        self.called: list[float] = []

    def time(self) -> float:
        return 100.0

    def call_at(self, when: float, *what: object) -> None:
        self.called.append(when)


@pytest.mark.parametrize(("timer", "now", "woken"), [(LoopTimer(), 100.0, 130.0), (FastTimer(10.0), 1_000.0, 103.0)])
def test_a_fast_timer_waits_a_tenth(
    timer: LoopTimer | FastTimer, now: float, woken: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = Loop()
    monkeypatch.setattr("mockserver.server.timers.asyncio.get_running_loop", lambda: loop)
    found = timer.now()
    timer.wake_at(found + 30.0, lambda: None)
    assert (found, loop.called) == (now, [woken])


def test_a_real_clock_waits_by_the_timer_of_the_server() -> None:
    timer = VirtualTimer()
    engine = Engine(contract(), {"test": SLOW}, EngineSettings(scenario="test"))
    app = Gateway(engine, clock=FixedClock(HOST), timer=timer)
    say(app)
    assert timer.deadlines == [1_000.0 + 3_780.0]


def test_the_clock_of_a_session_is_not_moved_by_a_request_that_makes_no_session() -> None:
    app = gateway(SLOW, start_clock(HOST, virtual=True))
    refused = {"x-api-key": "sk-ant-x", "x-mock-session": "a"}
    assert serve(app, scope(headers=refused), Client(body(b"{}"))).status == 401
    assert told_time(say(app)) == 0.0


def test_a_virtual_clock_begins_on_the_same_day_whenever_the_server_starts() -> None:
    assert start_clock(1.0, virtual=True).at(99.0) == start_clock(1e9, virtual=True).at(2e9) == VIRTUAL_ORIGIN
