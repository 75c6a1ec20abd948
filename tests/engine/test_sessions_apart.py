"""Hundreds of sessions on one gateway, in any order and at the same time: each sees exactly its own script."""

import asyncio
from collections.abc import Mapping
from random import Random

import orjson
import pytest

from mockserver.accounts.keys import session_of
from mockserver.accounts.session import start_clock
from mockserver.core.clock import FixedClock
from mockserver.engine.step import Engine, EngineSettings
from mockserver.scenarios.script import Script
from mockserver.server.asgi import Gateway
from mockserver.server.stores.memory import MemoryStore
from tests.support.asgi import Client, VirtualTimer, body, scope
from tests.support.engine import CHAT, MESSAGES, contract, script

SESSIONS = 300
SCRIPTS: tuple[Script, ...] = (
    script("scenario: three\nturns: [{reply: one}, {reply: two}, {reply: three}]"),
    script("scenario: round-robin\nafter: restart\nturns: [{reply: a}, {reply: b}]"),
    script(
        """scenario: states
turns:
  - {when: {state: asked, text: 'yes'}, reply: done, then: start, times: always}
  - {when: {text: ask}, reply: sure?, then: asked, times: always}
  - {reply: "no, {{last_user_text}}", times: always}
"""
    ),
    script("scenario: failing\nturns: [{error: {status: 429}, times: 2}, {reply: at last, times: always}]"),
)
STORIES: Mapping[str, list[tuple[str, str]]] = {
    "three": [("x", "one"), ("y", "two"), ("z", "three"), ("x", "404"), ("y", "404")],
    "round-robin": [("x", "a"), ("y", "b"), ("z", "a"), ("x", "b"), ("y", "a")],
    "states": [("yes", "no, yes"), ("ask", "sure?"), ("yes", "done"), ("yes", "no, yes"), ("ask", "sure?")],
    "failing": [("x", "429"), ("y", "429"), ("z", "at last"), ("x", "at last"), ("y", "at last")],
}
"""What is said to each scenario, and what it answers: the text, or the status of an error."""


def gateway() -> Gateway:
    scripts = {one.name: one for one in SCRIPTS}
    store = MemoryStore("0", start_clock(0.0, virtual=True))
    return Gateway(Engine(contract(), scripts, EngineSettings()), store=store, clock=FixedClock(), timer=VirtualTimer())


Way = tuple[str, str, dict[str, str], str]


def ways(number: int, name: str) -> Way:
    """How a session chooses its scenario: its path, its model, its headers; and the name of the session."""
    path = (MESSAGES, CHAT)[number % 2]
    key = f"sk_mock_{name}_{number}"
    match number // 2 % 4:
        case 0:
            return path, "m", {"x-api-key": key}, session_of(key)
        case 1:
            return path, "m", {"authorization": f"Bearer {key}"}, session_of(key)
        case 2:
            return path, f"mock/{name}", {"x-api-key": f"sk_{number}"}, session_of(f"sk_{number}")
        case _:
            session = f"session-{number}"
            headers = {"x-api-key": "sk_shared", "x-mock-scenario": name, "x-mock-session": session}
            return path, "m", headers, session


def answer(client: Client) -> str:
    """Return the text of an answer, or the status of an error."""
    found = orjson.loads(b"".join(client.bodies))
    if client.status != 200:
        return str(client.status)
    if "choices" in found:
        return str(found["choices"][0]["message"]["content"])
    return str(found["content"][0]["text"])


async def ask(app: Gateway, way: Way, said: str) -> Client:
    path, model, headers, _ = way
    sent = {"model": model, "max_tokens": 50, "messages": [{"role": "user", "content": said}]}
    client = Client(body(orjson.dumps(sent)))
    await app(scope(path=path, headers=headers), client.receive, client.send)
    return client


NAMES = list(STORIES)
ROUNDS = 5


