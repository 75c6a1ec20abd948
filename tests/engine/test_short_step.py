"""The short step is the step: every request of the table is answered both ways, on every scenario of the table."""

from collections.abc import Mapping
from unittest.mock import patch

import msgspec
import orjson
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from mockserver.accounts.identify import Accounts
from mockserver.accounts.schema import AccountsFile
from mockserver.accounts.session import Session
from mockserver.core.conversation import tokens
from mockserver.core.headers import RequestHeaders
from mockserver.engine import step
from mockserver.engine.chaos_stage import NO_CHAOS, ChaosSettings
from mockserver.engine.head import MOST_TURNS, read_head
from mockserver.engine.request import Request
from mockserver.engine.short_step import short_step
from mockserver.engine.step import Engine, EngineSettings
from mockserver.scenarios.script import Script
from mockserver.wires import WIRES
from tests.engine.test_chaos import profile
from tests.support.engine import CHAT, HELLO, KEY, MESSAGES, NOW, contract, script, turns

SCENARIOS: Mapping[str, str] = {
    "one turn, always": "  - reply: one two three\n    times: always\n",
    "turns in order": "  - reply: one\n  - reply: [{text: two}, {text: three}]\n    times: 2\n  - reply: four\n",
    "a text that is too long to keep": f"  - {{reply: {'x' * 5_000}, times: always}}\n",
    "a text with marks of literal replies": "  - {reply: 811111111111111 of 822222222222223, times: always}\n",
    "a refusal": "  - reply: [{refusal: I will not.}]\n    times: always\n",
    "an id of its own": "  - {reply: one, id: aB9, times: always}\n",
    "states": "  - {reply: a, then: asked}\n  - {reply: b, when: {state: asked}}\n  - {reply: c, times: always}\n",
    "conditions": "  - {reply: yes, when: {text: Hello}}\n  - {reply: no, times: always}\n",
    "a template": '  - {reply: "{{last_user_text}}", times: always}\n',
    "a pace": "  - {reply: one two, pace: {first: 1s}, times: always}\n",
    "a chunk": "  - {reply: one two, pace: {chunk: character}, times: always}\n",
    "a fault": "  - {reply: one two, faults: [one_byte_per_write], times: always}\n",
    "headers": "  - {reply: one, headers: {x-team: red}, times: always}\n",
    "a usage": "  - {reply: one, usage: {output: 9}, times: always}\n",
    "an error": "  - {error: {status: 429}, times: always}\n",
    "a tool call": "  - {reply: [{tool_use: {name: look, input: {}}}], times: always}\n",
    "calls beside a text": (
        "  - reply: [{text: I look.}, {tool_use: {name: look, input: {at: [é, 1.5, null, 10%]}}},\n"
        "      {tool_use: {name: see, id: toolu_own, input: {deep: {er: true}}}},\n"
        "      {tool_use: {name: look, input: {}}}]\n"
        "    times: always\n"
    ),
    "a call with a template": (
        '  - {reply: [{tool_use: {name: look, input: {a: "{{last_user_text}}"}}}], times: always}\n'
    ),
    "a call of any tool": "  - {reply: [{tool_use: {}}], times: always}\n",
    "a call that is generated": "  - {reply: [{tool_use: {name: look}}], times: always}\n",
    "an interval": "  - {reply: one two three, pace: {first: 100ms, interval: 20ms}, times: always}\n",
    "a drawn interval": ("  - {reply: one two, pace: {interval: {uniform: [1s, 2s]}}, times: always}\n"),
    "a rate with jitter": "  - {reply: one two three, pace: {first: 1s, rate: 10/s, jitter: 20%}, times: always}\n",
    "a cold start": "  - {reply: one, pace: {cold_start: 2s, first: 1s}, times: always}\n",
    "an error on a condition": "  - {error: {status: 503}, when: {text: Hello}, times: 3}\n  - {reply: no}\n",
    "a condition with a value": '  - {reply: "{{value.1}}", when: {text: "He{{value.1}}"}, times: always}\n',
    "a value that nobody repeats": '  - {reply: a, when: {text: "He{{value.1}}"}, times: always}\n',
    "conditions that nothing meets": "  - {reply: a, when: {text: nothing}, times: always}\n",
    "the cache as a condition": "  - {reply: a, when: {cache: none}, times: always}\n  - {reply: b, times: always}\n",
}

