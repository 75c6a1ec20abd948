"""Importers: a file of each format becomes a scenario that loads and answers; a loss is reported with its place."""

import base64
import gzip

import orjson
import pytest
import yaml

from mockserver.core.conversation import Json
from mockserver.core.errors import OperatorError
from mockserver.files import loader
from mockserver.recording.importers import FORMATS, read, scenario_from
from mockserver.recording.importers.imported import Imported
from mockserver.scenarios.compile import compile_scenario
from tests.support.engine import HELLO, Talk, contract, turns

BODY = orjson.dumps({"model": "m", "max_tokens": 9, "messages": HELLO}).decode()
REAL = Talk(turns("  - {reply: From the gateway.}\n"))
WHOLE = REAL.say().payload.decode()
STREAM = Talk(turns("  - {reply: From the gateway.}\n")).say(stream=True).payload.decode()
URL = "https://gateway.example/v1/messages"
JSON_TYPE = {"name": "Content-Type", "value": "application/json"}
CASSETTE_TYPE = {"content-type": ["application/json"]}


def scenario(imported: Imported) -> list[Json]:
    """Return the turns of the scenario, which has no mistakes."""
    text = scenario_from(imported, "imported", contract())
    found = loader.parse(text.encode(), "imported.yaml").scenario
    assert compile_scenario(found, contract())[1] == []
    turns: list[Json] = yaml.safe_load(text)["turns"]
    return turns


# HAR


def entry(status: int = 200, media: str = "application/json", **fields: Json) -> dict[str, Json]:
    """Return an entry of a HAR."""
    request = {"method": "POST", "url": URL, "headers": [JSON_TYPE], "postData": {"text": BODY}}
    text = WHOLE if media == "application/json" else STREAM
    content = {"text": text, "size": 9, "mimeType": media}
    headers = [{"name": "content-type", "value": media}] if media else []
    response = {"status": status, "headers": headers, "content": content}
    return {"request": request, "response": response, "timings": {"send": 1, "wait": 800, "receive": 200}, **fields}


def har(*entries: dict[str, Json]) -> Imported:
    return read({"log": {"version": "1.2", "entries": list(entries)}})


def test_a_har_becomes_turns_with_the_time_of_each_answer() -> None:
    imported = har(entry())
    assert scenario(imported) == [{"when": {"text": "Hello"}, "reply": "From the gateway.", "pace": {"first": "1s"}}]
    assert imported.losses == []


def test_a_stream_in_a_har_is_read_and_its_times_are_lost() -> None:
    imported = har(entry(media="text/event-stream"))
    [turn] = scenario(imported)
    assert turn["reply"] == "From the gateway."
    assert imported.losses == ["entries: a HAR has no times of single events; streams come when they are whole"]


def test_a_body_of_a_har_can_be_base64() -> None:
    coded = entry()
    coded["response"]["content"] = {"text": base64.b64encode(WHOLE.encode()).decode(), "encoding": "base64"}
    assert scenario(har(coded))[0]["reply"] == "From the gateway."
    coded["response"]["content"]["text"] = "a"
    assert "reply" not in scenario(har(coded))[0]


@pytest.mark.parametrize(
    ("lost", "reason"),
    [
        (entry(media="text/html"), "text/html is no answer of an API; left out"),
        (entry(status=0), "it has no answer; left out"),
        (entry(_webSocketMessages=[]), "a WebSocket; left out"),
        (
            entry() | {"response": {"status": 200, "content": {"size": 5}}},
            "the body of its answer was not saved; left out",
        ),
    ],
)
def test_what_a_har_has_and_a_scenario_has_not_is_told(lost: dict[str, Json], reason: str) -> None:
    imported = har(entry(), lost)
    assert imported.losses == [f"entry 2: /v1/messages: {reason}"]
    assert len(imported.exchanges) == 1


# VCR


def cassette(body: Json, headers: Json = CASSETTE_TYPE, code: Json = 200) -> Imported:
    request = {"method": "POST", "uri": URL, "body": BODY, "headers": CASSETTE_TYPE}
    response = {"status": {"code": code, "message": "OK"}, "headers": headers, "body": body}
    return read({"version": 1, "interactions": [{"request": request, "response": response}]})


@pytest.mark.parametrize("body", [{"string": WHOLE}, {"string": WHOLE.encode()}, WHOLE, orjson.loads(WHOLE)])
def test_a_cassette_becomes_turns(body: Json) -> None:
    imported = cassette(body)
    assert scenario(imported) == [{"when": {"text": "Hello"}, "reply": "From the gateway."}]
    assert imported.losses == ["interactions: a cassette has no times; answers come at once"]


@pytest.mark.parametrize("body", [gzip.compress(WHOLE.encode()), WHOLE.encode()])
def test_a_compressed_body_of_a_cassette_is_unpacked_or_was_already(body: bytes) -> None:
    headers = {**CASSETTE_TYPE, "Content-Encoding": ["gzip"]}
    assert scenario(cassette({"string": body}, headers))[0]["reply"] == "From the gateway."


