"""The engine with scenarios: which one plays, which turn of it answers, and what is told when none does."""

import pytest
from pydantic import JsonValue

from mockserver.core.actions import Wait
from mockserver.engine.request import Request
from tests.support.dialects import DIALECTS, Dialect
from tests.support.engine import BYOK, CHAT, HELLO, KEY, MESSAGES, NOW, Answer, Talk, script, turns

BOTH = pytest.mark.parametrize("dialect", DIALECTS, ids=["anthropic", "openai"])
ASKED: dict[str, JsonValue] = {"model": "m", "max_tokens": 1000, "messages": HELLO}

NAMES = ("by-default", "by-key", "by-model", "by-header", "greeting")
SCRIPTS = [script(f"scenario: {name}\nturns: [{{reply: {name}, times: always}}]") for name in NAMES]


def chosen(model: str, headers: dict[str, str]) -> Answer:
    """Return the answer to a request with this model and these headers, where every scenario answers its own name."""
    return Talk(SCRIPTS[0], others=SCRIPTS).post(MESSAGES, ASKED | {"model": model}, KEY | headers)


# Which scenario


@pytest.mark.parametrize(
    ("model", "headers", "name"),
    [
        ("m", {}, "by-default"),
        ("m", {"x-api-key": "sk_mock_by-key"}, "by-key"),
        ("m", {"x-api-key": "sk_mock_by-key_17"}, "by-key"),
        ("m", {"x-api-key": "", "authorization": "Bearer sk_mock_by-key"}, "by-key"),
        ("mock/by-model", {}, "by-model"),
        ("mock/by-model", {"x-api-key": "sk_mock_by-key"}, "by-model"),
        ("m", {"x-mock-scenario": "by-header"}, "by-header"),
        ("mock/by-model", {"x-mock-scenario": "by-header", "x-api-key": "sk_mock_by-key"}, "by-header"),
    ],
)
def test_a_scenario_is_chosen_by_header_else_model_else_key_else_operator(
    model: str, headers: dict[str, str], name: str
) -> None:
    assert chosen(model, headers).text == name


@pytest.mark.parametrize(
    ("model", "headers"),
    [
        ("m", {"x-mock-scenario": "greting"}),
        ("mock/greting", {}),
        ("m", {"x-api-key": "sk_mock_greting"}),
    ],
)
def test_an_unknown_scenario_is_404_and_names_the_nearest(model: str, headers: dict[str, str]) -> None:
    answer = chosen(model, headers)
    assert (answer.status, answer.json["code"]) == (404, "unknown_scenario")
    assert answer.json["message"] == "No scenario 'greting'; did you mean 'greeting'?"


# Which turn


ORDER = turns("  - reply: one\n  - reply: two\n    times: 2\n  - reply: three\n    times: always\n")


def test_turns_are_played_in_order_as_often_as_they_say() -> None:
    talk = Talk(ORDER)
    assert [talk.say().text for _ in range(6)] == ["one", "two", "two", "three", "three", "three"]


def test_both_dialects_play_the_same_script() -> None:
    talk = Talk(ORDER)
    assert [talk.say(path).text for path in (MESSAGES, CHAT, BYOK, MESSAGES)] == ["one", "two", "two", "three"]


def test_an_answer_says_which_turn_it_is() -> None:
    talk = Talk(ORDER)
    assert [talk.say().headers["x-mock-turn"] for _ in range(2)] == ["test/1", "test/2"]


RULES = turns(
    """
  - when: {last: tool_result}
    reply: after a tool
    times: always
  - when: {operation: chat_byok}
    reply: on BYOK
    times: always
  - when: {wire: openai}
    reply: on OpenAI
    times: always
  - when: {stream: true}
    reply: streamed
    times: always
  - when: {model: [gpt-*, GEMMA-2b]}
    reply: for the model
    times: always
  - when: {tools: [weather]}
    reply: with the tool
    times: always
  - when: {text: Hello}
    reply: exactly
    times: always
  - when: {text: {contains: weath}}
    reply: contains
    times: always
"""
)
WEATHER = DIALECTS[0].tool("weather", {"type": "object"})


