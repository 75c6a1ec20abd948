"""Copied answers: played again, the words of a turn give the same actions, for every fault, on both wires.

What is compared: the same request in a session of the same name and seed, at the same time. Everything is equal but the
headers that name the turn or the refusal, and the lengths of waits that a distribution draws: chance follows the turn.
"""

from collections.abc import Mapping, Sequence
from functools import cache

import msgspec
import orjson
import pytest
from pydantic import JsonValue

from mockserver.accounts.session import Session
from mockserver.control.snippets import scenario
from mockserver.core.actions import Action, Actions, Close, Data, End, Head, Reset, Wait
from mockserver.core.fast_yaml import load
from mockserver.engine.chaos import Chaos, compile_chaos
from mockserver.engine.chaos_stage import ChaosSettings
from mockserver.engine.decision import Decision, Note
from mockserver.engine.request import Request
from mockserver.faults import FAULTS
from mockserver.files import loader
from mockserver.journal.log import Captured, Ended, Exchange, Outcome
from mockserver.journal.record import Record
from mockserver.scenarios.script import Script
from tests.faults.test_faults import mixed, reply_for
from tests.faults.test_matrix import CASES
from tests.support.engine import CHAT, KEY, MESSAGES, NOW, Answer, Talk, contract, script, turns
from tests.support.fault_answers import FORMS

RANDOM_WAITS = ("jitter", "slow")
"""Faults whose examples draw their waits, which differ with the name of the turn."""

TOLD = ("x-mock-turn", "x-mock-error", "x-mock-seed")
"""Headers that say where an answer comes from."""

HEALTHY: Actions = (Head(200), End())

PATHS = [MESSAGES, CHAT]
PACE: JsonValue = {"first": "300ms", "rate": "40/s", "chunk": "character"}


class _Asked(Talk):
    """A session that remembers its last request and what was decided. A broken answer need have no head."""

    def ask(self, request: Request) -> None:
        """Send a request."""
        self.request = request
        self.session, decision = self.engine.step(self.session, request, self.now)
        self.actions, self.note, self.recipe = decision.actions, decision.note, decision.recipe

    def send(self, request: Request) -> Answer:
        """Send a request whose answer nobody takes apart here."""
        self.ask(request)
        return Answer(Decision(HEALTHY, self.note))


def recorded(asked: _Asked, frames: int | None = None, ended: Ended = "complete") -> Record:
    """Return the last exchange as the journal would keep it, delivered up to a number of frames."""
    data = [action for action in asked.actions if isinstance(action, Data)]
    sent = data if frames is None else data[:frames]
    heads = [action for action in asked.actions if isinstance(action, Head)]
    request, size = asked.request, sum([len(frame.payload) for frame in sent])
    outcome = Outcome(heads[0].status if heads else 0, len(sent), size, 0.0, ended, len(data))
    note: Note = asked.note
    captured = Captured(headers=request.headers, actions=asked.actions, recipe=asked.recipe)
    exchange = Exchange(1, NOW, "", request.method, request.path, request.body, note, outcome, captured)
    return Record(exchange, contract())


def copied(asked: _Asked, frames: int | None = None, ended: Ended = "complete") -> Script:
    """Return the copied scenario, which has no mistakes."""
    text = scenario(recorded(asked, frames, ended))
    parsed = loader.parse(text.encode(), "copy.yaml").scenario
    assert parsed.scenario == "exchange-1"
    return script(text)


def played_again(asked: _Asked, frames: int | None = None, ended: Ended = "complete") -> Actions:
    """Return the answer of the copied scenario to the same request."""
    again = _Asked(copied(asked, frames, ended))
    again.ask(asked.request)
    return again.actions


def bare(actions: Actions, ignored: Sequence[type] = ()) -> list[Action]:
    """Return the actions without the header of the turn, and without ignored kinds."""
    kept: list[Action] = []
    for action in actions:
        if isinstance(action, Head):
            headers = tuple([pair for pair in action.headers if pair[0] not in TOLD])
            action = msgspec.structs.replace(action, headers=headers)
        if not isinstance(action, tuple(ignored)):
            kept.append(action)
    return kept


def asked_of(words: JsonValue, form: str) -> _Asked:
    """Return a session that was asked once, in a form, while a scenario of these turns played."""
    text = orjson.dumps({"scenario": "test", "turns": words}).decode()  # JSON is YAML, and quick to read
    path, fields = FORMS[form]
    asked = _Asked(script(text))
    asked.say(path, **fields)
    return asked