@pytest.mark.parametrize(
    ("imported", "reason"),
    [
        (
            cassette({"string": b"\xff\xfe"}, {"content-encoding": ["br"]}),
            "its body is compressed (br) and cannot be read",
        ),
        (cassette(None, code=None), "it has no answer"),
    ],
)
def test_what_a_cassette_does_not_say_is_told(imported: Imported, reason: str) -> None:
    assert imported.losses == [f"interaction 1: /v1/messages: {reason}; left out"]
    with pytest.raises(OperatorError, match="nothing in the file can become a turn"):
        scenario_from(imported, "imported", contract())


def test_a_cassette_can_have_an_answer_without_a_body() -> None:
    assert scenario(cassette(None))[0]["response"] == {"status": 200}


def test_an_error_of_a_cassette_is_an_error() -> None:
    [turn] = scenario(cassette({"string": '{"error": {"message": "Slow down."}}'}, code=429))
    assert turn["error"]["status"] == 429


# aimock


def aimock(*fixtures: dict[str, Json]) -> Imported:
    return read({"fixtures": list(fixtures)}, "aimock")


@pytest.mark.parametrize(
    ("match", "when"),
    [
        ({"userMessage": "weather"}, {"text": {"contains": "weather"}}),
        ({"systemMessage": "brief", "model": "m"}, {"system": {"contains": "brief"}, "model": "m"}),
        ({"toolCallId": "call_1"}, {"tool_result": {"id": "call_1"}}),
        ({"toolResultContains": "rain", "hasToolResult": True}, {"tool_result": {"text": {"contains": "rain"}}}),
        ({"hasToolResult": True}, {"last": "tool_result"}),
        ({"hasToolResult": False, "turnIndex": 0}, {"last": "user", "assistant_turns": 0}),
        ({"toolName": "look", "responseFormat": "json_object"}, {"response_format": "json_object", "tools": ["look"]}),
    ],
)
def test_a_match_of_aimock_becomes_a_condition(match: Json, when: Json) -> None:
    imported = aimock({"match": match, "response": {"content": "Hi"}})
    assert scenario(imported) == [{"when": when, "reply": "Hi", "times": "always"}]
    assert imported.losses == []


CALL = {"name": "look", "arguments": '{"city": "Oslo"}', "id": "call_1"}
USE = {"tool_use": {"name": "look", "input": {"city": "Oslo"}, "id": "call_1"}}


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        ({"content": "Hi {{name}}"}, {"reply": "Hi {{braces}}name}}"}),
        ({"content": {"a": 1}}, {"reply": [{"json": {"a": 1}}]}),
        (
            {"reasoning": "Hm.", "content": "Hi", "finishReason": "length"},
            {"reply": [{"thinking": "Hm."}, {"text": "Hi"}], "stop": "max_tokens"},
        ),
        ({"toolCalls": [CALL]}, {"reply": [USE]}),
        (
            {"blocks": [{"type": "text", "text": "Well"}, {"type": "toolCall", **CALL}]},
            {"reply": [{"text": "Well"}, USE]},
        ),
        (
            {"error": {"message": "No.", "type": "rate_limit_error"}, "status": 429},
            {"error": {"status": 429, "type": "rate_limit_error", "message": "No."}},
        ),
    ],
)
def test_a_response_of_aimock_becomes_an_answer(response: Json, answer: Json) -> None:
    imported = aimock({"match": {"sequenceIndex": 0}, "response": response})
    assert imported.losses == []
    assert imported.turns == [{"when": {}, **answer}]
    assert len(scenario(imported)) == 1


def test_the_timing_of_aimock_becomes_a_pace_and_a_cut_a_fault() -> None:
    profile = {"ttft": 300, "tps": 40, "jitter": 0.1}
    imported = aimock(
        {
            "match": {"userMessage": "cut"},
            "response": {"content": "one two three four"},
            "streamingProfile": profile,
            "truncateAfterChunks": 2,
        },
        {"match": {}, "response": {"content": "Hi"}, "latency": 25},
    )
    first, second = imported.turns
    assert first["pace"] == {"first": "300ms", "rate": "40/s", "jitter": "10%"}
    assert first["faults"] == [{"close": {"at": "delta 3"}}]
    assert second["pace"] == {"rate": "40/s"}
    assert len(scenario(imported)) == 2


def test_what_aimock_has_and_a_scenario_has_not_is_told_with_its_place() -> None:
    imported = aimock(
        {
            "match": {"userMessage": 5, "context": "x"},
            "response": {"content": "Hi", "finishReason": "odd", "usage": {}},
            "chaos": {"dropRate": 1},
            "metadata": None,
        },
        {"match": {"inputText": "a"}, "response": {"embedding": [1.0]}},
        {"match": "odd", "response": {"content": "Hi", "blocks": [{"type": "image"}]}},
    )
    assert imported.losses == [
        "fixture 1.match: userMessage: only a text can be matched; left out",
        "fixture 1.response: finishReason odd: left out",
        "fixture 1.match.context: a scenario has no such key; left out",
        "fixture 1.response.usage: a scenario has no such key; left out",
        "fixture 1.chaos: a scenario has no such key; left out",
        "fixture 2.match.inputText: a scenario has no such key; left out",
        "fixture 2.response.embedding: a scenario has no such key; left out",
        "fixture 2: its response is none that a conversation has; left out",
        "fixture 3.match: it is no mapping",
        "fixture 3.response: a block of the type image: left out",
    ]


