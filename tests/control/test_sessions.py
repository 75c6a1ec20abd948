"""Routes of sessions: create, change, clock, balance, delete; and what clients get after a change."""

import asyncio
from collections.abc import Iterator
from decimal import Decimal

import httpx
import msgspec
import pytest
import yaml
from pydantic import JsonValue

from mockserver.accounts.session import start_clock
from mockserver.control.context import MOST_LISTED
from mockserver.server.stores.memory import MemoryStore
from tests.control.support import Served, error_of, serving
from tests.support.engine import CHAT, MESSAGES, script

ONE = script("scenario: one\nturns:\n  - {reply: first, then: asked}\n  - {reply: second, times: always}")
TWO = script("scenario: two\nturns: [{reply: two, times: always}]")


@pytest.fixture
def served() -> Iterator[Served]:
    with serving(ONE, TWO, playing="one") as served:
        yield served


def text(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return str(answer.json()["content"][0]["text"])


def as_session(name: str) -> dict[str, str]:
    return {"x-mock-session": name}


def test_a_session_is_there_when_a_client_has_asked(served: Served) -> None:
    assert served.get("/sessions") == []
    served.ask(headers=as_session("a"))
    [session] = served.get("/sessions")
    assert (session["id"], session["requests"], session["hits"]) == ("a", 1, {"one": {"1": 1}})
    assert session["state"] == {"one": "asked"}
    assert (session["scenario"], session["chaos"], session["pace"], session["account"]) == (None, None, None, None)
    assert session == served.get("/sessions/a") | {"now": session["now"]}


def test_a_refused_key_makes_no_session(served: Served) -> None:
    assert served.ask(headers={"authorization": "Bearer sk-ant-1"}).status_code == 401
    assert served.get("/sessions") == []


def test_the_latest_used_comes_first(served: Served) -> None:
    for name in ("a", "b", "c", "a"):
        served.ask(headers=as_session(name))
    assert [session["id"] for session in served.get("/sessions")] == ["a", "c", "b"]


def test_a_list_is_bounded(served: Served) -> None:
    store = MemoryStore()
    served.app.store = store
    for number in range(MOST_LISTED + 1):
        asyncio.run(store.update(f"s{number}", lambda session: (msgspec.structs.replace(session), None)))
    assert len(served.get("/sessions")) == MOST_LISTED


def test_a_session_that_is_made_gives_its_key(served: Served) -> None:
    made = served.session(scenario="two", seed="mine")
    assert made["id"] != made["key"]
    assert made["key"] not in str(served.get("/sessions"))
    assert text(served.ask(headers={"authorization": f"Bearer {made['key']}"})) == "two"
    assert text(served.ask()) == "first"
    assert served.get(f"/sessions/{made['id']}")["requests"] == 1


def test_a_session_that_is_made_under_a_name_has_no_key(served: Served) -> None:
    made = served.session(name="mine", scenario="two")
    assert (made["id"], made["key"]) == ("mine", None)
    assert text(served.ask(headers=as_session("mine"))) == "two"
    answer = served.control.post("/sessions", json={"name": "mine"})
    assert (answer.status_code, error_of(answer)["code"]) == (409, "conflict")


def test_a_scenario_is_chosen_for_one_session_and_given_back(served: Served) -> None:
    served.ask(headers=as_session("a"))
    assert served.control.patch("/sessions/a", json={"scenario": "two"}).json()["scenario"] == "two"
    assert text(served.ask(headers=as_session("a"))) == "two"
    assert text(served.ask(headers=as_session("b"))) == "first"
    served.control.patch("/sessions/a", json={"scenario": None})
    assert text(served.ask(headers=as_session("a"))) == "second"


def test_none_is_a_choice_too(served: Served) -> None:
    served.session(name="a", scenario="none")
    served.ask(headers=as_session("a"))
    assert served.get("/exchanges")["exchanges"][0]["scenario"] == ""


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"scenario": "tow"}, "no scenario is called 'tow'; did you mean 'two'?"),
        ({"chaos": "storm"}, "no chaos profile is called 'storm'; known: none"),
        ({"scenaro": "two"}, "scenaro: unknown key 'scenaro'; did you mean 'scenario'?"),
        ({"pace": {"frist": "1s"}}, "frist: unknown key 'frist'; did you mean 'first'?"),
        ({"account": {"plan": "startr"}}, "plan: unknown value 'startr'; did you mean 'starter'?"),
        (
            {"account": {"plan": "starter", "key": "sk_1"}},
            "account: a session's account has no keys; leave out key and keys",
        ),
        ({"clock": {"speed": 0}}, "clock.speed: must be at least 0.001, not 0"),
        ({"seed": 7}, "seed: expected text, not 7; quote it"),
    ],
)
def test_a_choice_that_means_nothing_changes_nothing(body: JsonValue, message: str, served: Served) -> None:
    served.session(name="a", scenario="one", seed="s")
    before = served.get("/sessions/a/export")
    answer = served.control.patch("/sessions/a", json=body)
    assert (answer.status_code, error_of(answer)["message"]) == (422, message)
    assert served.get("/sessions/a/export") == before