LONG = "x" * 5_000
TEXTS: list[JsonValue] = [
    {"role": "user", "content": "Hello"},
    {"role": "assistant", "content": "Hi"},
    {"role": "user", "content": LONG},
]
BRIEF: list[JsonValue] = [{"role": "system", "content": "Be brief."}]
BLOCKS: list[JsonValue] = [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}]
TEXT_BLOCK: dict[str, JsonValue] = {"type": "text", "text": "Héllo"}
BLOCK: list[JsonValue] = [TEXT_BLOCK]
MARK: dict[str, JsonValue] = {"cache_control": {"type": "ephemeral"}}
THOUGHT: JsonValue = {"type": "thinking", "thinking": "t", "signature": ""}
CALL: JsonValue = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"at": "é"}}
ONE_RESULT: JsonValue = {
    "role": "user",
    "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "seen"}],
}
TWO_CALLS: JsonValue = [CALL, {"type": "tool_use", "id": "toolu_2", "name": "look", "input": {}}]
RESULT: dict[str, JsonValue] = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "seen"}
CALLS: list[JsonValue] = [
    {"role": "user", "content": [TEXT_BLOCK]},
    {"role": "assistant", "content": [TEXT_BLOCK, CALL]},
    {"role": "user", "content": [RESULT, TEXT_BLOCK]},
    {"role": "assistant", "content": "Done."},
    {"role": "user", "content": "Thanks."},
]
TOOL: dict[str, JsonValue] = {"name": "look", "input_schema": {"type": "object"}}

REQUESTS: Mapping[str, Mapping[str, JsonValue]] = {
    "plain": {},
    "a stream": {"stream": True},
    "a history": {"messages": TEXTS},
    "fields that change nothing": {"temperature": 0.5, "top_p": 1, "metadata": {"user_id": "a"}},
    "no limit": {"max_tokens": None},
    "a limit that the answer reaches": {"max_tokens": 1},
    "a limit with a point": {"max_tokens": 40.0},
    "a limit by its newer name": {"max_completion_tokens": 3},
    "a limit above that of the model": {"max_tokens": 99_999, "model": "qwen-coder-32b"},
    "a prompt above that of the model": {"messages": [{"role": "user", "content": LONG * 60}], "model": "qwen-7b"},
    "an odd model": {"model": 'a "model" é %'},
    "a model that names a scenario": {"model": "mock/test"},
    "a model that names none": {"model": "mock/other"},
    "no model": {"model": None},
    "a system text": {"system": "Be brief."},
    "a system message": {"messages": [{"role": "system", "content": "Be brief."}, *HELLO]},
    "only a system message": {"messages": [{"role": "system", "content": "Be brief."}]},
    "two system messages": {"messages": [*BRIEF, *BRIEF, *HELLO]},
    "blocks": {"messages": BLOCKS},
    "calls with their results": {"messages": CALLS, "system": "Be brief.", "tools": [TOOL]},
    "a call without its result": {"messages": [*CALLS[:2], *HELLO]},
    "two calls and one result": {"messages": [HELLO[0], {"role": "assistant", "content": TWO_CALLS}, ONE_RESULT]},
    "a result without its call": {"messages": [HELLO[0], *CALLS[2:]]},
    "a call of the user": {"messages": [{"role": "user", "content": [CALL]}]},
    "a call that is repeated": {"messages": [HELLO[0], {"role": "assistant", "content": [CALL, CALL]}, *CALLS[2:]]},
    "a text before the result": {"messages": [*CALLS[:2], {"role": "user", "content": [TEXT_BLOCK, RESULT]}]},
    "a result of blocks": {"messages": [*CALLS[:2], {"role": "user", "content": [{**RESULT, "content": BLOCK}]}]},
    "two assistants": {"messages": [*CALLS[:2], CALLS[1], *CALLS[2:]]},
    "thinking that came back": {"messages": [HELLO[0], {"role": "assistant", "content": [THOUGHT]}]},
    "a breakpoint": {"messages": [{"role": "user", "content": [{**TEXT_BLOCK, **MARK}]}]},
    "a breakpoint in what was said": {
        "messages": [HELLO[0], {"role": "assistant", "content": [{**TEXT_BLOCK, **MARK}]}, *HELLO]
    },
    "a tool with a long description": {"tools": [{**TOOL, "description": "d" * 400}], "model": "qwen-7b"},
    "a tool with a breakpoint": {"tools": [{**TOOL, **MARK}]},
    "a system text of blocks": {"system": [TEXT_BLOCK]},
    "an assistant that begins": {"messages": [{"role": "assistant", "content": "Hi"}, *HELLO]},
    "no messages": {"messages": []},
    "tools": {"tools": [TOOL]},
    "stop sequences": {"stop_sequences": ["two"], "stop": ["two"]},
    "usage in the stream": {"stream": True, "stream_options": {"include_usage": True}},
    "a cached prompt": {"messages": [{"role": "user", "content": LONG}], "cache_control": {"type": "ephemeral"}},
    "a thread": {"thread": {"type": "create"}},
    "two choices": {"n": 2},
    "a wrong type": {"max_tokens": "many"},
    "an unknown role": {"messages": [{"role": "nobody", "content": "Hello"}]},
}

