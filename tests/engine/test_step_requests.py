"""The engine: a request of either dialect becomes what the gateway would say. Every test is a pure step, no I/O."""

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from mockserver.core.conversation import tokens
from mockserver.engine.request import Request
from tests.support.dialects import DIALECTS, Dialect, Json
from tests.support.engine import BYOK, CHAT, HELLO, MESSAGES, Answer, Talk, script, turns

MANAGED = "/api/v1/managed/chat/completions"
PUBLIC = "/api/v1/public/chat/completions"
BOTH = pytest.mark.parametrize("dialect", DIALECTS, ids=["anthropic", "openai"])

SCHEMA: Json = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "minLength": 3},
        "days": {"type": "integer", "minimum": 1, "maximum": 7},
        "unit": {"enum": ["C", "F"]},
    },
    "required": ["city", "days", "unit"],
    "additionalProperties": False,
}


def say(talk: Talk, dialect: Dialect, **fields: JsonValue) -> Answer:
    return talk.say(dialect.path, **fields)


def reply(text: str) -> Talk:
    """Return a talk in which every answer is this text."""
    return Talk(script(f"scenario: test\nturns: [{{reply: {Json(text=text)}, times: always}}]".replace("'", '"')))


# Without a scenario


@BOTH
def test_the_mock_answers_by_itself_with_a_short_text(dialect: Dialect) -> None:
    said = dialect.whole(say(Talk(), dialect))
    assert 0 < len(said.text) < 100
    assert (said.calls, said.stop) == ([], dialect.stops["end_turn"])


@BOTH
def test_the_same_seed_and_requests_give_the_same_bytes(dialect: Dialect) -> None:
    runs = [Talk(seed="7"), Talk(seed="7")]
    assert [[say(talk, dialect, stream=n % 2 == 1).payload for n in range(6)] for talk in runs[:1]] == [
        [say(talk, dialect, stream=n % 2 == 1).payload for n in range(6)] for talk in runs[1:]
    ]


@BOTH
def test_another_seed_gives_other_bytes(dialect: Dialect) -> None:
    assert say(Talk(seed="7"), dialect).payload != say(Talk(seed="8"), dialect).payload


@BOTH
def test_every_answer_of_a_session_has_its_own_id(dialect: Dialect) -> None:
    talk = Talk()
    assert len({say(talk, dialect).json["id"] for _ in range(20)}) == 20


@BOTH
def test_a_stream_says_what_the_whole_answer_says(dialect: Dialect) -> None:
    tools: JsonValue = [dialect.tool("weather", SCHEMA)]
    for fields in (Json(), Json(tools=tools, tool_choice=dialect.required()), Json(max_tokens=3)):
        streamed = Talk().say(dialect.path, **fields, stream=True, stream_options={"include_usage": True})
        assert dialect.streamed(streamed) == dialect.whole(Talk().say(dialect.path, **fields))


@BOTH
@pytest.mark.parametrize("seed", ["0", "1", "2"])
def test_a_forced_tool_is_called_with_arguments_that_satisfy_its_schema(dialect: Dialect, seed: str) -> None:
    tools: JsonValue = [dialect.tool("time", {"type": "object"}), dialect.tool("weather", SCHEMA)]
    said = dialect.whole(say(Talk(seed=seed), dialect, tools=tools, tool_choice=dialect.forced("weather")))
    [(name, arguments)] = said.calls
    assert (name, said.stop) == ("weather", dialect.stops["tool_use"])
    assert jsonschema_rs.is_valid(SCHEMA, arguments)


@BOTH
def test_the_first_tool_is_called_when_some_tool_is_required(dialect: Dialect) -> None:
    tools: JsonValue = [dialect.tool("weather", SCHEMA), dialect.tool("time", {"type": "object"})]
    said = dialect.whole(say(Talk(), dialect, tools=tools, tool_choice=dialect.required()))
    assert [name for name, _ in said.calls] == ["weather"]