@cache
def turn_of(name: str) -> Mapping[str, JsonValue]:
    """Return the turn that a fault is tried on."""
    turn: dict[str, JsonValue] = load(reply_for(name))[0]
    return turn


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", FAULTS)
def test_a_copied_scenario_gives_the_same_answer_for_every_fault(name: str, form: str) -> None:
    example = mixed(FAULTS[name])
    faults: list[JsonValue] = example if isinstance(example, list) else [example]
    asked = asked_of([{**turn_of(name), "faults": faults}], form)
    ignored = [Wait] if name in RANDOM_WAITS else []
    assert bare(played_again(asked), ignored) == bare(asked.actions, ignored)


@pytest.mark.slow
@pytest.mark.parametrize(("case", "faults", "forms"), CASES, ids=[f"{row[0]}-{row[2][:2]}" for row in CASES])
def test_a_copied_scenario_gives_the_same_answer_for_every_measured_case(case: str, faults: str, forms: str) -> None:
    for form in FORMS:
        asked = asked_of([{**turn_of(""), "faults": load(faults)}], form)
        ignored = [Wait] if any(name in faults for name in RANDOM_WAITS) else []
        assert bare(played_again(asked), ignored) == bare(asked.actions, ignored), form


TURNS: dict[str, JsonValue] = {
    "a pace": {"reply": "One two three.", "pace": PACE},
    "a pace and breaks": {"reply": "One.", "pace": PACE, "faults": [{"stall": {"at": 4, "for": "2s"}}, {"reset": 6}]},
    "nothing": {"reply": ""},
    "values": {"reply": "{{last_user_text}} {{faker.name}} {{now}} {{hit}} {{braces}}x}}"},
    "generated input": {"reply": [{"tool_use": {"name": "look"}}]},
    "json": {"reply": {"json": {"a": ["{{hit}}", None, {"{{b": "{{braces}}"}]}}},
    "a refusal": {"reply": ["Well", {"refusal": "{{last_user_text}} {{braces}}"}]},
    "usage, stop and id": {"reply": "hi", "usage": {"input": 7, "output": 9}, "stop": "refusal", "id": "abc"},
    "headers": {"reply": "hi", "headers": {"x-team": "a"}},
    "an error": {"error": {"status": 429, "retry_after": 3, "message": "Slow {{hit}}", "code": "slow", "type": "t"}},
    "an error with faults": {"error": {"status": 503}, "faults": [{"retry_after": "junk"}], "headers": {"x-a": "b"}},
    "an answer of another kind": {"response": {"status": 201, "headers": {"x-b": "c"}, "body": {"a": [1, "{{hit}}"]}}},
    "a text": {"response": {"status": 200, "body": "plain {{hit}}"}},
    "an unusual text": {"response": {"status": 200, "headers": {"content-type": "text/html"}, "body": "<p>"}},
    "no body": {"response": {"status": 204}},
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", TURNS)
def test_a_copied_scenario_gives_the_same_answer_for_every_kind_of_turn(kind: str, form: str) -> None:
    asked = asked_of([TURNS[kind]], form)
    assert bare(played_again(asked)) == bare(asked.actions)


ASKED: dict[str, dict[str, JsonValue]] = {
    MESSAGES: {"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}},
    CHAT: {"response_format": {"type": "json_object"}},
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("reply", ["{json: {a: [1, '{{hit}}']}}", "'{\"a\": 1}'", "prose", "'5'"])
def test_a_copied_answer_to_a_client_that_asks_for_json_is_the_same(path: str, stream: bool, reply: str) -> None:
    asked = _Asked(turns(f"  - reply: {reply}\n"))
    asked.say(path, stream=stream, **ASKED[path])
    assert bare(played_again(asked)) == bare(asked.actions)
    assert ("json:" in scenario(recorded(asked))) is reply.startswith("{json")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("limit", [{"max_tokens": 2}, {"stop_sequences": ["three"]}, {"stop": ["three"]}])
def test_a_copied_scenario_is_cut_where_the_answer_was(path: str, stream: bool, limit: dict[str, JsonValue]) -> None:
    if path == MESSAGES and "stop" in limit:
        return
    asked = _Asked(turns("  - reply: One two three four.\n"))
    asked.say(path, stream=stream, **limit)
    assert bare(played_again(asked)) == bare(asked.actions)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("stream", [False, True])
def test_a_copied_default_answer_is_the_same(path: str, stream: bool) -> None:
    asked = _Asked()
    asked.say(path, stream=stream)
    assert bare(played_again(asked)) == bare(asked.actions)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("rule", [{"faults": ["truncated_json"]}, {"faults": ["one_byte_per_write", "crlf"]},
                                  {"error": {"status": 529, "message": "no", "retry_after": 4}}])  # fmt: skip
def test_what_chaos_did_is_in_the_copy(rule: JsonValue, form: str) -> None:
    profile, problems = compile_chaos(Chaos.model_validate({"chaos": "test", "rules": [rule]}))
    assert problems == []
    asked = _Asked(turns("  - {reply: One two three., pace: {first: 1s}, faults: [{header: {name: x-a, value: b}}]}\n"))
    asked.engine = asked.engine.with_chaos(ChaosSettings({"test": profile}, "test"))
    path, fields = FORMS[form]
    asked.say(path, **fields)
    assert asked.note.draws
    assert bare(played_again(asked)) == bare(asked.actions)


def test_a_copied_answer_that_is_no_conversation_is_the_same() -> None:
    asked = _Asked()
    asked.get("/v1/models")
    assert bare(played_again(asked)) == bare(asked.actions)


@pytest.mark.parametrize("path", ["/v1/nowhere", "/v1/credits"])
def test_a_copied_refusal_of_an_unknown_path_is_the_same_under_another_id(path: str) -> None:
    asked = _Asked()
    asked.get(path)
    answers = [Answer(Decision(actions, asked.note)) for actions in (asked.actions, played_again(asked))]
    bodies = [{**answer.json, "request_id": ""} for answer in answers]
    assert [answer.status for answer in answers] == [404, 404]
    assert bodies[0] == bodies[1]


@pytest.mark.parametrize("path", PATHS)
def test_a_refusal_is_copied_as_the_error_that_it_was(path: str) -> None:
    asked = _Asked(turns("  - {when: {text: other}, reply: hi}\n"))
    asked.say(path)
    again, before = played_again(asked), asked.actions
    assert bare(again) == bare(before)


@pytest.mark.parametrize("form", [form for form in FORMS if "stream" in form])
def test_a_server_that_stopped_in_mid_stream_is_a_break_in_the_copy(form: str) -> None:
    asked = asked_of([{"reply": "One two three."}], form)
    again = played_again(asked, 3, "server_stopped")
    sent = [action.payload for action in asked.actions if isinstance(action, Data)][:3]
    assert b"".join([action.payload for action in again if isinstance(action, Data)]) == b"".join(sent)
    assert isinstance(again[-1], Close | Reset)


def test_a_copy_has_no_header_with_the_name_of_a_secret() -> None:
    turns: list[JsonValue] = [
        {"reply": "hi", "headers": {"set-cookie": "id=abc", "x-a": "b"}},
        {"response": {"status": 200, "headers": {"set-cookie": "id=abc", "x-a": "b"}, "body": "hi"}},
    ]
    for turn in turns:
        text = scenario(recorded(asked_of([turn], "anthropic whole")))
        assert ("x-a" in text, "cookie" in text, "abc" in text) == (True, False, False)


def test_a_copy_says_that_the_client_left() -> None:
    asked = asked_of([{"reply": "One two three."}], "anthropic stream")
    assert "# The client left after 3 of " in scenario(recorded(asked, 3, "client_left"))


def test_a_session_of_another_seed_gets_the_same_ids() -> None:
    asked = asked_of([{"reply": ["hi", {"tool_use": {"name": "look", "input": {}}}]}], "anthropic whole")
    again = _Asked(copied(asked))
    again.session = Session("other", "another seed")
    again.send(msgspec.structs.replace(asked.request, headers=KEY))
    assert [action for action in again.actions if isinstance(action, Data)] == [
        action for action in asked.actions if isinstance(action, Data)
    ]


THOUGHTS: list[JsonValue] = [
    [{"thinking": "They said {{last_user_text}}."}, {"text": "Hi."}],
    [{"thinking": {"text": "A secret.", "redacted": True}}, {"text": "Hi."}],
    [{"thinking": {"text": "Hm.", "signature": "EqQB"}}, {"tool_use": {"name": "now"}}],
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("reply", THOUGHTS)
def test_a_copied_scenario_thinks_the_same(reply: JsonValue, form: str) -> None:
    asked = asked_of([{"reply": reply}], form)
    assert bare(played_again(asked)) == bare(asked.actions)


@pytest.mark.parametrize("usage", ["{}", "{input: 5000}", "{cache_read: 9, cache_write: 8, cache_write_1h: 7}"])
def test_a_copied_answer_reports_what_the_cache_did_for_it(usage: str) -> None:
    asked = _Asked(turns(f"  - {{reply: hello, usage: {usage}, times: always}}\n"))
    system: list[JsonValue] = [{"type": "text", "text": "x" * 8_000, "cache_control": {"type": "ephemeral"}}]
    for _ in range(2):
        asked.say(system=system)
    again = _Asked(copied(asked))
    again.ask(asked.request)
    assert again.note.usage == asked.note.usage