@pytest.mark.parametrize("path", ["", "/reset", "/clock", "/account", "/export", "/snapshot", "/scenario"])
def test_an_unknown_session_is_told_with_the_nearest(path: str, served: Served) -> None:
    served.session(name="session-of-anna")
    body = {"/clock": {"advance": 1}, "/account": {"drain": 0}}.get(path)
    method = "GET" if path in ("", "/export", "/snapshot", "/scenario") else "POST"
    answer = served.control.request(method, f"/sessions/session-of-ana{path}", json=body)
    assert answer.status_code == 404
    assert "did you mean 'session-of-anna'?" in error_of(answer)["message"]
    assert len(served.get("/sessions")) == 1


def test_the_same_seed_gives_the_same_bytes_again_after_a_reset(served: Served) -> None:
    served.session(name="a", scenario="none", seed="s")
    first = served.ask(headers=as_session("a")).json()
    assert served.ask(headers=as_session("a")).json()["content"] != first["content"]
    served.post("/sessions/a/reset")
    assert served.ask(headers=as_session("a")).json() == first


def test_a_reset_keeps_what_was_chosen_and_forgets_what_was_played(served: Served) -> None:
    served.control.put("/chaos/calm", json={"yaml": "chaos: calm\nrules: [{probability: 0, error: {status: 503}}]"})
    chosen: dict[str, JsonValue] = {"scenario": "two", "chaos": "calm", "pace": {"first": "1ms"}, "seed": "s"}
    served.session(name="a", account={"plan": "starter", "credits": 7}, clock={"virtual": True}, **chosen)
    served.post("/next", {"session": "a", "turn": {"reply": "never"}}, 201)
    served.ask(headers=as_session("a"))
    served.post("/next", {"session": "a", "turn": {"reply": "never"}}, 201)
    after = served.post("/sessions/a/reset")
    assert (after["requests"], after["hits"], after["waiting"]) == (0, {}, [])
    assert {name: after[name] for name in chosen} == chosen
    assert (after["clock"]["virtual"], after["account"]["remaining"]) == (True, "7")


def test_what_is_forgotten_begins_anew(served: Served) -> None:
    served.ask(headers=as_session("a"))
    assert served.control.delete("/sessions/a").status_code == 204
    assert served.control.delete("/sessions/a").status_code == 404
    assert text(served.ask(headers=as_session("a"))) == "first"


def test_a_choice_that_is_given_back_is_the_servers_own_again() -> None:
    store = MemoryStore("of-the-server", start_clock(0.0, virtual=True))
    with serving(TWO, store=store) as served:
        served.session(name="a", seed="mine", clock={"speed": 10})
        changed = served.control.patch("/sessions/a", json={"seed": None, "clock": None}).json()
        assert (changed["seed"], changed["clock"]["virtual"]) == ("of-the-server", True)
        served.session(name="b", seed=None)
        assert served.get("/sessions/b")["seed"] == "of-the-server"


# --- Time


def test_a_clock_is_moved_on_and_only_that_of_its_session(served: Served) -> None:
    for name in ("a", "b"):
        served.session(name=name, clock={"virtual": True})
    before = served.get("/sessions/a")["now"]
    assert served.post("/sessions/a/clock", {"advance": "1h"})["now"] - before == 3600
    assert served.get("/sessions/b")["now"] < before + 60


def test_a_virtual_clock_stands_still_until_it_runs_again(served: Served) -> None:
    served.session(name="a", clock={"virtual": True})
    now = served.get("/sessions/a")["now"]
    assert served.get("/sessions/a")["now"] == now
    changed = served.control.patch("/sessions/a", json={"clock": {"speed": 10}}).json()
    assert changed["clock"] == {"virtual": False, "speed": 10.0}
    assert changed["now"] >= now


@pytest.mark.parametrize("advance", ["31d", "-1s", "soon", -1, None, True, [], "1e3"])
def test_a_clock_is_moved_by_a_duration_only(advance: JsonValue, served: Served) -> None:
    served.session(name="a", clock={"virtual": True})
    before = served.get("/sessions/a")["now"]
    assert served.control.post("/sessions/a/clock", json={"advance": advance}).status_code == 422
    assert served.get("/sessions/a")["now"] == before


def test_a_clock_can_be_moved_again_and_again_without_leaving_the_calendar(served: Served) -> None:
    served.session(name="a", clock={"virtual": True}, account={"plan": "starter", "credits": 5})
    for _ in range(50):
        served.post("/sessions/a/clock", {"advance": "30d"})
    assert served.ask(headers=as_session("a"), path=CHAT).status_code == 200
    assert served.get("/sessions/a")["account"]["plan"] == "starter"


# --- Money


def account(served: Served, **body: JsonValue) -> dict[str, str]:
    found: dict[str, str] = served.post("/sessions/a/account", dict(body))["account"]
    return found


