"""Structured output: a client that asks for JSON gets JSON, on either wire, whole and streamed."""

import jsonschema_rs
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from mockserver.openapi.sampling.schema import schema_document
from tests.support.dialects import DIALECTS, Dialect, Json
from tests.support.engine import BYOK, CHAT, HELLO, MESSAGES, Answer, Talk, turns
from tests.support.hostile_schemas import HOSTILE
from tests.support.sample_schemas import CASES

BOTH = pytest.mark.parametrize("dialect", DIALECTS, ids=["anthropic", "openai"])

WEATHER: Json = {
    "title": "Weather",
    "type": "object",
    "properties": {"city": {"type": "string"}, "degrees": {"type": "number", "minimum": -60, "maximum": 60}},
    "required": ["city", "degrees"],
    "additionalProperties": False,
}


def ask(dialect: Dialect, schema: Json, talk: Talk | None = None, **fields: JsonValue) -> Answer:
    return (talk or Talk()).say(dialect.path, **dialect.asks_for(schema), **fields)


# The default answer


@BOTH
@pytest.mark.parametrize("seed", ["0", "1", "2"])
def test_the_default_answer_satisfies_the_schema_asked_for(dialect: Dialect, seed: str) -> None:
    said = dialect.whole(ask(dialect, WEATHER, Talk(seed=seed)))
    jsonschema_rs.validate(WEATHER, orjson.loads(said.text))
    assert (said.calls, said.stop) == ([], dialect.stops["end_turn"])


@BOTH
@pytest.mark.parametrize(("name", "schema"), [case for case in CASES if isinstance(case[1], dict)])
def test_any_schema_that_can_be_sampled_is_answered(dialect: Dialect, name: str, schema: Json) -> None:
    value = orjson.loads(dialect.whole(ask(dialect, schema)).text)
    assert schema_document(schema).validator.is_valid(value)


@BOTH
def test_the_answer_derives_from_the_seed(dialect: Dialect) -> None:
    texts = [dialect.whole(ask(dialect, WEATHER, Talk(seed=seed))).text for seed in ("1", "1", "2")]
    assert texts[0] == texts[1] != texts[2]


@BOTH
def test_a_stream_says_what_the_whole_answer_says(dialect: Dialect) -> None:
    streamed = ask(dialect, WEATHER, stream=True, stream_options={"include_usage": True})
    assert dialect.streamed(streamed) == dialect.whole(ask(dialect, WEATHER))


@BOTH
def test_a_short_answer_is_cut_and_says_so(dialect: Dialect) -> None:
    said = dialect.whole(ask(dialect, WEATHER, max_tokens=2))
    assert (len(said.text), said.stop) == (8, dialect.stops["max_tokens"])


@BOTH
def test_a_forced_tool_goes_before_the_schema(dialect: Dialect) -> None:
    tools: JsonValue = [dialect.tool("read_file", {"type": "object"})]
    said = dialect.whole(ask(dialect, WEATHER, tools=tools, tool_choice=dialect.forced("read_file")))
    assert (said.text, said.calls) == ("", [("read_file", {})])


@BOTH
def test_the_answer_after_a_tool_result_satisfies_the_schema(dialect: Dialect) -> None:
    messages: JsonValue = [*HELLO, dialect.call("a"), *dialect.results("a")]
    value = orjson.loads(dialect.whole(ask(dialect, WEATHER, messages=messages)).text)
    jsonschema_rs.validate(WEATHER, value)