def user(text: str) -> list[JsonValue]:
    return [{"role": "user", "content": text}]


@pytest.mark.parametrize(
    ("path", "fields", "text"),
    [
        (MESSAGES, {"messages": [*HELLO, DIALECTS[0].call("a"), *DIALECTS[0].results("a")]}, "after a tool"),
        (CHAT, {"messages": [*HELLO, DIALECTS[1].call("a"), *DIALECTS[1].results("a")]}, "after a tool"),
        (BYOK, {}, "on BYOK"),
        (CHAT, {}, "on OpenAI"),
        (MESSAGES, {"model": "gpt-4o", "messages": user("x")}, "for the model"),
        (MESSAGES, {"model": "gemma-2B", "messages": user("x")}, "for the model"),
        (MESSAGES, {"tools": [WEATHER], "messages": user("x")}, "with the tool"),
        (MESSAGES, {}, "exactly"),
        (MESSAGES, {"messages": user("How is the weather?")}, "contains"),
    ],
)
def test_the_first_turn_without_a_difference_answers(path: str, fields: dict[str, JsonValue], text: str) -> None:
    assert Talk(RULES).say(path, **fields).text == text


# When none does


def test_an_unmatched_request_is_404_with_the_near_misses_nearest_first() -> None:
    played = turns(
        "  - when: {last: tool_result, model: gpt-*}\n    reply: x\n  - when: {stream: true}\n    reply: y\n"
    )
    answer = Talk(played).say()
    assert (answer.status, answer.json["code"], answer.headers["x-mock-error"]) == (404, *["no_turn_matched"] * 2)
    message = str(answer.json["message"])
    nearest, other = "request asks for a complete response; expected a stream", "last message is a user message"
    assert message.startswith("No matching turn in scenario 'test'. Turn 2: ")
    assert 0 < message.index(nearest) < message.index(other)


def test_only_the_three_nearest_turns_are_told() -> None:
    played = turns("".join(f"  - when: {{model: wanted-{n}}}\n    reply: x\n" for n in range(9)))
    assert str(Talk(played).say().json["message"]).count("wanted-") == 3


def test_a_script_that_is_played_out_says_so() -> None:
    talk = Talk(turns("  - reply: only\n"))
    talk.say()
    assert "played 1 of 1 times" in str(talk.say().json["message"])


@BOTH
def test_an_unmatched_request_is_told_in_the_clients_dialect(dialect: Dialect) -> None:
    body = Talk(turns("  - when: {text: never}\n    reply: x\n")).say(dialect.path).json
    assert (body.get("type"), "error" in body) == ("error" if dialect.path == MESSAGES else None, True)


def test_operations_that_are_no_conversations_go_on_answering() -> None:
    assert Talk(turns("  - reply: x\n")).get("/v1/models").status == 200


# Errors, usage, stop, headers


@BOTH
@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 429, 500, 502, 503, 504, 418, 599])
def test_an_error_turn_answers_with_its_status_in_the_dialect(dialect: Dialect, status: int) -> None:
    answer = Talk(turns(f"  - error: {{status: {status}, message: Said.}}\n")).say(dialect.path)
    assert (answer.status, answer.json["message"], "error" in answer.json) == (status, "Said.", True)


@BOTH
def test_a_429_has_its_retry_after(dialect: Dialect) -> None:
    answer = Talk(turns("  - error: {status: 429, retry_after: 2}\n")).say(dialect.path)
    assert (answer.headers["retry-after"], answer.json["code"]) == ("2", "rate_limit_exceeded")


@BOTH
def test_a_429_without_a_word_about_it_has_a_retry_after_all_the_same(dialect: Dialect) -> None:
    assert Talk(turns("  - error: {status: 429}\n")).say(dialect.path).headers["retry-after"].isdecimal()


