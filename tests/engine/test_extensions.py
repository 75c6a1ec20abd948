"""What the engine answers on the routes of an extension is what the extension's document allows."""

import orjson
import pytest
from pydantic import JsonValue

from mockserver.engine import threads
from mockserver.engine.request import Request
from mockserver.engine.step import Engine, EngineSettings
from mockserver.scenarios.script import Script
from tests.support.engine import KEY, Answer, Talk, contract, extended, turns

PATH = "/v1/responses"
ADDED = [operation for operation in extended().operations if operation.path not in contract().document["paths"]]

SCENARIOS = {
    "by itself": None,
    "text": turns("  - reply: Hello.\n    times: always\n"),
    "no text": turns("  - reply: ''\n    times: always\n"),
    "a refusal": turns("  - reply: [Well, {refusal: no.}]\n    times: always\n"),
    "thinking": turns("  - reply: [{thinking: Hm.}, {text: Done.}]\n    times: always\n"),
    "calls": turns("  - reply: [{text: Look.}, {tool_use: {name: t}}, {tool_use: {name: shell}}]\n    times: always\n"),
    **{
        f"stop {stop}": turns(f"  - reply: a\n    stop: {stop}\n    times: always\n")
        for stop in ("end_turn", "max_tokens", "stop_sequence", "tool_use", "refusal")
    },
}


def talk(script: Script | None = None, settings: EngineSettings | None = None) -> Talk:
    """Return a session with an engine that serves every extension."""
    made = Talk(script, settings=settings)
    made.engine = Engine(extended(), made.engine.scripts, made.engine.settings)
    return made


def ask(made: Talk, **fields: JsonValue) -> Answer:
    return made.post(PATH, {"model": "m", "input": "Hello", **fields})


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_every_reply_is_what_the_document_allows(scenario: str, stream: bool) -> None:
    tools: JsonValue = [{"type": "custom", "name": "shell"}]
    answer = ask(talk(SCENARIOS[scenario]), stream=stream, tools=tools)
    operation, _ = extended().find("POST", PATH)
    assert answer.status == 200
    if stream:
        for event in answer.events:
            extended().event_validator(operation).validate(event)
    else:
        extended().response_validator(operation, 200).validate(answer.json)


@pytest.mark.parametrize("operation", ADDED, ids=lambda operation: str(operation.id))
def test_an_operation_of_an_extension_says_where_it_comes_from(operation: object) -> None:
    assert getattr(operation, "sources", None) == {"SDK"}


def test_the_request_id_of_an_error_is_that_of_the_wire() -> None:
    answer = ask(talk(), input=[])
    assert (answer.status, answer.at("error", "param")) == (400, "input")
    assert answer.headers["x-request-id"] == answer.json["request_id"]


def test_a_session_keeps_only_the_last_responses() -> None:
    made = talk()
    first = ask(made).json["id"]
    for _ in range(threads.MOST_THREADS):
        ask(made)
    assert len(made.session.threads) == threads.MOST_THREADS
    assert ask(made, previous_response_id=first).status == 400


def test_a_long_response_is_not_kept() -> None:
    made = talk()
    long = ask(made, input="x" * threads.MOST_BYTES).json["id"]
    assert ask(made, previous_response_id=long).status == 400


@pytest.mark.parametrize("word", ["refuse", "keep", "lose"])
def test_a_response_is_kept_unless_threads_are_to_be_lost(word: str) -> None:
    made = talk(settings=EngineSettings(threads=word))  # type: ignore[arg-type]  # a word of the parameter's Literal
    first = ask(made).json["id"]
    assert ask(made, previous_response_id=first).status == (400 if word == "lose" else 200)


def test_the_items_of_a_response_have_ids() -> None:
    made = talk()
    first = ask(made).json["id"]
    second = ask(made, previous_response_id=first).json["id"]
    listed = orjson.loads(made.get(f"{PATH}/{second}/input_items").payload)
    assert [item["type"] for item in listed["data"]] == ["message"] * 3
    assert (listed["first_id"], listed["last_id"]) == (listed["data"][0]["id"], listed["data"][-1]["id"])


def test_what_is_not_kept_can_be_neither_read_nor_deleted() -> None:
    for method in ("GET", "DELETE"):
        answer = talk().send(Request(method, f"{PATH}/resp_none", KEY))
        assert (answer.status, orjson.loads(answer.payload)["code"]) == (404, "not_found")


def test_an_item_is_named_by_its_id() -> None:
    made = talk()
    output = ask(made).json["output"]
    assert isinstance(output, list)
    assert isinstance(output[0], dict)
    again = ask(made, input=[{"role": "user", "content": "And?"}, {"type": "item_reference", "id": output[0]["id"]}])
    assert again.status == 200
    unknown = ask(made, input=[{"type": "item_reference", "id": "msg_none_0"}])
    assert (unknown.status, unknown.at("error", "code")) == (404, "item_not_found")


def test_a_kept_response_is_retrieved_and_deleted() -> None:
    made = talk()
    kept = ask(made).json
    path = f"{PATH}/{kept['id']}"
    assert made.get(path).json == kept
    assert made.send(Request("DELETE", path, KEY)).json == {"id": kept["id"], "object": "response", "deleted": True}
    assert made.get(path).status == 404