FORMS: dict[str, tuple[str, Json, type]] = {
    "any object": (CHAT, {"response_format": {"type": "json_object"}}, dict),
    "a json_schema without its schema": (
        CHAT,
        {"response_format": {"type": "json_schema", "json_schema": {"name": "a"}}},
        dict,
    ),
    "the older field": (MESSAGES, {"output_format": {"type": "json_schema", "schema": {"type": "integer"}}}, int),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_asking_gets_json(form: str) -> None:
    path, fields, kind = FORMS[form]
    assert isinstance(orjson.loads(Talk().say(path, **fields).text), kind)


PLAIN: dict[str, tuple[str, Json]] = {
    "text": (CHAT, {"response_format": {"type": "text"}}),
    "null": (CHAT, {"response_format": None}),
    "effort alone": (MESSAGES, {"output_config": {"effort": "low"}}),
    "a null format": (MESSAGES, {"output_config": {"format": None}}),
    "null everywhere": (MESSAGES, {"output_config": None, "output_format": None}),
}


@pytest.mark.parametrize("form", PLAIN)
def test_a_request_that_asks_for_no_json_gets_text(form: str) -> None:
    path, fields = PLAIN[form]
    assert Talk().say(path, **fields).text == Talk().say(path).text


# Schemas that are none


BROKEN: dict[str, tuple[Json, str]] = {
    "a type that does not exist": ({"type": "strin"}, "at '#/type'"),
    "a file": ({"$ref": "file:///etc/passwd"}, "Retrieval is disabled"),
    "a page": ({"properties": {"a": {"$ref": "http://localhost:1/schema"}}}, "Retrieval is disabled"),
    "another document": ({"properties": {"a": {"$ref": "other.json"}}}, "other.json"),
    "a reference into nothing": ({"$ref": "#/$defs/a"}, "/$defs/a"),
    "a broken pattern": ({"pattern": "(("}, "at '#/pattern'"),
}


@BOTH
@pytest.mark.parametrize("name", BROKEN)
def test_a_schema_that_is_none_is_refused(dialect: Dialect, name: str) -> None:
    schema, words = BROKEN[name]
    answer = ask(dialect, schema)
    message = str(answer.at("error", "message"))
    assert answer.status == 400
    assert message.split(":")[0] in ("output_config.format.schema", "response_format.json_schema.schema")
    assert words in message


@BOTH
def test_a_schema_that_nothing_satisfies_is_refused(dialect: Dialect) -> None:
    answer = ask(dialect, {"type": "string", "minLength": 2, "maxLength": 1})
    assert answer.status == 400
    assert "no answer satisfies the schema" in str(answer.at("error", "message"))


NAMELESS: list[Json] = [{}, {"name": ""}, {"name": "two words"}, {"name": "a" * 65}, {"name": None}]


@pytest.mark.parametrize("named", NAMELESS, ids=str)
def test_a_schema_needs_a_name_of_letters_digits_dashes_and_underscores(named: Json) -> None:
    answer = Talk().say(CHAT, response_format={"type": "json_schema", "json_schema": {**named, "schema": {}}})
    assert answer.status == 400
    assert str(answer.at("error", "message")).startswith("response_format.json_schema")


@given(st.recursive(st.none() | st.booleans() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3)))
def test_whatever_stands_in_the_fields_is_answered_or_refused(value: JsonValue) -> None:
    for path, field in ((CHAT, "response_format"), (MESSAGES, "output_config"), (MESSAGES, "output_format")):
        assert Talk().say(path, **{field: value}).status in (200, 400)


# Scripted JSON and refusals


def reply(block: str) -> Talk:
    return Talk(turns(f"  - reply: {block}\n    times: always\n"))


@BOTH
def test_a_json_block_is_sent_as_text_without_spaces(dialect: Dialect) -> None:
    talk = reply('{json: {city: "{{last_user_text}}, {{turn}}", days: [1, null], odd: [{a: "{{braces}}"}]}}')
    said = dialect.whole(talk.say(dialect.path))
    assert (said.text, said.stop) == (
        '{"city":"Hello, 1","days":[1,null],"odd":[{"a":"{{"}]}',
        dialect.stops["end_turn"],
    )


@BOTH
def test_a_json_block_is_cut_where_the_client_says(dialect: Dialect) -> None:
    said = dialect.whole(reply("{json: {city: Oslo}}").say(dialect.path, max_tokens=3))
    assert (said.text, said.stop) == ('{"city":"Osl', dialect.stops["max_tokens"])


@BOTH
def test_a_refusal_is_told_as_each_wire_tells_it(dialect: Dialect) -> None:
    answer = reply("{refusal: No.}").say(dialect.path)
    assert (answer.refusal, dialect.whole(answer).stop) == ("No.", "stop" if dialect.path == CHAT else "refusal")


def test_an_anthropic_refusal_has_its_details_in_both_forms() -> None:
    details = {"type": "refusal", "category": None, "explanation": "No."}
    talk = reply("{refusal: No.}")
    assert talk.say(MESSAGES).json["stop_details"] == details
    [delta] = [event["delta"] for event in talk.say(MESSAGES, stream=True).events if event["type"] == "message_delta"]
    assert delta == {"stop_reason": "refusal", "stop_sequence": None, "stop_details": details}


def test_an_openai_refusal_is_streamed_in_deltas_of_its_own() -> None:
    chunks: list[Json] = [dict(event) for event in reply("{refusal: No and no.}").say(CHAT, stream=True).events]
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert deltas == [
        {"role": "assistant", "content": None, "refusal": None},
        {"refusal": "No "},
        {"refusal": "and "},
        {"refusal": "no."},
        {},
    ]


def test_the_content_of_a_refusal_after_thinking_is_null_in_both_forms() -> None:
    talk = reply("[{thinking: Hm.}, {refusal: No.}]")
    whole: Json = dict(talk.say(CHAT).json)
    first: Json = dict(talk.say(CHAT, stream=True).events[0])
    assert whole["choices"][0]["message"]["content"] is None
    assert first["choices"][0]["delta"]["content"] is None


def test_a_refusal_after_text_leaves_the_text() -> None:
    body: Json = dict(reply("[{text: Well}, {refusal: no}]").say(CHAT).json)
    message = body["choices"][0]["message"]
    assert (message["content"], message["refusal"]) == ("Well", "no")


