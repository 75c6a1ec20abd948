"""Answers as turns: broken streams, errors, raw responses, times and token counts."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec
import orjson
import pytest
import yaml
from pydantic import JsonValue

from mockserver.files.dry_run import dry_run
from mockserver.recording.broken import completed
from mockserver.recording.exchange import Ended, Frame, RecordedExchange
from mockserver.recording.scenario import scenario_of
from mockserver.recording.turns import recorded_turn
from tests.support.engine import Talk, extended, script, turns
from tests.support.recordings import PATHS, Recorder, ask, said

each_wire = pytest.mark.parametrize("wire", PATHS)

CALL = "[{tool_use: {name: search, input: {query: the weather in Oslo}}}]"

BROKEN: list[tuple[str, str, dict[str, JsonValue]]] = [
    ("one two three", "{close: {at: stop}}", {"reply": "one two three", "faults": [{"close": {"at": "stop"}}]}),
    ("one two three", "{cut: {at: stop}}", {"reply": "one two three", "faults": [{"cut": {"at": "stop"}}]}),
    ("one two three", "{reset: {at: delta 3}}", {"reply": "one two ", "faults": [{"reset": {"at": "stop"}}]}),
    ("one two three", "{close: {at: delta}}", {"reply": "…", "faults": [{"close": {"at": "delta"}}]}),
    ("one two three", "{close: {at: 1}}", {"reply": "…", "faults": [{"close": {"at": "delta"}}]}),
    ("one two three", "close", {"reply": "…", "faults": ["close"]}),
    (
        "one two three",
        "{error_event: {at: stop, status: 500}}",
        {"reply": "one two three", "faults": [{"error_event": {"at": "stop", "status": 500}}]},
    ),
    (
        "one two three",
        "{error_event: {at: delta 2, status: 529, message: Busy, then: close}}",
        {
            "reply": "one ",
            "faults": [{"error_event": {"at": "stop", "status": 529, "message": "Busy", "then": "close"}}],
        },
    ),
    (
        "one two three",
        "{error_event: {at: stop, status: 500, type: odd_error, shape: own}}",
        {"reply": "one two three", "faults": [{"error_event": {"at": "stop", "status": 500, "type": "odd_error"}}]},
    ),
]


def recorded(
    wire: str, turn: str, *, stream: bool = True, fields: Mapping[str, JsonValue] = MappingProxyType({})
) -> RecordedExchange:
    """Return the exchange of one turn."""
    return Recorder(Talk(turns(f"  - {turn}\n"), served=extended())).ask(ask(wire, said("hi"), stream=stream, **fields))


def words(exchange: RecordedExchange) -> dict[str, object]:
    """Return the answer of an exchange in the words of a turn."""
    return recorded_turn(exchange, extended()).words


def replayed(exchange: RecordedExchange) -> RecordedExchange:
    """Return the same exchange with the recording of it."""
    text = scenario_of([exchange], "again", extended())
    (again,) = [
        Recorder(Talk(script(text), served=extended())).ask(ask(wire, said("hi"), stream=True))
        for wire, path in PATHS.items()
        if path == exchange.path
    ]
    return again


@each_wire
@pytest.mark.parametrize(("reply", "fault", "expected"), BROKEN)
def test_a_broken_stream_has_the_fault_that_breaks_it(
    wire: str, reply: str, fault: str, expected: dict[str, JsonValue]
) -> None:
    exchange = recorded(wire, f"{{reply: {reply}, faults: [{fault}]}}")
    assert words(exchange) == expected
    assert words(replayed(exchange)) == expected


@each_wire
@pytest.mark.parametrize("turn", ["reply: one two", "reply: [{thinking: Hm hm.}, Hello]", f"reply: {CALL}"])
def test_a_stream_that_breaks_before_any_event_makes_a_file_without_mistakes(wire: str, turn: str) -> None:
    whole = recorded(wire, turn)
    for came in range(len(whole.frames)):
        exchange = msgspec.structs.replace(whole, frames=whole.frames[:came], ended="reset")
        assert dry_run(script(scenario_of([exchange], "again", extended())), extended()) == []


@each_wire
def test_a_429_without_retry_after_has_none_on_replay(wire: str) -> None:
    exchange = recorded(wire, "{error: {status: 429}, faults: [{retry_after: null}]}")
    assert words(exchange) == {"error": {"status": 429}, "faults": [{"retry_after": None}]}
    assert "retry-after" not in replayed(exchange).response_headers


STALLS: list[tuple[str, list[JsonValue]]] = [
    ("{stall: {at: delta 3, for: 5s}}", [{"stall": {"at": "delta 3", "for": "5s"}}]),
    ("{stall: {at: stop, for: 2s}}", [{"stall": {"at": "stop", "for": "2s"}}]),
    ("{stall: {at: delta 2, for: 300ms}}", []),
]


@each_wire
@pytest.mark.parametrize(("fault", "stalls"), STALLS)
def test_a_stall_is_a_fault_and_no_slower_rate(wire: str, fault: str, stalls: list[JsonValue]) -> None:
    turn = f"{{reply: one two three four five six seven eight, pace: {{rate: 20/s}}, faults: [{fault}]}}"
    exchange = recorded(wire, turn)
    said = words(exchange)
    assert said.get("faults", []) == stalls
    assert said["pace"] == {"rate": "20/s" if stalls else "11/s"}
    assert words(replayed(exchange)) == said


@each_wire
@pytest.mark.parametrize("place", [3, 4, 5])
def test_a_call_that_broke_in_its_arguments_breaks_there_again(wire: str, place: int) -> None:
    exchange = recorded(wire, f"{{reply: {CALL}, faults: [{{reset: {{at: delta {place}}}}}]}}")
    assert words(replayed(exchange)) == words(exchange)
    assert "tool_use" in str(words(exchange)["reply"])


@each_wire
def test_a_stream_that_lacks_only_its_last_event_breaks_before_it(wire: str) -> None:
    exchange = recorded(wire, "reply: one two")
    exchange = msgspec.structs.replace(exchange, frames=exchange.frames[:-1], ended="closed")
    last = {"anthropic": "message_stop", "openai": "done", "openai_responses": "stop"}[wire]
    assert words(exchange) == {"reply": "one two", "faults": [{"close": {"at": last}}]}


COMPLETED = [
    ('{"a": "b', {"a": "b"}),
    ('{"a": [1, {"b": 2', {"a": [1, {"b": 2}]}),
    ('{"a": 1, "b', {"a": 1}),
    ('{"a": "b\\', {"a": "b"}),
    ('{"a": "\\"x]', {"a": '"x]'}),
    ('{"a": {}, "b": tru', {"a": {}}),
    ("[1", {}),
    ("", {}),
]


@pytest.mark.parametrize(("text", "value"), COMPLETED)
def test_unfinished_arguments_are_completed(text: str, value: dict[str, JsonValue]) -> None:
    assert completed(text) == value


def answer(
    status: int,
    body: JsonValue | bytes,
    *,
    path: str = PATHS["openai"],
    ended: Ended = "complete",
    media_type: str = "application/json",
    **headers: str,
) -> RecordedExchange:
    """Return an exchange with this answer."""
    request = ask("anthropic" if path == PATHS["anthropic"] else "openai", said("hi"))
    return RecordedExchange(
        method="POST",
        path=path,
        headers=request.headers,
        body=request.body,
        status=status,
        response_headers={
            "content-type": media_type,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        },
        frames=(Frame(0.0, body if isinstance(body, bytes) else orjson.dumps(body)),),
        ended=ended,
    )


ANSWERS: list[tuple[RecordedExchange, JsonValue]] = [
    (
        answer(429, {"error": {"message": "Slow down", "type": "tokens", "code": "tpm"}}, retry_after="7"),
        {"error": {"status": 429, "retry_after": 7, "code": "tpm", "type": "tokens", "message": "Slow down"}},
    ),
    (
        answer(429, {"error": {"message": "Slow down"}}, retry_after_ms="1500", x_request_id="r1"),
        {
            "error": {"status": 429, "message": "Slow down"},
            "headers": {"retry-after-ms": "1500"},
            "faults": [{"retry_after": None}],
        },
    ),
    (answer(402, {"detail": "Insufficient credits"}), {"error": {"status": 402, "message": "Insufficient credits"}}),
    (answer(503, {"error": "Loading"}), {"error": {"status": 503, "message": "Loading"}}),
    (
        answer(
            529,
            {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
            path=PATHS["anthropic"],
        ),
        {"error": {"status": 529}},
    ),
    (
        answer(502, b"<h1>Bad gateway</h1>", media_type="text/html"),
        {"response": {"status": 502, "headers": {"content-type": "text/html"}, "body": "<h1>Bad gateway</h1>"}},
    ),
    (answer(500, {"oops": 1}), {"response": {"status": 500, "body": {"oops": 1}}}),
    (answer(200, {"odd": [1]}), {"response": {"body": {"odd": [1]}}}),
    (
        answer(200, b'{"id": "x', ended="closed"),
        {
            "response": {"headers": {"content-type": "application/json"}, "body": '{"id": "x'},
            "faults": [{"close": {"at": "end"}}],
        },
    ),
    (
        answer(200, b'data: {}\n\ndata: {"choices": [5]}\n\n', media_type="text/event-stream"),
        {
            "response": {
                "headers": {"content-type": "text/event-stream"},
                "body": 'data: {}\n\ndata: {"choices": [5]}\n\n',
            }
        },
    ),
    (answer(200, b"", media_type="text/plain"), {"response": {"status": 200}}),
    (answer(204, b""), {"response": {"status": 204}}),
]


@pytest.mark.parametrize(("exchange", "expected"), ANSWERS)
def test_an_answer_is_an_error_if_it_can_and_else_a_raw_response(
    exchange: RecordedExchange, expected: JsonValue
) -> None:
    assert words(exchange) == expected


@pytest.mark.parametrize("ended", ["no_answer", "reset", "closed", "complete"])
@pytest.mark.parametrize("path", [PATHS["openai"], "/v1/extra"])
def test_no_answer_at_all_is_an_answer_that_breaks_at_once(path: str, ended: Ended) -> None:
    exchange = answer(0, b"", path=path, ended=ended)
    expected: dict[str, object] = {"reply": "…"} if path != "/v1/extra" else {"response": {"status": 502}}
    assert words(exchange) == {**expected, "faults": ["reset" if ended == "reset" else "close"]}


TURNS = [
    "{reply: Hello, stop: max_tokens}",
    "{reply: [{thinking: Hm.}, Hello]}",
    "{reply: {json: {city: Oslo, degrees: -3.5}}}",
    "{reply: {refusal: I cannot.}}",
    '{reply: ""}',
    "{reply: Hello, usage: {input: 9000, output: 1}}",
    "{reply: Hello, usage: {input: 90, output: 900, thinking: 800}}",
    "{reply: One two three four five., pace: {first: 1.2s, rate: 12/s}}",
]


@each_wire
@pytest.mark.parametrize("turn", TURNS)
def test_a_reply_is_recorded_in_the_words_that_gave_it(wire: str, turn: str) -> None:
    formats: dict[str, dict[str, JsonValue]] = {
        "openai": {"response_format": {"type": "json_object"}, "stream_options": {"include_usage": True}},
        "anthropic": {"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}},
        "openai_responses": {"text": {"format": {"type": "json_object"}}},
    }
    said_before = yaml.safe_load(turn)
    said_after = words(recorded(wire, turn, fields=formats[wire]))
    texts = said_before["reply"]
    if isinstance(texts, list):
        said_before["reply"] = [block if isinstance(block, dict) else {"text": block} for block in texts]
    assert said_after == said_before


def test_redacted_thinking_has_a_placeholder() -> None:
    turn = "{reply: [{thinking: {text: Hidden., redacted: true}}, Hello]}"
    reply = words(recorded("anthropic", turn, stream=False))["reply"]
    assert reply == [{"thinking": {"text": "(redacted)", "redacted": True}}, {"text": "Hello"}]


@each_wire
@pytest.mark.parametrize("stop", ["end_turn", "max_tokens"])
def test_a_reply_that_fitted_by_the_gateways_own_count_fits_again(wire: str, stop: str) -> None:
    turn = f"{{reply: {'Indeed. ' * 10}End., stop: {stop}, usage: {{input: 10, output: 20}}}}"
    exchange = recorded(wire, turn, stream=False, fields={"max_tokens": 20})
    assert str(words(exchange)["reply"]).endswith("End.")
    text = scenario_of([exchange], "again", extended())
    again = Recorder(Talk(script(text), served=extended())).ask(ask(wire, said("hi"), max_tokens=20))
    assert words(again) == words(exchange)