HEADERS: Mapping[str, Mapping[str, str]] = {
    "a key": KEY,
    "a bearer": {"authorization": "Bearer sk_test"},
    "no key": {},
    "a refused key": {"x-api-key": "sk-ant-12345"},
    "a page": {**KEY, "origin": "http://localhost"},
    "a session": {**KEY, "x-mock-session": "mine"},
    "a seed": {**KEY, "x-mock-seed": "7"},
    "chaos": {**KEY, "x-mock-chaos": "none"},
    "a scenario": {**KEY, "x-mock-scenario": "none"},
    "a key that names a scenario": {"x-api-key": "sk_mock_test_1"},
}

SHORT = {"calls with their results", "plain", "a stream", "a history", "fields that change nothing", "an odd model"}


def request(path: str, fields: Mapping[str, JsonValue], headers: Mapping[str, str] = KEY) -> Request:
    body: dict[str, JsonValue] = {"model": "m", "max_tokens": 99, "messages": HELLO, **fields}
    kept = {name: value for name, value in body.items() if value is not None}
    return Request("POST", path, headers, orjson.dumps(kept), ticket="1")


def engine(
    played: Script,
    settings: EngineSettings | None = None,
    accounts: Accounts | None = None,
    chaos: ChaosSettings = NO_CHAOS,
) -> Engine:
    made = Engine(contract(), {}, settings or EngineSettings(), accounts, chaos)
    return made.with_scripts({played.name: played}, played.name)


def assert_same_both_ways(server: Engine, *requests: Request) -> None:
    """Assert that a session with these requests is the same by the short step and without it."""
    one = other = Session("key-1", "7")
    for seconds, sent in enumerate(requests):
        one, short = server.step(one, sent, NOW + seconds)
        with patch.object(step, "short_step", lambda *_: None):
            other, whole = server.step(other, sent, NOW + seconds)
        short, whole = [msgspec.structs.replace(decision, laid=()) for decision in (short, whole)]  # have generators
        assert short == whole, sent.body[:200]
        assert one == other, sent.body[:200]


@pytest.mark.parametrize("path", [MESSAGES, CHAT])
@pytest.mark.parametrize("name", SCENARIOS)
def test_every_request_has_the_same_answer_both_ways(name: str, path: str) -> None:
    plain = request(path, {})
    for fields in REQUESTS.values():
        sent = request(path, fields)
        assert_same_both_ways(engine(turns(SCENARIOS[name])), plain, sent, plain, sent, plain)


@pytest.mark.parametrize("headers", HEADERS)
def test_every_head_has_the_same_answer_both_ways(headers: str) -> None:
    sent = request(MESSAGES, {}, HEADERS[headers])
    assert_same_both_ways(engine(turns(SCENARIOS["one turn, always"])), sent, sent, sent)


ACCOUNTS = "accounts: [{key: sk_test, plan: starter, credits: 40, limits: {requests: 8, per: 1m}}]"


@pytest.mark.parametrize("path", [MESSAGES, CHAT])
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", ["one turn, always", "a pace", "an error"])
def test_an_account_pays_the_same_both_ways(path: str, stream: bool, name: str) -> None:
    sent = request(path, {"stream": stream})
    file = AccountsFile.model_validate(yaml.safe_load(ACCOUNTS))
    server = engine(turns(SCENARIOS[name]), accounts=Accounts(file))
    assert_same_both_ways(server, *[sent] * 12)


