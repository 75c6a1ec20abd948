"""Routes of exchanges: lists, single ones, search, cut and hostile content."""

import json
from collections.abc import Iterator

import httpx
import orjson
import pytest
from pydantic import JsonValue

from mockserver.control.serializers import LONGEST_BODY, MOST_EVENTS
from mockserver.journal.log import Journal
from tests.control.support import ControlJson, Served, conversation, error_of, serving
from tests.support.engine import CHAT, MESSAGES, turns

PLAYED = turns("""
  - when: {text: call}
    reply: [{tool_use: {name: look, input: {path: /a}}}]
    times: always
  - when: {text: break}
    reply: one two three
    pace: {chunk: word}
    faults: [{close: {at: 3}}]
    times: always
  - reply: hi
    times: always
""")


@pytest.fixture
def served() -> Iterator[Served]:
    with serving(PLAYED, playing="test", journal=Journal(50)) as served:
        yield served


def numbers(found: ControlJson) -> list[int]:
    return [one["number"] for one in found["exchanges"]]


def test_the_last_come_oldest_first_and_can_be_paged(served: Served) -> None:
    for number in range(6):
        served.ask(headers={"x-mock-session": f"s{number % 2}"})
    assert numbers(served.get("/exchanges")) == [1, 2, 3, 4, 5, 6]
    assert numbers(served.get("/exchanges", limit=2)) == [5, 6]
    assert numbers(served.get("/exchanges", before=5, limit=2)) == [3, 4]
    assert numbers(served.get("/exchanges", after=4)) == [5, 6]
    assert numbers(served.get("/exchanges", after=2, before=5)) == [3, 4]
    assert numbers(served.get("/exchanges", session="s1")) == [2, 4, 6]
    assert numbers(served.get("/exchanges", session="nobody")) == []


def test_what_is_forgotten_is_counted_and_told(served: Served) -> None:
    for _ in range(53):
        served.ask()
    found = served.get("/exchanges")
    assert (found["entered"], found["forgotten"], len(found["exchanges"])) == (53, 3, 50)
    answer = served.control.get("/exchanges/3")
    assert answer.status_code == 404
    assert error_of(answer)["message"] == "there is no exchange 3; the journal has dropped it"
    answer = served.control.get("/exchanges/54")
    assert error_of(answer)["message"] == "there is no exchange 54; the last is 53"


@pytest.mark.parametrize("query", ["limit=0", "limit=5001", "after=-1", "before=x", "limit="])
def test_a_page_that_is_none_is_refused(query: str, served: Served) -> None:
    assert served.control.get(f"/exchanges?{query}").status_code == 422


def test_they_are_found_by_the_words_of_when(served: Served) -> None:
    served.ask("Hello")
    served.ask("call", CHAT)
    served.ask("call", headers={"x-mock-session": "a"})
    assert numbers(served.post("/exchanges/find", {"when": {"text": "call"}})) == [2, 3]
    assert numbers(served.post("/exchanges/find", {"when": {"wire": "openai"}})) == [2]
    assert numbers(served.post("/exchanges/find", {"when": {"text": "call"}, "session": "a"})) == [3]
    assert numbers(served.post("/exchanges/find", {"limit": 1})) == [3]


@pytest.mark.parametrize(
    ("when", "message"),
    [
        ({"txt": "a"}, "txt: unknown key 'txt'; did you mean 'text'?"),
        ({"key": "sk_a"}, "cannot search for the key"),
        ({"headers": {"cookie": "a"}}, "cannot search for the header cookie"),
        ({"text": {"regex": "("}}, ""),
        ({"body_schema": {"type": 7}}, ""),
    ],
)
def test_what_cannot_be_asked_is_told(when: JsonValue, message: str, served: Served) -> None:
    for call, body in (
        ("/exchanges/find", {"when": when}),
        ("/verify", {"when": when}),
        ("/verify", {"order": [when]}),
    ):
        answer = served.control.post(call, json=body)
        assert answer.status_code == 422, answer.text
        assert message in error_of(answer)["message"]
    assert list(served.app.failures) == []


