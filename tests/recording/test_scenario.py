"""A recording as a scenario: it loads, has no mistakes, and gives the same answers again, in any order."""

from collections.abc import Sequence

import orjson
import pytest
from pydantic import JsonValue

from mockserver.core.errors import AuthorError
from mockserver.engine.request import Request
from mockserver.files import loader
from mockserver.files.dry_run import dry_run
from mockserver.recording.exchange import RecordedExchange
from mockserver.recording.scenario import scenario_of
from mockserver.wires import WIRES
from tests.support.engine import KEY, Talk, extended, script, turns
from tests.support.recordings import PATHS, Recorder, ask, said

SEARCH: dict[str, list[JsonValue]] = {
    "anthropic": [{"name": "search", "description": "", "input_schema": {"type": "object"}}],
    "openai": [
        {"type": "function", "function": {"name": "search", "description": "", "parameters": {"type": "object"}}}
    ],
    "openai_responses": [{"type": "function", "name": "search", "parameters": {"type": "object"}}],
}

RESULT: dict[str, list[JsonValue]] = {
    "anthropic": [
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "search", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "rain"}]},
    ],
    "openai": [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "t1", "type": "function", "function": {"name": "search", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "t1", "content": "rain"},
    ],
    "openai_responses": [
        {"type": "function_call", "call_id": "t1", "name": "search", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "t1", "output": "rain"},
    ],
}

ORIGINAL = """
  - error: {status: 429, retry_after: 2}
    times: 2
  - reply:
      - thinking: Hmm, weather.
      - text: "Let me look: that up."
      - tool_use: {name: search, input: {query: weather in Oslo, days: 3}}
    pace: {first: 330ms, rate: 40/s}
  - when: {last: tool_result}
    reply: "It is cold.\\nAnd it {{braces}}rains}}.\\n\\nWear a coat."
  - reply: Take one
    stop: max_tokens
  - reply: Take two
    usage: {input: 5000, output: 2, cache_read: 4000}
"""

EXPECTED = """\
scenario: weather
turns:
  - when: {text: "How is the weather?", last: user}
    error: {status: 429, retry_after: 2}
    times: 2
  - when: {text: "How is the weather?", last: user}
    reply:
      - thinking: Hmm, weather.
      - text: "Let me look: that up."
      - tool_use: {name: search, input: {query: weather in Oslo, days: 3}}
    pace: {first: 330ms, rate: 40/s}
  - when: {last: tool_result}
    reply: |-
      It is cold.
      And it {{braces}}rains}}.

      Wear a coat.
  - when: {text: Say it.}
    reply: Take one
    stop: max_tokens
  - when: {text: Say it.}
    reply: Take two
    usage: {input: 5000, output: 2, cache_read: 4000}
"""


def session(wire: str, *, stream: bool) -> Recorder:
    """Record a session of six requests, two of which are retries."""
    recorder = Recorder(Talk(turns(ORIGINAL), served=extended()))
    question = said("How is the weather?")
    for retry in range(3):
        recorder.ask(ask(wire, question, stream=stream, tools=SEARCH[wire]), retry)
    recorder.ask(ask(wire, [*question, *RESULT[wire]], stream=stream, tools=SEARCH[wire]))
    for _ in range(2):
        options: dict[str, JsonValue] = {"stream_options": {"include_usage": True}} if wire == "openai" else {}
        recorder.ask(ask(wire, said("Say it."), stream=stream, **(options if stream else {})))
    return recorder


def replayed(text: str, requests: Sequence[Request]) -> list[RecordedExchange]:
    """Return the answers of a scenario to these requests."""
    again = Recorder(Talk(script(text), served=extended()))
    return [again.ask(request) for request in requests]


def request_of(exchange: RecordedExchange) -> Request:
    return Request(exchange.method, exchange.path, exchange.headers, exchange.body)


def meaning(exchange: RecordedExchange) -> object:
    """Return what a client understands of an answer, without ids: the recording of it alone."""
    text = scenario_of([exchange], "alone", extended())
    return loader.parse(text.encode(), "alone.yaml").scenario


@pytest.mark.parametrize("wire", PATHS)
def test_a_streamed_session_reads_as_a_person_would_write_it(wire: str) -> None:
    text = scenario_of(session(wire, stream=True).exchanges, "weather", extended())
    assert text == EXPECTED


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("wire", PATHS)
def test_a_recording_has_no_mistakes(wire: str, stream: bool) -> None:
    text = scenario_of(session(wire, stream=stream).exchanges, "weather", extended())
    assert dry_run(script(text), extended()) == []


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("wire", PATHS)
def test_a_recording_gives_the_same_answers_again(wire: str, stream: bool) -> None:
    exchanges = session(wire, stream=stream).exchanges
    text = scenario_of(exchanges, "weather", extended())
    again = replayed(text, [request_of(exchange) for exchange in exchanges])
    assert [meaning(exchange) for exchange in again] == [meaning(exchange) for exchange in exchanges]


def test_the_order_of_other_requests_does_not_matter_on_replay() -> None:
    exchanges = session("anthropic", stream=False).exchanges
    text = scenario_of(exchanges, "weather", extended())
    order = [4, 3, 0, 5, 1, 2]
    again = replayed(text, [request_of(exchanges[number]) for number in order])
    assert [meaning(exchange) for exchange in again] == [meaning(exchanges[number]) for number in order]


@pytest.mark.parametrize(("wire", "other"), [("anthropic", "openai"), ("openai", "anthropic")])
def test_a_recording_plays_on_the_other_wire(wire: str, other: str) -> None:
    text = scenario_of(session(wire, stream=True).exchanges, "weather", extended())
    again = replayed(text, [ask(other, said("Say it."), stream=False) for _ in range(2)])
    texts = [list(WIRES[other].reader.texts(orjson.loads(exchange.payload))) for exchange in again]
    assert texts == [["Take one"], ["Take two"]]


def test_the_same_question_on_two_wires_gets_the_answer_of_its_wire() -> None:
    recorder = Recorder(Talk(turns("  - reply: first\n  - reply: second\n"), served=extended()))
    exchanges = [recorder.ask(ask(wire, said("Hello"))) for wire in ("anthropic", "openai")]
    text = scenario_of(exchanges, "both", extended())
    again = replayed(text, [request_of(exchange) for exchange in reversed(exchanges)])
    assert [meaning(exchange) for exchange in again] == [meaning(exchange) for exchange in reversed(exchanges)]


def test_equal_answers_of_a_plain_route_are_one_turn() -> None:
    recorder = Recorder(Talk(served=extended()))
    for _ in range(3):
        recorder.ask(Request("GET", "/api/v1/public/credits/balance", KEY))
    text = scenario_of(recorder.exchanges, "balance", extended())
    turn = loader.parse(text.encode(), "balance.yaml").scenario.turns
    assert [(one.when.operation, one.times) for one in turn] == [(["credits_balance"], None)]


def test_a_request_that_no_operation_has_is_matched_by_its_path() -> None:
    exchange = RecordedExchange(method="GET", path="/v1/extra", status=200, response_headers={})
    text = scenario_of([exchange], "extra", extended())
    assert "- when: {method: GET, path: /v1/extra}" in text


def test_a_name_that_is_none_is_refused_when_the_file_loads() -> None:
    text = scenario_of(session("openai", stream=False).exchanges, "No name", extended())
    with pytest.raises(AuthorError, match="No name"):
        loader.parse(text.encode(), "x.yaml")