@pytest.mark.parametrize("effect", ["error: {status: 529}", "faults: [crlf]", "faults: [one_byte_per_write]"])
def test_chaos_lays_the_same_over_both(effect: str) -> None:
    rules = f"  - {{probability: 50%, {effect}}}\n"
    server = engine(turns(SCENARIOS["one turn, always"]), chaos=ChaosSettings({"shaky": profile(rules)}, "shaky"))
    assert_same_both_ways(server, *[request(MESSAGES, {"stream": True})] * 12)


def test_the_seed_of_a_scenario_counts_both_ways() -> None:
    sent = request(MESSAGES, {})
    played = script("scenario: test\nseed: own\nturns:\n" + SCENARIOS["one turn, always"])
    assert_same_both_ways(engine(played), sent, sent)


@pytest.mark.parametrize(
    ("path", "asked"), [*[(MESSAGES, asked) for asked in sorted(SHORT)], (CHAT, "plain"), (CHAT, "a stream")]
)
def test_a_plain_request_takes_the_short_step(path: str, asked: str) -> None:
    server, first, sent = engine(turns(SCENARIOS["one turn, always"])), request(path, {}), None
    session, _ = server.step(Session("key-1"), first, NOW)
    sent = request(path, REQUESTS[asked])
    assert short_step(server, session, server.arrive(sent), NOW) is not None


@pytest.mark.parametrize(
    "settings",
    [
        EngineSettings(strict_models=True),
        EngineSettings(strict=True),
        EngineSettings(pace='{"first": "1s"}'),
    ],
)
def test_what_the_operator_chose_is_heeded(settings: EngineSettings) -> None:
    server = engine(turns(SCENARIOS["one turn, always"]), settings)
    session, first = server.step(Session("key-1"), request(MESSAGES, {}), NOW)
    _, second = server.step(session, request(MESSAGES, {}), NOW)
    assert [type(action) for action in second.actions] == [type(action) for action in first.actions]


@pytest.mark.parametrize(
    "name", ["a tool call", "calls beside a text", "a pace", "conditions", "an error on a condition"]
)
def test_a_literal_turn_takes_the_short_step(name: str) -> None:
    server, sent = engine(turns(SCENARIOS[name])), request(MESSAGES, {})
    session, _ = server.step(Session("key-1"), sent, NOW)
    assert short_step(server, session, server.arrive(sent), NOW) is not None


def test_a_head_keeps_a_few_of_the_turns_that_it_played() -> None:
    rules = "".join(f"  - {{reply: r, when: {{text: say {n}}}, times: always}}\n" for n in range(40))
    server, headers, session = engine(turns(rules)), RequestHeaders(KEY), Session("key-1")
    for n in [0, 0, 0, *range(40)]:
        sent = request(MESSAGES, {"messages": [{"role": "user", "content": f"say {n}"}]}, headers)
        session, decision = server.step(session, sent, NOW)
        assert decision.note.turn == n + 1
        assert len(read_head(sent, server.contract, server.accounts).turns) <= MOST_TURNS


TEXT = st.text(max_size=20)
MESSAGE = st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant", "system"]), "content": TEXT})
BODY = st.fixed_dictionaries(
    {"model": TEXT, "messages": st.lists(MESSAGE, min_size=1, max_size=4)},
    optional={"stream": st.booleans(), "max_tokens": st.integers(1, 9), "temperature": st.just(1)},
)


@pytest.mark.parametrize("name", ["anthropic", "openai"])
@given(body=BODY)
def test_a_plain_request_says_what_its_conversation_says(name: str, body: dict[str, JsonValue]) -> None:
    wire = WIRES[name]
    assert wire.plain is not None
    said = wire.plain(body, 5)
    if said is not None:
        parsed = wire.parse(body, 5)
        wire.check(parsed)
        assert (said.model, said.stream, said.max_tokens) == (parsed.model, parsed.stream, parsed.max_tokens)
        assert max(1, tokens(said.characters)) == parsed.input_tokens
        assert (parsed.tools, parsed.stop_sequences, parsed.thinking, parsed.marks_cache) == ((), (), "none", False)
