"""The same scenario, seed and requests give the same bytes, for ever; another seed gives others."""

from collections.abc import Sequence
from hashlib import blake2b
from random import Random

import orjson
import pytest
from pydantic import JsonValue

from mockserver.accounts.session import start_clock
from mockserver.core.clock import FixedClock
from mockserver.engine.step import Engine, EngineSettings
from mockserver.scenarios.script import Script
from mockserver.server.asgi import Gateway
from mockserver.server.stores.memory import MemoryStore
from tests.conftest import Golden
from tests.support.asgi import Client, VirtualTimer, body, scope, serve
from tests.support.dialects import DIALECTS, Json
from tests.support.engine import BYOK, CHAT, HELLO, MESSAGES, contract, script

SCHEMA: Json = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1, "maximum": 99}},
    "required": ["city", "days"],
}
MIXED = """
after: restart
turns:
  - {when: {last: tool_result}, reply: "It says {{tool_result}} at {{now}}", times: always}
  - {when: {tools: [weather]}, reply: [Looking., {tool_use: {name: weather}}], times: 3}
  - {error: {status: 429, retry_after: 2}}
  - {reply: "one two three {{hit}}", pace: {first: 300ms, rate: 40/s, jitter: 50%, chunk: character}, times: 2}
  - {reply: hello, faults: [short_sequence]}
  - {response: {status: 502, body: {said: "{{last_user_text}}"}}}
  - {when: {operation: models}, response: {body: []}}
  - {reply: "{{request.model}} {{body/max_tokens}}", usage: {output: 5}}
"""
MADE_UP = "scenario: made-up\nturns: [{reply: '{{faker.sentence}} {{faker.city}}', times: always}]"


def scripts(seed: str = "") -> dict[str, Script]:
    """Return the scripts of the run; `seed` is what the files say."""
    said = f"seed: {seed}\n" if seed else ""
    return {"mixed": script(f"scenario: mixed\n{said}{MIXED}"), "made-up": script(said + MADE_UP)}


def _round_trip(dialect_number: int) -> list[JsonValue]:
    dialect = DIALECTS[dialect_number]
    return [*HELLO, dialect.call("a"), *dialect.results("a")]


def requests() -> list[tuple[str, Json]]:
    """Return what every session of the run sends: both wires, streams, tools, mistakes, generated values."""
    found: list[tuple[str, Json]] = []
    for number, path in enumerate((MESSAGES, CHAT)):
        tools = [DIALECTS[number].tool("weather", SCHEMA)]
        forced = {"tools": tools, "tool_choice": DIALECTS[number].forced("weather")}
        for stream in (False, True):
            found += [
                (path, {"model": "m", "stream": stream}),
                (path, {"model": "mock/mixed", "stream": stream, "tools": tools}),
                (path, {"model": "mock/mixed", "messages": _round_trip(number)}),
                (path, {"model": "mock/mixed", "stream": stream}),
                (path, {"model": "mock/mixed", "stream": stream}),
                (path, {"model": "mock/nothing"}),
                (path, {"model": "m", "stream": stream, **forced}),
                (path, {"messages": []}),
            ]
    return [*found, (BYOK, {"model": "m", "provider": "anthropic"}), (BYOK, {"model": "m"})]


FAKED: list[tuple[str, Json]] = [(path, {"model": "mock/made-up"}) for path in (MESSAGES, CHAT, MESSAGES)]


class Run:
    """One gateway under a virtual clock, and what each session has been answered, byte for byte."""

    def __init__(self, seed: str = "0", file_seed: str = "", scenario: str | None = None) -> None:
        store = MemoryStore(seed, start_clock(0.0, virtual=True))
        engine = Engine(contract(), scripts(file_seed), EngineSettings(scenario=scenario))
        self.app = Gateway(engine, store=store, clock=FixedClock(), timer=VirtualTimer())
        self.seen: dict[str, list[bytes]] = {}

    def send(self, session: str, path: str, fields: Json, **headers: str) -> Client:
        sent = {"max_tokens": 200, "messages": HELLO, **fields}
        given = {"x-api-key": "sk_test", "x-mock-session": session} | {
            k.replace("_", "-"): v for k, v in headers.items()
        }
        client = serve(self.app, scope(path=path, headers=given), Client(body(orjson.dumps(sent))))
        self.seen.setdefault(session, []).append(repr(client.sent).encode())
        return client

    def play(self, order: Sequence[str], what: Sequence[tuple[str, Json]], **headers: str) -> "Run":
        """Every session sends every request; `order` says whose turn it is."""
        given = {session: iter(what) for session in order}
        for session in order:
            path, fields = next(given[session])
            self.send(session, path, fields, **headers)
        return self


def order(sessions: int, length: int, seed: int | None = None) -> list[str]:
    found = [f"s{number}" for number in range(sessions) for _ in range(length)]
    if seed is not None:
        Random(seed).shuffle(found)
    return found


