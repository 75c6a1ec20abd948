"""The check at the end of a test, over the control API."""

from collections.abc import Iterator

import pytest

from mockserver.control import context
from mockserver.journal.log import Journal
from tests.control.support import ControlJson, Served, serving

SCENARIO = """
scenario: mine
turns:
  - reply: first
  - when: {text: later}
    reply: second
    must: true
"""
MORE = SCENARIO + "  - {reply: third}\n"


@pytest.fixture
def served() -> Iterator[Served]:
    with serving() as served:
        put(served, SCENARIO)
        yield served


def put(served: Served, yaml: str, **words: bool) -> None:
    answer = served.control.put("/scenarios/mine", json={"yaml": yaml, **words})
    assert answer.status_code == 200, answer.text


def begin(served: Served) -> ControlJson:
    return served.session(scenario="mine", seed="7")


def ask(served: Served, text: str, key: str) -> None:
    served.ask(text, headers={"x-api-key": key})


def check(served: Served, id: str, **query: bool) -> ControlJson:
    return served.get(f"/sessions/{id}/check", **query)


def test_a_session_that_did_all_has_no_problems_and_a_timeline(served: Served) -> None:
    session = begin(served)
    for text in ("now", "later"):
        ask(served, text, session["key"])
    found = check(served, session["id"])
    nothing = {"unmatched": [], "problems": [], "findings": [], "hint": "", "seed": "7"}
    assert {name: found[name] for name in nothing} == nothing
    assert "user 'later'" in found["timeline"]


def test_an_unmatched_request_and_an_unplayed_turn_are_problems(served: Served) -> None:
    session = begin(served)
    for text in ("now", "soon"):
        ask(served, text, session["key"])
    found = check(served, session["id"])
    unmatched, *reasons = found["unmatched"]
    assert unmatched == "Request 2 (POST /v1/messages) matched nothing:"
    assert any("later" in reason for reason in reasons)
    assert found["problems"] == ["Turn 2 of 'mine' was never played; it is marked `must`."]


def test_strict_demands_every_turn(served: Served) -> None:
    session = begin(served)
    assert len(check(served, session["id"])["problems"]) == 1
    assert len(check(served, session["id"], strict=True)["problems"]) == 2


def test_a_session_without_a_scenario_of_its_own_has_no_turns_to_play(served: Served) -> None:
    assert check(served, served.session()["id"])["problems"] == []


def test_a_client_with_another_key_is_hinted_at_but_not_another_session_of_the_tests(served: Served) -> None:
    first, second = begin(served), begin(served)
    ask(served, "now", second["key"])
    assert check(served, first["id"])["hint"] == ""
    ask(served, "now", "sk_stray")
    assert check(served, first["id"])["hint"].startswith(
        "1 request used another key than this session's, the last from"
    )


def test_what_the_journal_dropped_since_the_beginning_is_a_problem() -> None:
    with serving(journal=Journal(2, 10**6)) as served:
        for number in range(3):
            ask(served, str(number), "sk_before")
        session = served.session()
        assert check(served, session["id"])["unmatched"] == []
        for number in range(3):
            ask(served, str(number), session["key"])
        assert check(served, session["id"])["unmatched"] == [
            "Cannot check all requests: the journal was full and dropped 1."
        ]


def test_an_internal_error_of_the_mock_is_a_problem(served: Served) -> None:
    session = served.session()
    served.app.failures.append((session["id"], "POST /v1/messages: ValueError: x"))
    assert check(served, session["id"])["problems"] == [
        "Internal error of the mock (a bug of the mock): POST /v1/messages: ValueError: x"
    ]


@pytest.mark.parametrize(("keep", "texts"), [(True, ["first", "third"]), (False, ["first", "first"])])
def test_a_scenario_in_memory_continues_or_begins_anew(keep: bool, texts: list[str], served: Served) -> None:
    session = begin(served)
    found = []
    for yaml in (SCENARIO, MORE):
        put(served, yaml, keep_progress=keep)
        answer = served.ask("now", headers={"x-api-key": session["key"]})
        found.append(answer.json()["content"][0]["text"])
    assert found == texts


def test_the_beginning_of_the_oldest_session_is_forgotten(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "MOST_MADE", 1)
    first = served.session()
    served.session()
    ask(served, "now", first["key"])
    assert check(served, served.session()["id"])["hint"] == ""
    ask(served, "now", first["key"])
    assert check(served, served.session()["id"])["hint"] == ""