@BOTH
def test_a_cut_refusal_is_still_one(dialect: Dialect) -> None:
    answer = reply("{refusal: I will never do that.}").say(dialect.path, max_tokens=2)
    assert dialect.whole(answer).stop == dialect.stops["max_tokens"]
    assert b"I will n" in answer.payload
    assert (b'"refusal":"I will n"' in answer.payload) is (dialect.path == CHAT)


def test_top_level_finish_reasons_agree_with_that_of_the_choice() -> None:
    body = reply("{refusal: No.}").say(BYOK).json
    assert body["finish_reason"] == "stop"


def test_a_refusal_in_the_history_is_read() -> None:
    history: JsonValue = [*HELLO, {"role": "assistant", "content": None, "refusal": "No."}, *HELLO]
    assert Talk(turns("  - when: {assistant_turns: 1}\n    reply: ok\n")).say(CHAT, history).text == "ok"


# Scripted replies that are not in the form asked for


def noted(dialect: Dialect, turn: str, schema: Json = WEATHER, **fields: JsonValue) -> tuple[str, ...]:
    """Return the warnings of the answer of a turn; its header says the same."""
    answer = ask(dialect, schema, Talk(turns(f"  - {turn}\n")), **fields)
    assert answer.headers.get("x-mock-note", "") == "; ".join(answer.note.warnings)
    return answer.note.warnings


BREAKS = "the scenario's reply breaks the schema that the client asks for: "
NO_JSON = "the scenario's reply is not JSON, but the client asks for json_schema"
BROKEN_REPLIES: dict[str, str] = {
    "reply: It is cold.": NO_JSON,
    "reply: [Look, {json: {city: Oslo, degrees: 1}}]": NO_JSON,
    "reply: ''": NO_JSON,
    "reply: {json: {city: Oslo, degrees: cold}}": BREAKS + "degrees: Input should be of type number",
    "reply: {json: {city: Oslo}}": BREAKS + "degrees: Field required",
    "reply: {json: []}": BREAKS + "body: Input should be of type object",
}


@BOTH
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("turn", BROKEN_REPLIES)
def test_a_scripted_reply_that_breaks_the_schema_is_told(dialect: Dialect, turn: str, stream: bool) -> None:
    assert noted(dialect, f"{{{turn}}}", stream=stream) == (BROKEN_REPLIES[turn],)


RIGHT_REPLIES = [
    "{reply: {json: {city: Oslo, degrees: 1}}}",
    '{reply: \'{"city": "Oslo", "degrees": 1}\'}',
    "{reply: {refusal: No.}}",
    "{reply: [Look, {tool_use: {name: search}}]}",
    "{reply: '{', stop: max_tokens}",
    "{error: {status: 500}}",
]


@BOTH
@pytest.mark.parametrize("turn", RIGHT_REPLIES)
def test_a_reply_in_the_form_asked_for_or_in_none_is_not_told(dialect: Dialect, turn: str) -> None:
    assert noted(dialect, turn) == ()


@BOTH
def test_a_reply_that_the_client_cut_is_not_told(dialect: Dialect) -> None:
    assert noted(dialect, "{reply: {json: {city: Oslo, degrees: 1}}}", max_tokens=2) == ()


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ("{json: {a: 1}}", ()),
        ("{json: [1]}", ("the scenario's reply is not a JSON object, but the client asks for json_object",)),
        ("prose", ("the scenario's reply is not JSON, but the client asks for json_object",)),
    ],
)
def test_a_client_that_asks_for_any_object_must_get_one(block: str, words: tuple[str, ...]) -> None:
    answer = Talk(turns(f"  - {{reply: {block}}}\n")).say(CHAT, response_format={"type": "json_object"})
    assert answer.note.warnings == words


def test_other_warnings_stand_behind_it() -> None:
    fields = {**DIALECTS[0].asks_for(WEATHER), "max_tokens": 64_000}
    answer = Talk(turns("  - reply: cold\n")).say(MESSAGES, model="claude-sonnet-4.5", **fields)
    assert [words.split(",")[0] for words in answer.note.warnings] == [
        NO_JSON.split(",")[0],
        "max_tokens: 64000 > 8192",
    ]


@BOTH
def test_a_note_is_a_header_whatever_the_schema_says(dialect: Dialect) -> None:
    schema: Json = {"properties": {"städt\ne": {"pattern": "ü\n"}}}
    answer = ask(dialect, schema, Talk(turns('  - reply: {json: {"städt\\ne": x}}\n')))
    assert answer.headers["x-mock-note"].endswith("st?dt?e: Input should match the pattern ??")


def _can_be_sent(schema: Json) -> bool:
    try:
        return bool(orjson.dumps(schema))
    except TypeError:
        return False


@pytest.mark.slow
@BOTH
@pytest.mark.parametrize("name", [name for name, schema in HOSTILE.items() if _can_be_sent(schema)])
def test_no_schema_stops_the_answer(dialect: Dialect, name: str) -> None:
    answer = ask(dialect, HOSTILE[name], Talk(turns('  - reply: {json: {a: [1, "b"]}}\n')))
    assert answer.status in (200, 400)