def expected(number: int) -> list[str]:
    return [told for _, told in STORIES[NAMES[number % len(NAMES)]]]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_sessions_in_random_order_each_see_their_own_script(seed: int) -> None:
    order = [number for number in range(SESSIONS) for _ in range(ROUNDS)]
    Random(seed).shuffle(order)
    app, seen = gateway(), [list[str]() for _ in range(SESSIONS)]

    async def run() -> None:
        for number in order:
            name = NAMES[number % len(NAMES)]
            said, _ = STORIES[name][len(seen[number])]
            seen[number].append(answer(await ask(app, ways(number, name), said)))

    asyncio.run(run())
    assert seen == [expected(number) for number in range(SESSIONS)]


@pytest.mark.parametrize("seed", [1, 2])
def test_sessions_at_the_same_time_each_see_their_own_script(seed: int) -> None:
    app = gateway()

    async def story(number: int) -> list[str]:
        name = NAMES[number % len(NAMES)]
        return [answer(await ask(app, ways(number, name), said)) for said, _ in STORIES[name]]

    async def run() -> list[list[str]]:
        order = list(range(SESSIONS))
        Random(seed).shuffle(order)
        found = await asyncio.gather(*[story(number) for number in order])
        return [found[order.index(number)] for number in range(SESSIONS)]

    assert asyncio.run(run()) == [expected(number) for number in range(SESSIONS)]


def test_requests_of_one_session_at_the_same_time_play_each_turn_once() -> None:
    count = 200
    turns = "".join(f"  - reply: turn {number}\n" for number in range(count))
    long = script(f"scenario: long\nturns:\n{turns}")
    engine = Engine(contract(), {"long": long}, EngineSettings(scenario="long"))
    app = Gateway(engine, clock=FixedClock(), timer=VirtualTimer())

    async def run() -> list[str]:
        way: Way = (MESSAGES, "m", {"x-api-key": "sk_one"}, "")
        return [answer(client) for client in await asyncio.gather(*[ask(app, way, "x") for _ in range(count)])]

    assert sorted(asyncio.run(run())) == sorted(f"turn {number}" for number in range(count))


def test_every_answer_names_its_own_session() -> None:
    app = gateway()

    async def run() -> None:
        for number in range(40):
            way = ways(number, NAMES[number % len(NAMES)])
            client = await ask(app, way, "x")
            assert client.headers[b"x-mock-session"].decode() == way[3]

    asyncio.run(run())


def test_one_session_plays_several_scenarios_apart() -> None:
    app = gateway()

    async def run() -> list[str]:
        seen = []
        for name in ("three", "round-robin", "three", "failing", "round-robin", "failing", "three", "failing"):
            headers = {"x-api-key": "sk_one", "x-mock-scenario": name}
            seen.append(answer(await ask(app, (MESSAGES, "m", headers, ""), "x")))
        return seen

    assert asyncio.run(run()) == ["one", "a", "two", "429", "b", "429", "three", "at last"]


def test_the_key_of_a_scenario_with_dashes_may_have_anything_after_it() -> None:
    app = gateway()

    async def run() -> list[str]:
        keys = ["sk_mock_round-robin", "sk_mock_round-robin_", "sk_mock_round-robin_a_b-c.d", "sk_mock_round-robin_ä"]
        return [answer(await ask(app, (MESSAGES, "m", {"x-api-key": key}, ""), "x")) for key in keys]

    assert asyncio.run(run()) == ["a"] * 4


def test_an_answer_that_is_being_played_is_not_disturbed_by_the_next() -> None:
    slow = script("scenario: slow\nturns: [{reply: a b c, pace: {first: 1s, rate: 1/s}, times: always}]")
    store = MemoryStore("0", start_clock(0.0, virtual=True))
    app = Gateway(Engine(contract(), {"slow": slow}, EngineSettings(scenario="slow")), store=store, clock=FixedClock())

    async def run() -> list[str]:
        way: Way = (CHAT, "m", {"x-api-key": "sk_one"}, "")
        return [answer(client) for client in await asyncio.gather(*[ask(app, way, "x") for _ in range(50)])]

    assert asyncio.run(run()) == ["a b c"] * 50