def test_a_session_without_an_account_gets_one(served: Served) -> None:
    served.session(name="a")
    assert account(served, drain="0") | {"granted": "", "used": ""} == {
        "plan": "starter", "remaining": "0", "granted": "", "used": "", "unlimited": False,
    }  # fmt: skip
    refused = served.ask(headers=as_session("a"), path=CHAT)
    assert refused.status_code == 402
    assert account(served, top_up="2.5")["remaining"] == "2.5"
    assert served.ask(headers=as_session("a"), path=CHAT).status_code == 200
    [first, second] = served.get("/exchanges")["exchanges"]
    assert (first["credits"], Decimal(second["credits"]["before"])) == (None, Decimal("2.5"))


def test_credits_are_exact(served: Served) -> None:
    served.session(name="a", account={"plan": "starter", "credits": "0.1"})
    for _ in range(3):
        found = account(served, top_up="0.1")
    assert found["remaining"] == "0.4"
    assert account(served, drain="0.30000000000000000001")["remaining"] == "0.30000000000000000001"


@pytest.mark.parametrize("body", [{}, {"top_up": 1, "drain": 1}, {"top_up": -1}, {"drain": "NaN"}, {"top_up": "1e13"}])
def test_a_movement_is_one_amount(body: JsonValue, served: Served) -> None:
    served.session(name="a")
    assert served.control.post("/sessions/a/account", json=body).status_code == 422
    assert served.get("/sessions/a")["account"] is None


def test_the_books_of_a_scenarios_account_are_shown_and_moved() -> None:
    paid = script("scenario: paid\naccount: {plan: starter, credits: 3}\nturns: [{reply: hi, times: always}]")
    with serving(paid, playing="paid") as served:
        served.ask(headers=as_session("a"), path=CHAT)
        left = served.get("/sessions/a")["account"]["remaining"]
        credits = served.get("/exchanges")["exchanges"][0]["credits"]
        assert (Decimal(credits["before"]), credits["after"]) == (Decimal(3), left)
        assert account(served, drain=0)["remaining"] == "0"
        assert served.ask(headers=as_session("a"), path=CHAT).status_code == 402


def test_an_account_that_is_chosen_goes_before_that_of_the_scenario_until_it_is_given_back() -> None:
    paid = script("scenario: paid\naccount: {plan: starter, credits: 3}\nturns: [{reply: hi, times: always}]")
    with serving(paid, playing="paid") as served:
        served.session(name="a", account={"plan": "enterprise", "credits": 0})
        assert served.get("/sessions/a")["account"]["plan"] == "enterprise"
        assert served.ask(headers=as_session("a"), path=CHAT).status_code == 402
        changed = served.control.patch("/sessions/a", json={"account": None}).json()["account"]
        assert (changed["plan"], changed["remaining"]) == ("starter", "3")
        assert served.ask(headers=as_session("a"), path=CHAT).status_code == 200


# --- What is carried out


def test_a_snapshot_is_the_run_as_yaml(served: Served) -> None:
    for _ in range(2):
        served.ask(headers=as_session("a"))
    answer = served.control.get("/sessions/a/snapshot")
    assert answer.headers["content-type"].startswith("text/yaml")
    assert len(yaml.safe_load(answer.text)) == 2


def test_a_session_goes_on_elsewhere(served: Served) -> None:
    served.session(name="a", account={"plan": "starter", "credits": 9}, pace={"first": "1ms"})
    served.ask(headers=as_session("a"))
    served.post("/next", {"session": "a", "turn": {"reply": "carried"}}, 201)
    document = served.get("/sessions/a/export")
    with serving(ONE, TWO, playing="one") as other:
        shown = other.post("/sessions/import", document, 201)
        assert (shown["id"], shown["requests"]) == ("a", 1)
        assert other.get("/sessions/a/export") == document
        assert text(other.ask(headers=as_session("a"))) == "carried"
        assert text(other.ask(headers=as_session("a"))) == "second"
        assert other.ask(path=MESSAGES).status_code == 200


def test_a_label_gives_the_same_key_in_every_run_and_another_while_its_session_exists(served: Served) -> None:
    first, second = (served.session(label="a test") for _ in range(2))
    assert first["key"] != second["key"]
    assert served.control.delete(f"/sessions/{first['id']}").status_code == 204
    assert served.session(label="a test")["key"] == first["key"]
    assert served.session(label="another test")["key"] not in (first["key"], second["key"])


def test_a_new_session_says_where_its_exchanges_begin(served: Served) -> None:
    assert served.session()["entered"] == 0
    served.ask("Hello")
    assert served.session()["entered"] == 1


def test_a_name_and_a_label_exclude_each_other(served: Served) -> None:
    answer = served.control.post("/sessions", json={"name": "a", "label": "b"})
    assert answer.status_code == 422
    assert error_of(answer)["message"] == "expected name or label: a session with a name has no key"