ALL = [*requests(), *FAKED]


def test_a_long_mixed_run_gives_the_same_bytes_twice() -> None:
    first, second = (Run().play(order(12, len(ALL)), ALL).seen for _ in range(2))
    assert first == second
    assert sum(len(answers) for answers in first.values()) == 12 * len(ALL)


def test_the_order_of_the_sessions_does_not_matter() -> None:
    runs = [Run().play(order(12, len(ALL), seed), ALL).seen for seed in (None, 1, 2)]
    assert [dict(sorted(run.items())) for run in runs[1:]] == [dict(sorted(runs[0].items()))] * 2


def statuses(run: Run) -> set[int]:
    return {exchange.outcome.status for exchange in run.app.journal}


def test_the_run_is_as_mixed_as_it_says() -> None:
    run = Run().play(order(1, len(ALL)), ALL)
    assert {200, 400, 404, 422, 429, 502} <= statuses(run)
    assert {exchange.note.scenario for exchange in run.app.journal} == {"", "mixed", "made-up"}


def test_another_seed_gives_other_bytes() -> None:
    first, second = (Run(seed).play(order(1, len(ALL)), ALL).seen["s0"] for seed in ("0", "1"))
    assert [number for number, pair in enumerate(zip(first, second, strict=True)) if pair[0] == pair[1]] == []


def test_another_session_gets_other_bytes() -> None:
    seen = Run().play(order(2, len(ALL)), ALL).seen
    assert set(seen["s0"]).isdisjoint(seen["s1"])


def texts(run: Run, sent: list[tuple[str, Json]], **headers: str) -> list[str]:
    """Return the bodies of the answers, without what names the request."""
    found = []
    for path, fields in sent:
        answer = orjson.loads(b"".join(run.send("s0", path, fields, **headers).bodies))
        found.append(str(answer.get("content") or answer["choices"]))
    return found


def test_the_seed_of_the_file_goes_before_every_other() -> None:
    plain, filed = texts(Run("0"), FAKED), texts(Run("0", "f"), FAKED)
    assert plain != filed
    assert texts(Run("9", "f"), FAKED) == filed == texts(Run("0", "f"), FAKED, x_mock_seed="7")


def test_the_seed_of_a_header_goes_before_that_of_the_server() -> None:
    assert texts(Run("0"), FAKED, x_mock_seed="9") == texts(Run("9"), FAKED) != texts(Run("0"), FAKED)


def test_the_seed_of_a_header_stays_with_its_session() -> None:
    run = Run("0")
    run.send("s0", *FAKED[0], x_mock_seed="9")
    other = Run("9")
    other.send("s0", *FAKED[0])
    assert texts(run, FAKED) == texts(other, FAKED)
    assert texts(Run("0"), FAKED) == texts(Run("0").play(["s1"], FAKED, x_mock_seed="9"), FAKED)


@pytest.mark.parametrize(("path", "key"), [(MESSAGES, ""), ("/nowhere", "sk_test")])
def test_a_refused_request_leaves_the_seed_as_it_was(path: str, key: str) -> None:
    run = Run("0")
    assert run.send("s0", path, {}, x_mock_seed="9", x_api_key=key).status in (401, 404)
    assert texts(run, FAKED) == texts(Run("0"), FAKED)


# What is needed to repeat a failing answer


def test_a_failing_answer_names_the_seed_and_the_session() -> None:
    client = Run("42", scenario="mixed").send("mine", MESSAGES, {"model": "mock/nothing"})
    assert (client.headers[b"x-mock-seed"], client.headers[b"x-mock-session"]) == (b"42", b"mine")


def test_a_miss_names_the_seed_that_it_was_played_with() -> None:
    talk = Run("42", scenario="only")
    only = script("scenario: only\nseed: from-the-file\nturns: [{when: {text: never}, reply: x}]")
    talk.app.engine = Engine(contract(), {"only": only}, EngineSettings(scenario="only"))
    client = talk.send("mine", MESSAGES, {"model": "m"})
    assert b"seed from-the-file" in b"".join(client.bodies)
    assert client.headers[b"x-mock-seed"] == b"from-the-file"


def test_any_seed_can_be_told() -> None:
    assert Run("種").send("mine", MESSAGES, {"model": "mock/nothing"}).status == 404


def test_the_bytes_are_those_that_they_have_always_been(golden: Golden) -> None:
    """Left out are made-up values, which are the library's, and refusals, whose words may become better."""
    what = requests()
    seen = Run("for ever").play(order(3, len(what)), what).seen
    lines = ""
    for session, answers in sorted(seen.items()):
        said = [answer for answer in answers if b"'status': 200" in answer]
        assert len(said) > 10
        lines += f"{session} {blake2b(b'|'.join(said), digest_size=16).hexdigest()}\n"
    golden("determinism.txt", lines.encode())
