"""Chaos: rules that fire by chance, in windows, so often; the same seed breaks the same requests."""

from collections.abc import Mapping
from pathlib import Path

import orjson
import pytest
from pydantic import JsonValue

from mockserver.accounts.session import Session
from mockserver.core.actions import Reset
from mockserver.core.errors import AuthorError, OperatorError
from mockserver.engine.chaos import Chaos, compile_chaos
from mockserver.engine.chaos_profile import ChaosProfile
from mockserver.engine.chaos_stage import ChaosSettings
from mockserver.engine.request import Request
from mockserver.engine.step import Engine, EngineSettings
from mockserver.files import loader, yaml_reader
from mockserver.files.chaos_file import load_profiles
from tests.support.engine import MESSAGES, NOW, Answer, Talk, contract, turns

ALWAYS = "  - reply: one two three four\n    times: always\n"


def profile(text: str) -> ChaosProfile:
    document = yaml_reader.read(("chaos: test\nrules:\n" + text).encode(), "chaos.yaml")
    compiled, complaints = compile_chaos(loader.check(Chaos, document))
    assert complaints == []
    return compiled


class Storm(Talk):
    """A session under chaos, whose clock stands where the test puts it."""

    def __init__(self, rules: str, *, seed: str = "0", scenario: str = ALWAYS) -> None:
        script = turns(scenario)
        super().__init__(script, seed=seed)
        self.engine = Engine(
            contract(),
            {script.name: script},
            EngineSettings(scenario=script.name),
            None,
            ChaosSettings({"test": profile(rules)}, "test"),
        )
        self.session = Session("test", seed)
        self.now = NOW

    def ask(self, count: int = 1, headers: Mapping[str, str] | None = None, **fields: object) -> list[str]:
        """Return, in short, what fired for each of this many requests."""
        return [" ".join(draw.split(": ")[0] for draw in self.one(headers, **fields).note.draws) for _ in range(count)]

    def one(self, headers: Mapping[str, str] | None = None, **fields: object) -> Answer:
        body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}], **fields}
        request = Request("POST", MESSAGES, {"x-api-key": "sk_t", **(headers or {})}, orjson.dumps(body))
        self.session, decision = self.engine.step(self.session, request, self.now)
        return Answer(decision)


def test_a_rule_without_probability_always_fires() -> None:
    assert Storm("  - error: {status: 529}\n").one().status == 529


def test_a_rule_fires_about_as_often_as_it_says() -> None:
    fired = sum(map(bool, Storm("  - {probability: 25%, faults: bom}\n").ask(400)))
    assert 70 <= fired <= 130


def test_the_same_seed_breaks_the_same_requests_and_another_others() -> None:
    rules = "  - {probability: 20%, error: {status: 500}}\n  - {probability: 20%, faults: bom}\n"
    assert Storm(rules, seed="a").ask(60) == Storm(rules, seed="a").ask(60)
    assert Storm(rules, seed="a").ask(60) != Storm(rules, seed="b").ask(60)


def test_a_limit_ends_it() -> None:
    assert Storm("  - {limit: 2, faults: bom}\n").ask(4) == ["test/1", "test/1", "", ""]


def test_a_window_opens_and_closes_and_comes_back() -> None:
    storm = Storm("  - {window: {from: 10s, until: 20s, every: 1m}, faults: bom}\n")
    found = []
    for seconds in (0, 10, 19.9, 20, 69, 70, 85):
        storm.now = NOW + seconds
        found += [bool(storm.ask()[0])]
    assert found == [False, True, True, False, False, True, False]


def test_when_speaks_of_the_request() -> None:
    storm = Storm("  - {when: {stream: true}, faults: crlf}\n")
    assert storm.ask(1, stream=False) == [""]
    assert storm.ask(1, stream=True) == ["test/1"]


def test_an_error_ends_the_draws_and_does_not_use_up_a_turn() -> None:
    storm = Storm(
        "  - {limit: 1, error: {status: 503, retry_after: 5}}\n  - faults: [{status: 201}]\n",
        scenario="  - reply: once\n",
    )
    failed = storm.one()
    assert (failed.status, failed.headers["retry-after"], failed.note.draws[0][:8]) == (503, "5", "test/1: ")
    assert "x-mock-turn" not in failed.headers
    assert storm.one().text == "once"