@BOTH
def test_an_error_answers_a_stream_with_a_whole_body(dialect: Dialect) -> None:
    answer = Talk(turns("  - error: {status: 500}\n")).say(dialect.path, stream=True)
    assert (answer.status, answer.headers["content-type"]) == (500, "application/json")


@BOTH
def test_usage_and_stop_can_be_overridden(dialect: Dialect) -> None:
    played = turns("  - reply: x\n    usage: {input: 1200, output: 800}\n    stop: max_tokens\n")
    said = dialect.whole(Talk(played).say(dialect.path))
    assert (said.input, said.output, said.stop) == (1200, 800, dialect.stops["max_tokens"])


@BOTH
def test_half_of_the_usage_can_be_overridden(dialect: Dialect) -> None:
    said = dialect.whole(Talk(turns("  - reply: '1234'\n    usage: {output: 800}\n")).say(dialect.path))
    assert (said.input, said.output) == (2, 800)


@pytest.mark.parametrize("path", [MESSAGES, CHAT])
def test_a_tool_call_has_the_id_that_the_scenario_gives_it(path: str) -> None:
    assert b'"id":"my_id"' in Talk(turns("  - reply: [{tool_use: {name: t, id: my_id}}]\n")).say(path).payload


@pytest.mark.parametrize(("path", "prefix"), [(MESSAGES, b'"id":"toolu_'), (CHAT, b'"id":"call_')])
def test_a_tool_call_without_an_id_has_one_of_its_wire(path: str, prefix: bytes) -> None:
    assert prefix in Talk(turns("  - reply: [{tool_use: {name: t}}]\n")).say(path).payload


@BOTH
def test_names_in_a_reply_are_filled_in(dialect: Dialect) -> None:
    played = turns("  - reply: '{{request.model}} heard {{last_user_text}} at {{now}}'\n")
    assert Talk(played).say(dialect.path).text == f"test-model heard Hello at {int(NOW)}"


@pytest.mark.parametrize(("path", "name"), [(MESSAGES, "request-id"), (CHAT, "x-request-id")])
def test_every_answer_has_a_request_id_of_its_own(path: str, name: str) -> None:
    talk = Talk()
    ids = {talk.say(path).headers[name] for _ in range(5)} | {talk.say(path, stream=True).headers[name]}
    assert len(ids) == 6


@BOTH
def test_the_request_id_of_an_error_stands_in_its_body_too(dialect: Dialect) -> None:
    answer = Talk(turns("  - error: {status: 500}\n")).say(dialect.path)
    name = "request-id" if dialect.path == MESSAGES else "x-request-id"
    assert answer.json["request_id"] == answer.headers[name]


def test_count_tokens_says_what_the_answer_will_say() -> None:
    counted = Talk().post("/v1/messages/count_tokens", {"model": "m", "messages": HELLO, "system": "Be brief."})
    usage = Talk().say(MESSAGES, system="Be brief.").json["usage"]
    assert isinstance(usage, dict)
    assert counted.json == {"input_tokens": usage["input_tokens"]}


@BOTH
def test_a_pace_is_waits_that_add_up(dialect: Dialect) -> None:
    played = turns("  - reply: one two three\n    pace: {first: 300ms, rate: 10/s}\n    times: always\n")
    for stream in (True, False):
        waits = [a.seconds for a in Talk(played).say(dialect.path, stream=stream).actions if isinstance(a, Wait)]
        assert sum(waits) == pytest.approx(0.5)


def test_a_body_too_large_is_413_in_the_dialect() -> None:
    answer = Talk().send(Request("POST", MESSAGES, KEY, too_large=True))
    assert (answer.status, answer.json["code"], answer.json["type"]) == (413, "request_too_large", "error")


@pytest.mark.parametrize("path", [MESSAGES, CHAT])
def test_a_header_that_names_no_session_is_400(path: str) -> None:
    answer = Talk().post(path, ASKED, KEY | {"x-mock-session": "no name!"})
    assert (answer.status, answer.json["code"]) == (400, "invalid_session")