def test_one_exchange_is_told_whole(served: Served) -> None:
    served.ask("call", headers={"x-api-key": "sk_live_0123456789", "x-team": "a"})
    shown = served.get("/exchanges/1")
    assert shown["answer"]["calls"][0]["name"] == "look"
    assert orjson.loads(shown["answer"]["calls"][0]["arguments"]) == {"path": "/a"}
    assert (shown["request"]["headers"]["x-team"], shown["breaks"]) == ("a", None)
    assert shown["request"]["conversation"]["messages"] == [{"role": "user", "blocks": [{"text": "call"}]}]
    assert "sk_live_0123456789" not in str(shown)
    assert orjson.loads(shown["request"]["body"]) == conversation("call")


@pytest.mark.parametrize("path", [MESSAGES, CHAT])
def test_a_break_is_told_with_the_events_before_it(path: str, served: Served) -> None:
    with pytest.raises(httpx.RemoteProtocolError), served.streaming("break", path) as response:
        response.read()
    shown = served.get("/exchanges/1")
    assert (shown["ended"], shown["breaks"], shown["faults"]) == ("closed", {"after": 2, "how": "closed"}, ["close"])
    assert [event["n"] for event in shown["answer"]["events"]] == [1, 2]
    assert shown["answer"]["is_whole"] is False


def test_long_ones_are_cut_and_are_there_uncut_as_files(served: Served) -> None:
    text = "<script>alert(1)</script>é" * 40_000
    served.ask(text)
    shown = served.get("/exchanges/1")
    assert (shown["request"]["body_cut"], len(shown["request"]["body"].encode()) <= LONGEST_BODY + 3) == (True, True)
    assert len(str(shown)) < 400_000
    for path, body in (("/exchanges/1/body", next(iter(served.app.journal)).body), ("/exchanges/1/answer", None)):
        answer = served.control.get(path)
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.headers["content-disposition"].startswith("attachment; ")
        assert body is None or answer.content == body
    assert shown["request"]["body_bytes"] == len(served.control.get("/exchanges/1/body").content)


def test_an_answer_of_very_many_events_is_cut() -> None:
    long = turns(f"  - reply: {'a' * 6_000}\n    pace: {{chunk: character}}")
    with serving(long, playing="test") as served:
        served.ask(stream=True, max_tokens=10_000)
        shown = served.get("/exchanges/1")
        assert (len(shown["answer"]["events"]), shown["answer"]["events_cut"]) == (MOST_EVENTS, True)


def nested(levels: int) -> JsonValue:
    value: JsonValue = 1
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize("levels", [10, 200, 300, 900])
def test_however_deep_a_request_is_it_can_be_looked_at(levels: int, served: Served) -> None:
    use = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": nested(levels)}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "x"}
    messages = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": [use]},
        {"role": "user", "content": [result]},
    ]
    body = json.dumps({"model": "m", "max_tokens": 9, "messages": messages})
    served.client.post(MESSAGES, content=body, headers={"x-api-key": "sk_a"})
    for call in ("", "/body", "/answer", "/copy/curl", "/copy/scenario", "/copy/pytest"):
        answer = served.control.get(f"/exchanges/1{call}")
        assert answer.status_code == 200, (call, answer.text)


HOSTILE = {
    "no JSON": b"\xff\xfe\x00{",
    "nothing": b"",
    "a script": b'{"model": "</script><script>alert(1)</script>"}',
    "odd letters": '{"model":"\u202e\u0000\u2028\ufeff\U0001f468\u200d"}'.encode(),
    "a list": b"[" * 500 + b"]" * 500,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_requests_are_shown_and_nothing_fails(kind: str, served: Served) -> None:
    headers = {b"x-api-key": b"sk_a", b"user-agent": b"<b>\x9b31m\xe9</b>"}
    served.client.request("POST", MESSAGES, content=HOSTILE[kind], headers=headers)
    for call in ("", "/body", "/answer", "/copy/curl", "/copy/scenario", "/copy/pytest"):
        assert served.control.get(f"/exchanges/1{call}").status_code == 200, call
    assert served.get("/exchanges")["exchanges"][0]["status"] == 400
    assert list(served.app.failures) == []