@BOTH
def test_tools_that_are_only_offered_are_not_called(dialect: Dialect) -> None:
    assert dialect.whole(say(Talk(), dialect, tools=[dialect.tool("weather", SCHEMA)])).calls == []


@BOTH
@pytest.mark.parametrize("model", ["gemma-2b", "deepseek-r1", "minimax-m2.7"])
def test_a_model_without_tools_answers_in_plain_text_whatever_is_forced(dialect: Dialect, model: str) -> None:
    tools: JsonValue = [dialect.tool("weather", SCHEMA)]
    said = dialect.whole(say(Talk(), dialect, model=model, tools=tools, tool_choice=dialect.forced("weather")))
    assert (said.calls, said.stop, said.text != "") == ([], dialect.stops["end_turn"], True)


@BOTH
def test_a_forced_tool_that_is_not_offered_is_answered_in_plain_text(dialect: Dialect) -> None:
    tools: JsonValue = [dialect.tool("weather", SCHEMA)]
    said = dialect.whole(say(Talk(), dialect, tools=tools, tool_choice=dialect.forced("time")))
    assert (said.calls, said.stop, said.text != "") == ([], dialect.stops["end_turn"], True)


CALLS = "  - reply: [{tool_use: {name: weather, input: {city: Oslo}}}]\n    times: always\n"


@BOTH
def test_a_scenario_makes_even_a_model_without_tools_call_one(dialect: Dialect) -> None:
    said = dialect.whole(say(Talk(turns(CALLS)), dialect, model="gemma-2b"))
    assert said.calls == [("weather", {"city": "Oslo"})]


@BOTH
def test_a_schema_that_nothing_satisfies_is_the_clients_fault(dialect: Dialect) -> None:
    schema: Json = {"type": "object", "required": ["x"], "properties": {"x": False}}
    answer = say(Talk(), dialect, tools=[dialect.tool("t", schema)], tool_choice=dialect.required())
    assert (answer.status, answer.json["code"]) == (400, "invalid_request")


# Where an answer is cut

TEXT = "One two three four five six seven."


@BOTH
@pytest.mark.parametrize(
    ("limit", "text", "stop"),
    [(1, TEXT[:4], "max_tokens"), (8, TEXT[:32], "max_tokens"), (9, TEXT, "end_turn"), (1000, TEXT, "end_turn")],
)
def test_a_reply_is_cut_after_max_tokens(dialect: Dialect, limit: int, text: str, stop: str) -> None:
    said = dialect.whole(say(reply(TEXT), dialect, max_tokens=limit))
    assert (said.text, said.stop, said.output) == (text, dialect.stops[stop], tokens(len(text)))


@BOTH
def test_a_tool_call_that_does_not_fit_is_left_out(dialect: Dialect) -> None:
    played = turns("  - reply: [{text: Look.}, {tool_use: {name: weather, input: {city: Oslo}}}]\n")
    said = dialect.whole(say(Talk(played), dialect, max_tokens=3))
    assert (said.text, said.calls, said.stop) == ("Look.", [], dialect.stops["max_tokens"])


@BOTH
def test_a_tool_call_that_just_fits_is_kept(dialect: Dialect) -> None:
    played = turns('  - reply: [{tool_use: {name: four, input: {}}}, {text: "123"}]\n')
    said = dialect.whole(say(Talk(played), dialect, max_tokens=2))
    assert (said.calls, said.text, said.stop) == ([("four", {})], "12", dialect.stops["max_tokens"])


@BOTH
@given(text=st.text(st.characters(codec="ascii", categories=["L", "Zs"]), min_size=1), limit=st.integers(1, 40))
def test_no_reply_is_longer_than_max_tokens(dialect: Dialect, text: str, limit: int) -> None:
    said = dialect.whole(say(reply(text), dialect, max_tokens=limit))
    assert said.output <= limit
    assert text.startswith(said.text)


