"""A session as a scenario: it loads, and gives the same answers again, faults and pace included."""

import orjson
import yaml

from mockserver.control.session_scenario import session_scenario
from mockserver.engine.request import Request
from mockserver.files import loader
from mockserver.journal.log import Captured, Exchange, Outcome
from mockserver.journal.record import Record
from mockserver.scenarios.compile import compile_scenario
from tests.control.support import Served
from tests.support.engine import KEY, MESSAGES, NOW, Talk, contract, turns

SLOW = "{when: {text: slow}, reply: Slowly., pace: {first: 2s}}"
BROKEN = "{when: {text: broken}, reply: one two three, faults: [{close: {at: delta 2}}]}"
FULL = "{when: {text: full}, error: {status: 429, retry_after: 3}}"
MAIL = "{when: {text: {contains: mail}}, reply: To ada@example.com.}"


def records(*texts: str) -> list[Record]:
    """Return the records of a session that says these texts."""
    talk = Talk(turns("".join([f"  - {turn}\n" for turn in (SLOW, BROKEN, FULL, MAIL)])))
    found: list[Record] = []
    for number, text in enumerate(texts, 1):
        body = orjson.dumps({"model": "m", "max_tokens": 90, "messages": [{"role": "user", "content": text}]})
        request = Request("POST", MESSAGES, KEY, body)
        talk.session, decision = talk.engine.step(talk.session, request, NOW)
        outcome = Outcome(status=200, frames=1, bytes=1, seconds=0.0, ended="complete")
        captured = Captured(headers=KEY, actions=decision.actions, recipe=decision.recipe)
        exchange = Exchange(number, NOW, "test", "POST", MESSAGES, body, decision.note, outcome, captured)
        found.append(Record(exchange, contract()))
    return found


def test_every_exchange_is_a_turn_with_its_faults_and_its_pace() -> None:
    text = session_scenario(records("slow", "broken", "full"), "session-a")
    scenario = loader.parse(text.encode(), "a.yaml").scenario
    assert compile_scenario(scenario, contract())[1] == []
    slow, broken, full = yaml.safe_load(text)["turns"]
    assert slow["when"] == {"text": "slow"}
    assert slow["pace"]["first"] == 2.0
    assert broken["faults"] == [{"close": {"at": "delta 2"}}]
    assert full["error"] == {"status": 429, "retry_after": 3}


def test_what_nothing_matched_is_counted_and_left_out() -> None:
    text = session_scenario(records("slow", "other"), "session-a")
    assert "# Left out: requests that nothing matched (1)." in text
    assert len(yaml.safe_load(text)["turns"]) == 1


def test_secrets_are_placeholders_in_request_and_reply() -> None:
    text = session_scenario(records("mail ada@example.com"), "session-a")
    assert "ada@" not in text
    assert text.count("{{secret.1}}") == 2


def test_the_route_returns_it(served: Served) -> None:
    served.ask(headers={"x-mock-session": "a"})
    answer = served.control.get("/sessions/a/scenario")
    assert answer.headers["content-type"].startswith("text/yaml")
    assert len(yaml.safe_load(answer.text)["turns"]) == 1
