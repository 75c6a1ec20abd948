"""Drift: two answers of different words are the same, two of different meaning differ under a promise's name."""

from collections.abc import Mapping

import orjson
import pytest
from pydantic import JsonValue

from mockserver.contracts.promises import PROMISES
from mockserver.core.actions import Close, Data, End, Head, Reset
from mockserver.engine.request import Request
from mockserver.journal.record import call_of
from mockserver.recording.drift import FACTS, drift
from mockserver.recording.exchange import RecordedExchange
from mockserver.recording.played import played
from tests.support.engine import CHAT, HELLO, KEY, MESSAGES, Talk, contract, turns

TOOL: JsonValue = {"name": "look", "description": "", "input_schema": {"type": "object"}}
CALL = "{tool_use: {name: look, input: {city: Oslo}}}"
FIND = "{tool_use: {name: find, input: {}}}"
SOON = "{error: {status: 429}, headers: {retry-after: soon}}"


def answered(turn: str, path: str = MESSAGES, **fields: JsonValue) -> tuple[Request, RecordedExchange]:
    """Return a request and what a mock with this turn answers it."""
    body: dict[str, JsonValue] = {"model": "m", "max_tokens": 90, "messages": HELLO, "tools": [TOOL]}
    if path == CHAT:
        body.pop("tools")
    request = Request("POST", path, KEY, orjson.dumps(body | fields))
    return request, played(request, Talk(turns(f"  - {turn}\n")).send(request).actions)


def told(first: str, second: str, path: str = MESSAGES, **fields: JsonValue) -> list[str]:
    """Return the promises under which the answers of two turns differ."""
    request, expected = answered(first, path, **fields)
    got = answered(second, path, **fields)[1]
    return [found.promise for found in drift(expected, got, call_of(request, contract(), lenient=True))]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("first", "second", "promises"),
    [
        ("{reply: Hello there.}", "{reply: Good day.}", []),
        (f"{{reply: [{CALL}]}}", "{reply: [{tool_use: {name: look, input: {city: Rome}}}]}", []),
        ("{reply: Hello.}", f"{{reply: [Well, {CALL}]}}", ["not-empty", "stop-matches-content"]),
        (
            f"{{reply: [{CALL}]}}",
            "{reply: [{tool_use: {name: find, input: {}}}]}",
            ["tools-as-offered", "tool-arguments"],
        ),
        (f"{{reply: [{CALL}]}}", "{reply: [{tool_use: {name: look, input: {city: 3}}}]}", ["tool-arguments"]),
        ("{reply: Hello.}", "{reply: Hello., stop: max_tokens}", ["stop-matches-content"]),
        ("{reply: Hello.}", "{reply: [{refusal: No.}]}", ["not-empty", "stop-matches-content"]),
        ("{reply: Hello.}", "{error: {status: 404}}", ["known-status"]),
        ("{reply: Hello., pace: {first: 200ms}}", "{reply: Hello., pace: {first: 2s}}", []),
        ("{reply: Hello., pace: {first: 200ms}}", "{reply: Hello., pace: {first: 9s}}", ["latency"]),
        ("{reply: Hello.}", "{reply: Hello., pace: {first: 9s}}", []),
    ],
)
def test_answers_differ_in_meaning_and_not_in_words(first: str, second: str, promises: list[str], stream: bool) -> None:
    assert told(first, second, stream=stream) == promises


@pytest.mark.parametrize(
    ("first", "second", "promises"),
    [
        (
            "{error: {status: 429, retry_after: 3}}",
            "{error: {status: 429}, headers: {retry-after: soon}}",
            ["retry-after"],
        ),
        ("{error: {status: 400}}", "{error: {status: 400, type: other_error}}", ["error-type"]),
        ("{error: {status: 400}}", "{response: {status: 400, body: no}}", []),
        ("{error: {status: 503}}", "{response: {status: 503, headers: {content-type: text/html}, body: no}}", []),
    ],
)
def test_errors_differ_in_type_and_in_what_a_client_waits_for(first: str, second: str, promises: list[str]) -> None:
    assert told(first, second) == promises


def test_an_answer_that_asks_for_json_must_be_json() -> None:
    form: Mapping[str, JsonValue] = {"type": "json_object"}
    promises = told("{reply: [{json: {a: 1}}]}", "{reply: words}", CHAT, response_format=dict(form))
    assert promises == ["json-as-asked"]


def test_thinking_is_compared_where_it_was_asked_for() -> None:
    thinking: JsonValue = {"type": "enabled", "budget_tokens": 1024}
    with_it, without = "{reply: [{thinking: Hm.}, Hello.]}", "{reply: Hello.}"
    assert told(with_it, without) == []
    assert told(with_it, without, thinking=thinking, max_tokens=2000) == ["thinking-accepted"]


def test_a_stream_in_the_place_of_a_whole_answer_differs() -> None:
    request, expected = answered("{reply: Hello.}")
    got = answered("{reply: Hello.}", stream=True)[1]
    [found] = drift(expected, got, call_of(request, contract(), lenient=True))
    assert (found.promise, found.got) == ("stream-as-asked", "a stream of events")


def test_a_plain_route_differs_in_its_media_type_and_in_the_shape_of_its_body() -> None:
    request = Request("GET", "/api/v1/models", KEY)
    pages = [
        "{when: {operation: models}, response: {body: {data: [{id: a, n: 1}]}}}",
        "{when: {operation: models}, response: {body: {data: [{id: b, n: x, on: true, off: null}]}}}",
        "{when: {operation: models}, response: {body: words}}",
    ]
    answers = [played(request, Talk(turns(f"  - {page}\n")).send(request).actions) for page in pages]
    call = call_of(request, contract())
    [shape] = drift(answers[0], answers[1], call)
    assert str(shape) == (
        "body-schema: the scenario says data[].id (text), data[].n (number), "
        "the gateway data[].id (text), data[].n (text), data[].on (true or false)"
    )
    assert [found.promise for found in drift(answers[0], answers[2], call)] == ["known-media-type"]


def test_a_broken_answer_is_the_only_difference() -> None:
    request, expected = answered("{reply: Hello.}", stream=True)
    call = call_of(request, contract())
    for action, words in ((Close(), "one cut off"), (Reset(), "one cut off by a reset")):
        got = played(request, (Head(200), action))
        assert [(found.promise, found.got) for found in drift(expected, got, call)] == [("body-complete", words)]


def test_a_stream_that_says_nothing_the_wire_knows_is_left_to_the_gate() -> None:
    request, expected = answered("{reply: Hello.}", stream=True)
    head = Head(200, (("content-type", "text/event-stream"),))
    got = played(request, (head, Data(b'data: {"type": "message_start", "message": 5}\n\n'), End()))
    call = call_of(request, contract())
    assert drift(expected, got, call) == []
    found = drift(expected, got, call, lambda exchange: {} if exchange is expected else {"messages-start": "x" * 500})
    assert found[-1].promise == "messages-start"
    assert (found[-1].expected, len(found[-1].got)) == ("it is kept", 161)


def test_a_promise_that_both_break_is_no_difference() -> None:
    request, expected = answered("{reply: Hello.}")
    broken = {"messages-usage": "none"}
    assert drift(expected, expected, call_of(request, contract()), lambda exchange: broken) == []


def test_every_fact_has_the_name_of_a_promise() -> None:
    assert {*FACTS, "known-status", "body-complete", "latency"} <= set(PROMISES)


def test_no_answer_at_all_has_no_status() -> None:
    request, expected = answered("{reply: Hello.}")
    got = played(request, ())
    assert [found.got for found in drift(expected, got, call_of(request, contract()))] == ["0"]