@BOTH
def test_a_whole_number_may_be_written_with_a_point(dialect: Dialect) -> None:
    assert dialect.whole(say(reply(TEXT), dialect, max_tokens=2.0)).text == TEXT[:8]


@BOTH
@pytest.mark.parametrize(
    ("sequences", "text"),
    [(["three"], "One two "), (["six", "two"], "One "), (["One"], ""), (["ree f"], "One two th"), (["TWO"], TEXT)],
)
def test_a_reply_ends_before_the_first_stop_sequence(dialect: Dialect, sequences: list[JsonValue], text: str) -> None:
    said = dialect.whole(say(reply(TEXT), dialect, **{dialect.stop_field: sequences}))
    assert (said.text, said.stop) == (text, dialect.stops["end_turn" if text == TEXT else "stop_sequence"])


def test_the_anthropic_answer_names_the_stop_sequence() -> None:
    assert reply(TEXT).say(MESSAGES, stop_sequences=["six", "two"]).json["stop_sequence"] == "two"


def test_an_empty_stop_sequence_swallows_no_answer() -> None:
    answer = reply(TEXT).say("/api/v1/chat/completions", stop="")
    assert answer.status == 400 or answer.text == TEXT


@BOTH
def test_a_stop_sequence_is_looked_for_behind_a_tool_call_too(dialect: Dialect) -> None:
    played = turns("  - reply: [{tool_use: {name: weather}}, {text: Look here.}]\n")
    fields: dict[str, JsonValue] = {dialect.stop_field: ["here"]}
    said = dialect.whole(say(Talk(played), dialect, **fields))
    assert ([name for name, _ in said.calls], said.text) == (["weather"], "Look ")


@BOTH
def test_what_comes_after_a_stop_sequence_is_left_out(dialect: Dialect) -> None:
    played = turns("  - reply: [{text: Look here.}, {tool_use: {name: weather}}]\n")
    fields: dict[str, JsonValue] = {dialect.stop_field: ["here"]}
    assert dialect.whole(say(Talk(played), dialect, **fields)).calls == []


# What only one route has


@pytest.mark.parametrize(
    ("options", "usages"), [(None, 0), ({"include_usage": False}, 0), ({"include_usage": True}, 1)]
)
def test_a_stream_has_its_usage_only_on_request(options: JsonValue, usages: int) -> None:
    answer = Talk().say("/api/v1/chat/completions", stream=True, stream_options=options)
    found = [event for event in answer.events if event["choices"] == []]
    assert len(found) == usages


def test_byok_answers_have_what_d4_documents() -> None:
    body = reply("1234").say(BYOK).json
    assert {key: body[key] for key in ("provider", "iterations", "total_tokens_used", "finish_reason")} == {
        "provider": "anthropic",
        "iterations": 1,
        "total_tokens_used": 3,
        "finish_reason": "stop",
    }


def test_byok_says_tool_use_at_the_top_and_tool_calls_in_the_choice() -> None:
    body: Json = dict(Talk(turns(CALLS)).say(BYOK).json)
    assert (body["finish_reason"], body["choices"][0]["finish_reason"]) == ("tool_use", "tool_calls")


def test_managed_answers_have_the_credits() -> None:
    body = reply("1234").say(MANAGED).json
    assert {"provider", "credits_consumed", "credits_remaining", "plan_tier", "finish_reason"} <= set(body)


@pytest.mark.parametrize("path", [BYOK, MANAGED])
def test_the_fields_of_a_variant_stand_on_the_finish_of_its_stream(path: str) -> None:
    events = reply("1234").say(path, stream=True).events
    assert ["provider" in event for event in events] == [False] * (len(events) - 1) + [True]


def test_a_plain_route_has_no_field_of_the_variants() -> None:
    assert "provider" not in Talk().say("/api/v1/chat/completions").json