# llmposter


def llmposter(*fixtures: dict[str, Json]) -> Imported:
    return read({"fixtures": list(fixtures)}, "llmposter")


@pytest.mark.parametrize(
    ("fixture", "turn"),
    [
        (
            {"match": {"user_message": "hello"}, "response": {"content": "Hi"}},
            {"when": {"text": {"contains": "hello"}}, "reply": "Hi"},
        ),
        (
            {
                "match": {"user_message": {"regex": "^h"}, "model": "gpt"},
                "response": {"content": "Hi", "stop_reason": "length"},
            },
            {"when": {"text": {"regex": "^h"}, "model": "*gpt*"}, "reply": "Hi", "stop": "max_tokens"},
        ),
        (
            {"provider": "anthropic", "response": {"tool_calls": [{"name": "look", "arguments": {"a": 1}}]}},
            {"when": {"wire": "anthropic"}, "reply": [{"tool_use": {"name": "look", "input": {"a": 1}}}]},
        ),
        (
            {"error": {"status": 429, "message": "Slow.", "headers": {"retry-after": "60"}}},
            {"when": {}, "error": {"status": 429, "message": "Slow."}, "headers": {"retry-after": "60"}},
        ),
        ({"refusal": {"reason": "No."}}, {"when": {}, "reply": [{"refusal": "No."}]}),
        (
            {
                "response": {"content": "Hi"},
                "failure": {"latency_ms": 2000, "truncate_after_frames": 3},
                "streaming": {"latency": 50},
            },
            {"when": {}, "reply": "Hi", "pace": {"first": "2s", "rate": "20/s"}, "faults": [{"close": {"at": 4}}]},
        ),
        (
            {"response": {"content": "Hi"}, "failure": {"corrupt_body": True}},
            {"when": {}, "response": {"headers": {"content-type": "text/plain"}, "body": "overloaded"}},
        ),
        (
            {"response": {"content": "Hi"}, "scenario": {"name": "a", "required_state": "", "set_state": "b"}},
            {"when": {"state": "start"}, "reply": "Hi", "then": "b"},
        ),
    ],
)
def test_a_fixture_of_llmposter_becomes_a_turn(fixture: dict[str, Json], turn: Json) -> None:
    imported = llmposter(fixture)
    assert imported.losses == []
    assert scenario(imported) == [{**turn, "times": "always"}]


def test_what_llmposter_has_and_a_scenario_has_not_is_told_with_its_place() -> None:
    imported = llmposter(
        {"match": {"model": {"regex": "^g"}}, "response": {"content": "Hi {{x}}", "stop_reason": "odd"}},
        {"provider": "gemini", "response": {"content": "Hi"}},
        {"response": {}},
        {"response": {"content": "Hi"}, "failure": {"disconnect_after_ms": 5}, "scenario": {"name": "a"}},
        {"response": {"content": "Hi"}, "streaming": {"chunk_size": 5}, "scenario": {"name": "b"}},
        {"refusal": {}},
    )
    assert imported.losses == [
        "fixture 1.match: model by a regular expression: a scenario has globs; left out",
        "fixture 1.response: templates in its content are texts now",
        "fixture 1.response: stop reason odd: left out",
        "fixture 2: the provider gemini: no wire of the gateway; left out",
        "fixture 3: it has no response, error or refusal; left out",
        "fixture 4.failure.disconnect_after_ms: a scenario has no such key; left out",
        "fixture 5.streaming.chunk_size: a scenario has no such key; left out",
        "fixture 6: it has no response, error or refusal; left out",
        "scenarios a, b: a scenario has one state; theirs are mixed",
    ]


# All of them


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ({"log": {"entries": []}}, "har"),
        ({"interactions": []}, "vcr"),
        ({"fixtures": [{"match": {"userMessage": "a"}, "response": {"content": "b"}}]}, "aimock"),
        ({"fixtures": [{"match": {"user_message": "a"}, "response": {"content": "b"}}]}, "llmposter"),
    ],
)
def test_a_format_is_recognised(value: Json, name: str) -> None:
    assert next(format.name for format in FORMATS.values() if format.recognises(value)) == name


@pytest.mark.parametrize("value", [{}, [], "text", None, {"fixtures": 5}])
def test_what_is_of_no_format_is_refused_with_their_titles(value: Json) -> None:
    with pytest.raises(OperatorError, match="the file is none of these: HAR"):
        read(value)


def test_secrets_of_fixtures_are_placeholders() -> None:
    text = scenario_from(aimock({"match": {}, "response": {"content": "Write to ada@example.com"}}), "a", contract())
    assert "ada@" not in text
    assert "{{secret.1}}" in text
