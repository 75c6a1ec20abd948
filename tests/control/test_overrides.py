"""Overrides: settings chosen at run time take precedence over scenarios."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import msgpack
from msgspec.structs import replace
from pydantic import JsonValue

from mockserver.accounts.session import Overrides, QueuedResponse, Session
from mockserver.core.actions import Hold, Wait
from mockserver.core.errors import AuthorError
from mockserver.engine.overrides import MOST_QUEUED, consume, lend, read_pace, reclaim
from tests.support.engine import CHAT, HELLO, KEY, MESSAGES, Answer, Talk, script, turns

ALWAYS = turns("  - reply: usual\n    times: always\n")
OTHER = script("scenario: other\nturns:\n  - reply: from the other\n    times: always\n")
THIRD = script("scenario: third\nturns:\n  - reply: from the third\n    times: always\n")
PAID = script("scenario: paid\naccount: {credits: 5}\nturns:\n  - reply: paid for\n    times: always\n")


def talk(**chosen: JsonValue) -> Talk:
    """Return a session with these overrides; `ALWAYS` plays by default."""
    found = Talk(ALWAYS, others=[OTHER, THIRD, PAID])
    words = {key: orjson.dumps(value).decode() if isinstance(value, dict) else value for key, value in chosen.items()}
    found.session = replace(found.session, overrides=Overrides(**words))  # type: ignore[arg-type] # a table of its fields
    return found


def queue(found: Talk, *words: dict[str, JsonValue], times: int | None = 1) -> Talk:
    """Queue these answers for the session and return it."""
    waiting = tuple([QueuedResponse(f"w{n}", orjson.dumps(one).decode(), times) for n, one in enumerate(words)])
    found.session = replace(found.session, overrides=replace(found.session.overrides, queued=waiting))
    return found


def left(found: Talk) -> list[str]:
    """Return the ids of the answers still queued."""
    return [one.id for one in found.session.overrides.queued]


# --- which scenario plays ---------------------------------------------------------------------------------------------

PLAYS: dict[str, tuple[dict[str, JsonValue], dict[str, str], str, str]] = {
    "the operator's": ({}, {}, "m", "usual"),
    "the key's before the operator's": ({}, {"x-api-key": "sk_mock_other"}, "m", "from the other"),
    "the session's before the key's": ({"scenario": "third"}, {"x-api-key": "sk_mock_other"}, "m", "from the third"),
    "the model's before the session's": ({"scenario": "third"}, {}, "mock/other", "from the other"),
    "the header's before the session's": ({"scenario": "third"}, {"x-mock-scenario": "other"}, "m", "from the other"),
}


@pytest.mark.parametrize("case", PLAYS)
def test_which_scenario_plays(case: str) -> None:
    chosen, headers, model, text = PLAYS[case]
    body: dict[str, JsonValue] = {"model": model, "max_tokens": 50, "messages": HELLO}
    assert talk(**chosen).post(MESSAGES, body, KEY | headers).text == text


def test_none_is_a_choice_too() -> None:
    answer = talk(scenario="none").say()
    assert (answer.status, answer.note.scenario) == (200, "")


def test_a_scenario_that_is_gone_is_told() -> None:
    answer = talk(scenario="othr").say()
    assert (answer.status, answer.note.code) == (404, "unknown_scenario")
    assert "did you mean 'other'?" in answer.payload.decode()


# --- pace -------------------------------------------------------------------------------------------------------------


def waits(answer: Answer) -> list[float]:
    return [action.seconds for action in answer.actions if isinstance(action, Wait)]


def test_a_pace_is_laid_over_every_reply() -> None:
    assert waits(talk(pace={"first": "2s"}).say()) == [2.0]


def test_a_pace_is_laid_over_what_the_mock_answers_by_itself() -> None:
    assert waits(talk(pace={"first": "2s"}, scenario="none").say()) == [2.0]


def test_what_a_pace_leaves_out_stays_the_turns() -> None:
    found = talk(pace={"rate": "10/s"})
    slow = script("scenario: slow\nturns:\n  - reply: a b\n    pace: {first: 3s, interval: 7s}\n    times: always\n")
    found.engine = found.engine.with_scripts({"slow": slow}, "slow")
    assert waits(found.say(stream=True)) == pytest.approx([3.0, 0.1])


def test_the_operators_pace_holds_where_the_session_has_none() -> None:
    found = talk()
    found.engine = found.engine.with_settings(replace(found.engine.settings, pace='{"first": 4}'))
    assert waits(found.say()) == [4.0]
    found.session = replace(found.session, overrides=Overrides(pace='{"first": 1}'))
    assert waits(found.say()) == [1.0]


def test_an_error_has_no_pace() -> None:
    found = queue(talk(pace={"first": "2s"}), {"error": {"status": 500}})
    assert waits(found.say()) == []


# --- account ----------------------------------------------------------------------------------------------------------


def test_a_session_can_have_an_account_of_its_own() -> None:
    found = talk(account={"credits": "0.001"})
    assert [found.say().status for _ in range(2)] == [200, 402]


def test_it_goes_before_the_scenarios() -> None:
    assert talk(account={"credits": 0}, scenario="paid").say().status == 402


def test_the_balance_speaks_of_it() -> None:
    answer = talk(account={"plan": "pro", "credits": 7}).get("/api/v1/public/credits/balance")
    assert (answer.at("remaining_credits"), answer.at("plan")) == (7, "pro")


# --- what waits -------------------------------------------------------------------------------------------------------


def test_an_answer_that_waits_is_given_once_and_the_scenario_goes_on() -> None:
    found = queue(talk(), {"error": {"status": 429, "retry_after": 3}})
    first, second = found.say(), found.say()
    assert (first.status, first.headers["retry-after"], first.headers["x-mock-turn"]) == (429, "3", "next/1")
    assert (second.text, second.headers["x-mock-turn"]) == ("usual", "test/1")


def test_the_turn_in_whose_place_it_came_is_not_used_up() -> None:
    found = Talk(turns("  - reply: first\n  - reply: second\n"))
    queue(found, {"reply": "between"})
    assert [found.say().text for _ in range(3)] == ["between", "first", "second"]


def test_it_is_given_as_often_as_it_says() -> None:
    found = queue(talk(), {"reply": "again"}, times=2)
    assert [found.say().text for _ in range(3)] == ["again", "again", "usual"]
    assert [queue(talk(), {"reply": "again"}, times=None).say().text for _ in range(2)] == ["again", "again"]


def test_each_request_takes_the_first_that_fits() -> None:
    found = queue(talk(), {"when": {"stream": True}, "reply": "streamed"}, {"reply": "one"}, {"reply": "two"})
    assert [found.say().text for _ in range(2)] == ["one", "two"]
    assert left(found) == ["w0"]
    assert "streamed" in found.say(stream=True).payload.decode()


def test_what_names_no_operation_waits_for_a_conversation() -> None:
    found = queue(talk(), {"error": {"status": 500}})
    assert found.get("/v1/models").status == 200
    assert found.say(CHAT).status == 500


def test_a_refused_request_takes_nothing() -> None:
    found = queue(talk(), {"reply": "kept"})
    assert found.post(MESSAGES, {}, {"x-api-key": "sk-ant-x"}).status == 401
    assert found.post(MESSAGES, b"{").status == 400
    assert left(found) == ["w0"]


def test_faults_that_wait_are_laid_over_whatever_is_answered() -> None:
    found = queue(talk(), {"faults": [{"hold": {"at": 3}}]})
    answer = found.say(stream=True)
    assert [action for action in answer.actions if isinstance(action, Hold)] == [Hold(600.0)]
    assert (answer.headers["x-mock-turn"], answer.note.faults, left(found)) == ("test/1", ("hold",), [])


def test_faults_that_find_nothing_to_act_on_wait_on() -> None:
    found = queue(talk(), {"faults": [{"hold": {"at": 3}}]}, {"reply": "one"})
    assert found.say().text == "one"
    assert left(found) == ["w0"]


@pytest.mark.parametrize(
    "faults",
    [[{"reset": {"at": 99}}, {"hold": {"at": 3}}], [{"hold": {"at": 3}}, {"reset": {"at": 99}}]],
    ids=["first", "last"],
)
def test_a_list_of_faults_waits_on_until_all_of_them_act(faults: JsonValue) -> None:
    found = queue(talk(), {"faults": faults})
    answer = found.say(stream=True)
    assert [action for action in answer.actions if isinstance(action, Hold)] == []
    assert (answer.note.faults, left(found)) == ((), ["w0"])
    assert answer.note.idle_faults == ("queued: the answer has 7 events, so none is number 99",)


def test_the_answer_says_once_why_queued_faults_wait_on() -> None:
    late: dict[str, JsonValue] = {"faults": [{"reset": {"at": 99}}]}
    found = queue(talk(), late, late, {"faults": ["crlf"]})
    answer = found.say(stream=True)
    assert (answer.note.faults, left(found)) == (("crlf",), ["w0", "w1"])
    assert answer.note.idle_faults == ("queued: the answer has 7 events, so none is number 99",)


def test_faults_wait_on_where_no_turn_matches_and_the_answer_behind_them_is_given() -> None:
    found = queue(Talk(turns("  - when: {text: never}\n    reply: x\n")), {"faults": ["crlf"]}, {"reply": "one"})
    assert [found.say(stream=True).status for _ in range(2)] == [200, 404]
    assert left(found) == ["w0"]


def test_a_fault_that_waits_is_paid_as_its_answer_is() -> None:
    found = queue(talk(scenario="paid"), {"faults": ["crlf"]})
    assert found.say(stream=True).note.usage is not None


def test_what_waited_is_the_same_bytes_for_the_same_seed() -> None:
    def payload(seed: str) -> bytes:
        found = queue(talk(), {"reply": "{{faker.sentence}}"})
        found.session = replace(found.session, seed=seed)
        return found.say().payload

    assert payload("1") == payload("1")
    assert payload("1") != payload("2")


# --- what waits for everybody -----------------------------------------------------------------------------------------

IDS = st.lists(st.sampled_from([f"w{n}" for n in range(12)]), unique=True, max_size=12)


def waiting(ids: list[str], times: int | None = 1) -> tuple[QueuedResponse, ...]:
    return tuple([QueuedResponse(id, "{}", times) for id in ids])


@given(IDS, st.integers(0, 12))
def test_what_is_offered_and_not_taken_comes_back(ids: list[str], split: int) -> None:
    own, queue = waiting(ids[:split]), waiting(ids[split:])
    session = Session("s", overrides=Overrides(queued=own))
    after, rest = reclaim(lend(session, queue), queue)
    assert (after, rest) == (session, queue)


@given(IDS.filter(bool), st.integers(0, 12), st.data(), st.sampled_from([1, 2, None]))
def test_what_is_taken_is_gone_once_and_nothing_else_is(
    ids: list[str], split: int, data: st.DataObject, times: int | None
) -> None:
    own, queue = waiting(ids[:split], times), waiting(ids[split:], times)
    session = lend(Session("s", overrides=Overrides(queued=own)), queue)
    chosen = data.draw(st.sampled_from(session.overrides.queued))
    after, rest = reclaim(consume(session, chosen), queue)
    found = {one.id: one.times for one in (*after.overrides.queued, *rest)}
    wanted = dict.fromkeys(ids, times)
    if times is None:
        assert found == wanted
    elif times == 1:
        assert found == {id: count for id, count in wanted.items() if id != chosen.id}
    else:
        assert found == wanted | {chosen.id: 1}
    assert [one.id for one in rest] == [id for id in ids[split:] if id in found]


def test_a_steered_session_is_a_small_value() -> None:
    session = Session("s", overrides=Overrides("other", '{"first": 1}', '{"credits": 3}', waiting(["a"])))
    assert msgpack.decode(msgpack.encode(session), type=Session) == session


def test_words_that_mean_nothing_are_refused() -> None:
    with pytest.raises((AuthorError, ValueError), match="frist"):
        read_pace('{"frist": 1}')
    assert MOST_QUEUED == 100
