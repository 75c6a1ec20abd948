"""Routes of the defaults and of queued answers."""

from collections.abc import Iterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from mockserver.accounts.session import Overrides, QueuedResponse, Session
from mockserver.engine.overrides import MOST_QUEUED, consume, lend, reclaim
from tests.control.support import Served, error_of, serving
from tests.support.engine import CHAT, MESSAGES, script

ONE = script("scenario: one\nturns: [{reply: one, times: always}]")
TWO = script("scenario: two\nturns: [{reply: two, times: always}]")


@pytest.fixture
def served() -> Iterator[Served]:
    with serving(ONE, TWO, playing="one") as served:
        yield served


def text(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return str(answer.json()["content"][0]["text"])


def queue(served: Served, **body: JsonValue) -> str:
    return str(served.post("/next", dict(body), 201)["id"])


def waiting(served: Served, session: str | None = None) -> list[str]:
    found = served.get("/next") if session is None else served.get(f"/sessions/{session}")["waiting"]
    return [one["id"] for one in found]


# --- Defaults


def test_what_holds_for_everybody_is_chosen_and_taken_back(served: Served) -> None:
    assert served.get("/defaults") == {"scenario": "one", "chaos": None, "pace": None}
    body = {"scenario": "two", "pace": {"first": "1ms"}}
    assert served.control.patch("/defaults", json=body).json() == body | {"chaos": None}
    assert text(served.ask()) == "two"
    assert served.control.patch("/defaults", json={"pace": None}).json()["pace"] is None
    served.control.patch("/defaults", json={"scenario": None})
    served.ask()
    assert served.get("/exchanges")["exchanges"][-1]["scenario"] == ""


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"scenario": "tow", "pace": {"first": "1s"}}, "no scenario is called 'tow'; did you mean 'two'?"),
        ({"scenario": "two", "chaos": "x"}, "no chaos profile is called 'x'; known: none"),
        ({"scenario": "two", "pace": {"rate": "fast"}}, "rate: expected a rate above zero such as 40/s or 600/m"),
        ({"scenario": "two", "pcae": {}}, "pcae: unknown key 'pcae'; did you mean 'pace'?"),
    ],
)
def test_one_mistake_keeps_everything_as_it_was(body: JsonValue, message: str, served: Served) -> None:
    answer = served.control.patch("/defaults", json=body)
    assert (answer.status_code, error_of(answer)["message"]) == (422, message)
    assert served.get("/defaults") == {"scenario": "one", "chaos": None, "pace": None}


def test_what_a_caller_chooses_goes_first_then_the_sessions_choice_then_everybodys(served: Served) -> None:
    served.session(name="a", scenario="two")
    by_session = {"x-mock-session": "a"}
    assert text(served.ask(headers=by_session)) == "two"
    assert text(served.ask(headers=by_session | {"x-mock-scenario": "one"})) == "one"
    assert text(served.ask()) == "one"


# --- The next answer


def test_the_next_request_gets_it_once_and_the_script_goes_on(served: Served) -> None:
    queue(served, turn={"error": {"status": 429, "retry_after": 7}})
    refused = served.ask()
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "7")
    assert text(served.ask()) == "one"
    assert waiting(served) == []


@pytest.mark.parametrize("path", [MESSAGES, CHAT])
@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 429, 500, 502, 503, 529])
def test_every_documented_error_can_be_next_on_both_wires(status: int, path: str, served: Served) -> None:
    offers = {kind["status"] for kind in served.get("/about")["errors"]}
    if status in offers:
        queue(served, turn={"error": {"status": status}})
        assert served.ask(path=path).status_code == status


def test_several_wait_in_order_and_each_for_so_many_requests(served: Served) -> None:
    queue(served, turn={"reply": "a", "times": 2})
    queue(served, turn={"reply": "b"}, times=1)
    queue(served, turn={"reply": "c", "times": "always"})
    assert [text(served.ask()) for _ in range(6)] == ["a", "a", "b", "c", "c", "c"]
    assert [one["times"] for one in served.get("/next")] == [None]


def test_what_a_session_waits_for_goes_before_what_all_wait_for(served: Served) -> None:
    served.session(name="a")
    queue(served, turn={"reply": "anybody"})
    queue(served, session="a", turn={"reply": "mine"})
    by_session = {"x-mock-session": "a"}
    assert [text(served.ask(headers=by_session)) for _ in range(3)] == ["mine", "anybody", "one"]


def test_it_waits_for_a_request_that_fits(served: Served) -> None:
    queue(served, turn={"when": {"text": "please"}, "reply": "sure"})
    assert text(served.ask("now")) == "one"
    assert text(served.ask("please")) == "sure"


def test_requests_that_are_refused_do_not_use_it_up(served: Served) -> None:
    queue(served, turn={"reply": "next"})
    assert served.client.post(MESSAGES, json={}, headers={"x-api-key": "sk_a"}).status_code == 400
    assert served.ask(headers={"authorization": "Bearer sk-ant-1"}).status_code == 401
    assert served.client.get("/nowhere").status_code == 404
    assert served.client.get("/v1/models", headers={"x-api-key": "sk_a"}).status_code == 200
    assert len(waiting(served)) == 1
    assert text(served.ask()) == "next"