@pytest.mark.parametrize(
    ("provider", "status"), [("anthropic", 200), ("meta_llama", 200), ("xyz", 400), ("Anthropic", 400)]
)
def test_byok_knows_two_providers(provider: str, status: int) -> None:
    answer = Talk().say(BYOK, provider=provider)
    assert answer.status == status
    assert status == 200 or answer.json["message"] == f"Unsupported provider: {provider}"


OPENAI = DIALECTS[1]


@pytest.mark.parametrize(
    ("rounds", "fields", "limit"),
    [(0, {}, None), (4, {}, None), (5, {}, 5), (1, {"max_iterations": 1}, 1), (5, {"max_iterations": 6}, None)],
)
def test_more_iterations_than_the_limit_are_refused(rounds: int, fields: Json, limit: int | None) -> None:
    messages: JsonValue = HELLO + [m for n in range(rounds) for m in (OPENAI.call(f"c{n}"), *OPENAI.results(f"c{n}"))]
    answer = Talk().say(BYOK, messages, **fields)
    words = f"Maximum tool calling iterations ({limit}) exceeded without completion"
    assert (answer.status, answer.json.get("message")) == ((200, None) if limit is None else (400, words))


@pytest.mark.parametrize(("path", "status"), [(CHAT, 200), (PUBLIC, 200), (MANAGED, 200), (BYOK, 400)])
def test_a_loop_ends_by_itself_on_the_route_that_documents_it_and_where_it_is_told_to(path: str, status: int) -> None:
    messages: JsonValue = HELLO + [m for n in range(7) for m in (OPENAI.call(f"c{n}"), *OPENAI.results(f"c{n}"))]
    assert Talk().say(path, messages).status == status
    assert Talk().say(path, messages, max_iterations=7).status == 400
    assert Talk().say(path, messages, max_iterations=8).status == 200


def test_iterations_are_counted_from_the_conversation() -> None:
    messages: JsonValue = [*HELLO, OPENAI.call("a"), *OPENAI.results("a")]
    assert Talk().say(BYOK, messages).json["iterations"] == 2


@BOTH
@pytest.mark.parametrize("lost", ["result", "call"])
def test_unpaired_calls_are_refused_in_the_words_of_the_wire(dialect: Dialect, lost: str) -> None:
    messages: JsonValue = [*HELLO, *([dialect.call("a"), *HELLO] if lost == "result" else dialect.results("a"))]
    answer = say(Talk(), dialect, messages=messages)
    word = "tool_use" if dialect.path == MESSAGES else "tool_calls"
    assert (answer.status, answer.json["code"], word in str(answer.json["message"])) == (400, "invalid_request", True)


@BOTH
def test_a_tool_round_trip_is_answered(dialect: Dialect) -> None:
    messages: JsonValue = [*HELLO, dialect.call("a", "b"), *dialect.results("b", "a")]
    assert say(Talk(), dialect, messages=messages).status == 200


def test_a_managed_request_without_a_model_gets_the_default_of_its_plan() -> None:
    """D1: qwen-coder-32b from Pro on, else qwen-7b."""
    body: dict[str, JsonValue] = {"messages": HELLO}
    path = "/api/v1/managed/chat/completions"
    open_account = Talk().post(path, body, {"authorization": "Bearer sk_test"})
    starter = Talk(script("scenario: s\naccount: {plan: starter, credits: 9}\nturns: [{reply: x}]"))
    assert open_account.json["model"] == "qwen-coder-32b"
    assert starter.post(path, body, {"authorization": "Bearer sk_test"}).json["model"] == "qwen-7b"


@BOTH
def test_while_the_session_store_is_away_a_client_hears_when_to_retry(dialect: Dialect) -> None:
    request = Request("POST", dialect.path, {"origin": "http://localhost:5173"}, b"{}")
    answer = Answer(Talk().engine.away(request, 3))
    assert (answer.status, answer.headers["retry-after"], answer.note.code) == (503, "3", "store_unavailable")
    assert answer.headers["access-control-allow-origin"], "a page can read it"