def test_an_error_takes_the_place_of_an_errors_answer_too() -> None:
    storm = Storm("  - error: {status: 529}\n", scenario="  - error: {status: 500}\n    times: always\n")
    failed = storm.one()
    assert (failed.status, failed.note.code) == (529, "chaos")


def test_faults_of_several_rules_are_laid_over_one_another() -> None:
    storm = Storm("  - faults: crlf\n  - faults: [{reset: 4}]\n")
    answer = storm.one(stream=True)
    assert answer.actions[-1] == Reset()
    assert b"\r\n" in answer.payload
    assert [draw.split(": ")[0] for draw in answer.note.draws] == ["test/1", "test/2"]


def test_an_idle_fault_of_chaos_is_noted() -> None:
    assert Storm("  - faults: [{reset: 40}]\n").one().note.idle_faults == ("chaos: the answer is not a stream",)


def test_a_refused_request_is_left_alone_and_makes_no_session() -> None:
    storm = Storm("  - error: {status: 529}\n")
    assert storm.one(headers={"x-api-key": "sk-ant-1"}).status == 401
    assert storm.session == Session("test", "0")


def test_a_session_chooses_a_profile_and_ends_it() -> None:
    storm = Storm("  - error: {status: 529}\n")
    assert storm.one(headers={"x-mock-chaos": "none"}).status == 200
    assert storm.one().status == 200, "it holds for the session"
    assert storm.one(headers={"x-mock-chaos": "test"}).status == 529


def test_an_unknown_profile_is_an_error() -> None:
    answer = Storm("  - error: {status: 529}\n").one(headers={"x-mock-chaos": "tst"})
    assert (answer.status, answer.note.code) == (404, "unknown_chaos")
    assert b"did you mean 'test'?" in answer.payload


WRONG = [
    ("  - {faults: crlff}\n", "did you mean 'crlf'?"),
    ("  - {probability: 10%}\n", "expected exactly one of error, faults"),
    ("  - {probabilty: 10%, faults: crlf}\n", "did you mean 'probability'?"),
    ("  - {window: {from: 5s, until: 2s}, faults: crlf}\n", "expected until later than from"),
    ("  - {when: {text: {regex: '(?=a)'}}, faults: crlf}\n", "look-around"),
]


@pytest.mark.parametrize(("rules", "told"), WRONG, ids=[row[1] for row in WRONG])
def test_a_mistake_in_a_file_is_told_with_its_place(rules: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("chaos: mine\nrules:\n" + rules)
    with pytest.raises(AuthorError) as caught:
        load_profiles(str(file))
    assert f"{file}:3:" in str(caught.value)
    assert told in str(caught.value)


def test_a_profile_that_is_not_there_is_told_with_the_nearest() -> None:
    with pytest.raises(OperatorError, match="did you mean 'flaky'"):
        load_profiles("flakey")


def test_a_file_of_ones_own_is_played(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("chaos: mine\nrules:\n  - faults: crlf\n")
    profiles, playing = load_profiles(str(file))
    assert (playing, "mine" in profiles, "flaky" in profiles) == ("mine", True, True)


def test_a_rule_with_a_condition_leaves_a_refused_request_its_refusal() -> None:
    """A body that cannot be read has no conversation that a condition could look at."""
    storm = Storm("  - {when: {last: user}, error: {status: 503}}\n")
    assert storm.post(MESSAGES, b"{").status == 400
    assert storm.post(MESSAGES, {"model": "m", "messages": []}).status == 400


def test_a_rule_knows_what_the_prompt_cache_does() -> None:
    storm = Storm("  - {when: {cache: hit}, error: {status: 529}}\n")
    system: list[JsonValue] = [{"type": "text", "text": "x" * 8_000, "cache_control": {"type": "ephemeral"}}]
    assert [storm.say(system=system).status for _ in range(2)] == [200, 529]