def test_faults_are_laid_over_whatever_comes_and_wait_for_an_answer_that_they_can_act_on(served: Served) -> None:
    queue(served, faults=[{"close": {"at": 2}}])
    assert text(served.ask()) == "one"  # a whole answer has no second event
    with pytest.raises(httpx.RemoteProtocolError), served.streaming() as response:
        response.read()
    assert waiting(served) == []
    [_, broken] = served.get("/exchanges")["exchanges"]
    assert (broken["ended"], broken["events"], broken["faults"]) == ("closed", 1, ["close"])


def test_one_is_taken_back_or_all(served: Served) -> None:
    served.session(name="a")
    ids = [queue(served, turn={"reply": "x"}) for _ in range(3)]
    own = queue(served, session="a", turn={"reply": "x"})
    assert served.control.delete(f"/next/{ids[1]}").status_code == 204
    assert served.control.delete(f"/next/{ids[1]}").status_code == 404
    assert served.control.delete(f"/next/{own}").status_code == 404
    assert served.control.delete(f"/next/{own}", params={"session": "b"}).status_code == 404
    assert (waiting(served), waiting(served, "a")) == ([ids[0], ids[2]], [own])
    assert served.control.delete("/next").status_code == 204
    assert (waiting(served), waiting(served, "a")) == ([], [own])
    assert served.control.delete(f"/next/{own}", params={"session": "a"}).status_code == 204
    assert waiting(served, "a") == []


def test_a_queue_is_bounded(served: Served) -> None:
    served.session(name="a")
    for _ in range(MOST_QUEUED):
        queue(served, turn={"reply": "x"})
        queue(served, session="a", turn={"reply": "x"})
    for session in (None, "a"):
        answer = served.control.post("/next", json={"turn": {"reply": "x"}, "session": session})
        assert (answer.status_code, error_of(answer)["code"]) == (409, "conflict")
    assert (len(waiting(served)), len(waiting(served, "a"))) == (MOST_QUEUED, MOST_QUEUED)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "expected exactly one of turn, faults"),
        ({"turn": {"reply": "a"}, "faults": ["reset"]}, "expected exactly one of turn, faults"),
        ({"turn": {"reply": "a"}, "when": {"last": "user"}}, "write when inside turn"),
        ({"turn": {"reply": "a", "times": 2}, "times": 2}, "write times once, inside turn"),
        ({"turn": {}}, "expected exactly one of reply, error, response; got none"),
        ({"turn": {"reply": "a", "tmies": 2}}, "tmies: unknown key 'tmies'; did you mean 'times'?"),
        ({"turn": {"reply": "{{txt}}"}}, "reply: unknown value '{{txt}}'; known:"),
        ({"turn": {"error": {"status": 200}}}, "error.status: must be at least 400, not 200"),
        ({"turn": {"reply": "a", "times": 0}}, "times: expected a whole number from 1, or always"),
        ({"faults": []}, "faults: "),
        ({"faults": ["resett"]}, "faults[0]: no fault is called 'resett'; did you mean 'reset'?"),
        ({"faults": [{"stall": {"fro": 1}}]}, "faults[0]"),
        ({"faults": ["reset"], "when": {"lst": "user"}}, "when.lst: unknown key 'lst'; did you mean 'last'?"),
        ({"faults": ["reset"], "times": "often"}, "times: expected a whole number from 1, or always"),
        ({"faults": ["reset"], "session": "../etc"}, "session: "),
    ],
)
def test_what_means_nothing_does_not_wait(body: JsonValue, message: str, served: Served) -> None:
    answer = served.control.post("/next", json=body)
    assert answer.status_code == 422
    assert message in error_of(answer)["message"]
    assert waiting(served) == []


def test_no_scenario_can_have_the_name_of_what_is_queued(served: Served) -> None:
    answer = served.control.put("/scenarios/next", json={"yaml": "scenario: next\nturns: [{reply: hi}]"})
    [problem] = error_of(answer)["problems"]
    assert problem["message"] == "'next' is reserved for queued answers; choose another name"


# --- Nothing is lost and nothing is doubled

queues = st.lists(
    st.builds(QueuedResponse, st.from_regex(r"\A[0-9a-f]{8}\Z"), st.just("{}"), st.none() | st.integers(1, 3)),
    unique_by=lambda waiting: waiting.id,
    max_size=6,
).map(tuple)


@given(queues, st.integers(0, 6), st.data())
def test_whatever_is_taken_the_rest_comes_back_in_order(
    queue: tuple[QueuedResponse, ...], split: int, data: st.DataObject
) -> None:
    own, shared = queue[:split], queue[split:]
    session = lend(Session("a", overrides=Overrides(queued=own)), shared)
    assert session.overrides.queued == own + shared
    used = data.draw(st.none() | st.sampled_from(queue)) if queue else None
    if used is not None:
        session = consume(session, used)
    after, left = reclaim(session, shared)

    def once_less(waiting: tuple[QueuedResponse, ...]) -> tuple[QueuedResponse, ...]:
        counted = [
            one if one is not used or one.times is None else QueuedResponse(one.id, one.words, one.times - 1)
            for one in waiting
        ]
        return tuple([one for one in counted if one.times != 0])

    assert after.overrides.queued == once_less(own)
    assert left == once_less(shared)
