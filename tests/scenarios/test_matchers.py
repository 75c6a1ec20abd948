"""Matching is a difference: for each key of `when`, what matches, and in which words the rest is told."""

import pytest
from pydantic import JsonValue

from mockserver.engine.request import Request
from mockserver.scenarios.difference import LONGEST_VALUE
from mockserver.scenarios.matcher import matches
from mockserver.scenarios.when import MATCHERS, When
from tests.support.calls import TRACED, called, matchers, request, told
from tests.support.dialects import DIALECTS, Dialect, Json
from tests.support.engine import BYOK, CHAT, HELLO, KEY, MESSAGES

BOTH = pytest.mark.parametrize("dialect", DIALECTS, ids=["anthropic", "openai"])
SCHEMA: Json = {"type": "object"}


def results(dialect: Dialect) -> list[JsonValue]:
    """A conversation that ends with two results of read_file."""
    return [*HELLO, dialect.call("a", "b"), *dialect.results("a", "b")]


# The conversation: the same words on both wires

CONVERSATION: list[tuple[str, str | None]] = [
    ("model: test-model", None),
    ("model: TEST-*", None),
    ("model: [gpt-*, 'test-?odel']", None),
    ("model: test", "the model is 'test-model', wanted test"),
    ("model: [gpt-*, claude-*]", "the model is 'test-model', wanted gpt-* or claude-*"),
    ("stream: false", None),
    ("stream: true", "what is asked for is a whole answer, wanted a stream"),
    ("last: user", None),
    ("last: assistant", "the last message is a user message, wanted an assistant message"),
    ("last: tool_result", "the last message is a user message, wanted a tool_result"),
    ("text: Hello", None),
    ("text: hello", "the text of the last user message is 'Hello', wanted exactly 'hello'"),
    ("text: {equals: HELLO, ignore_case: true}", None),
    ("text: {contains: ell}", None),
    ("text: {contains: ELL, ignore_case: true}", None),
    ("text: {contains: x}", "the text of the last user message is 'Hello', wanted one that contains 'x'"),
    ("text: {regex: '^H.*o$'}", None),
    ("text: {regex: '^h', ignore_case: true}", None),
    ("text: {regex: '^h'}", "the text of the last user message is 'Hello', wanted one that matches /^h/"),
    ("text: {contains: H, regex: x}", "the text of the last user message is 'Hello', wanted one that matches /x/"),
    ("tools: []", None),
    ("tools: [a]", "the offer of tools is none, wanted a among them"),
    ("tools: [a, b]", "the offer of tools is none, wanted a and b among them"),
    ("tool_choice: auto", None),
    ("tool_choice: required", "the tool_choice is auto, wanted required"),
    ("tool_result: {}", "the last message is a user message, wanted a tool_result"),
    ("assistant_turns: 0", None),
    ("assistant_turns: {at_most: 0}", None),
    ("assistant_turns: {at_least: 0, at_most: 3}", None),
    ("assistant_turns: 2", "the number of assistant turns is 0, wanted 2"),
    ("assistant_turns: {at_least: 1}", "the number of assistant turns is 0, wanted at least 1"),
    ("system: ''", None),
    ("system: {contains: You}", "the system text is '', wanted one that contains 'You'"),
    ("body: {/messages/0/content: Hello, /model: test-model}", None),
    ("body: {/messages/0/content: Bye}", "the body's /messages/0/content is '\"Hello\"', wanted '\"Bye\"'"),
    ("body: {/messages/1: Bye}", "the body's /messages/1 is missing, wanted '\"Bye\"'"),
    ("body_schema: {required: [model]}", None),
    (
        "body_schema: {properties: {messages: {minItems: 2}}}",
        "the body's /messages is something else, wanted what its schema says (minItems)",
    ),
]


@BOTH
@pytest.mark.parametrize(("wanted", "words"), CONVERSATION, ids=[wanted for wanted, _ in CONVERSATION])
def test_a_hello_is_compared_in_the_same_words_on_both_wires(dialect: Dialect, wanted: str, words: str | None) -> None:
    call = called(request(dialect.path))
    assert told(wanted, call) == ([] if words is None else [words])
    assert matches(matchers(wanted), call) is (words is None)


RESULTS: list[tuple[str, str | None]] = [
    ("last: tool_result", None),
    ("text: Hello", None),
    ("assistant_turns: {equals: 1}", None),
    ("assistant_turns: {at_most: 0}", "the number of assistant turns is 1, wanted at most 0"),
    ("tool_result: {}", None),
    ("tool_result: {id: a}", None),
    ("tool_result: {id: b, name: read_file, text: found, is_error: false}", None),
    ("tool_result: {id: c}", "the id of the tool_result is b, wanted c"),
    ("tool_result: {name: weather}", "the tool that the tool_result answers is read_file, wanted weather"),
    ("tool_result: {is_error: true}", "the tool_result is no error, wanted an error"),
    (
        "tool_result: {text: {contains: lost}}",
        "the text of the tool_result is 'found', wanted one that contains 'lost'",
    ),
]


@BOTH
@pytest.mark.parametrize(("wanted", "words"), RESULTS, ids=[wanted for wanted, _ in RESULTS])
def test_results_of_tools_are_compared_in_the_same_words(dialect: Dialect, wanted: str, words: str | None) -> None:
    call = called(request(dialect.path, messages=results(dialect)))
    assert told(wanted, call) == ([] if words is None else [words])


TOOLS: list[tuple[str, str | None]] = [
    ("tools: [b, a]", None),
    ("tools: [a]", None),
    ("tools: []", "the offer of tools is a, b, wanted none"),
    ("tools: [a, c]", "the offer of tools is a, b, wanted c among them"),
    ("tool_choice: b", None),
    ("tool_choice: a", "the tool_choice is b, wanted a"),
    ("tool_choice: auto", "the tool_choice is b, wanted auto"),
    ("stream: true", None),
    ("stream: false", "what is asked for is a stream, wanted a whole answer"),
]


@BOTH
@pytest.mark.parametrize(("wanted", "words"), TOOLS, ids=[wanted for wanted, _ in TOOLS])
def test_offered_and_forced_tools_are_compared(dialect: Dialect, wanted: str, words: str | None) -> None:
    tools: JsonValue = [dialect.tool("a", SCHEMA), dialect.tool("b", SCHEMA)]
    call = called(request(dialect.path, tools=tools, tool_choice=dialect.forced("b"), stream=True))
    assert told(wanted, call) == ([] if words is None else [words])


def test_an_error_of_a_tool_is_known_on_the_wire_that_can_say_it() -> None:
    block: JsonValue = {"type": "tool_result", "tool_use_id": "a", "content": "no", "is_error": True}
    messages: JsonValue = [*HELLO, DIALECTS[0].call("a"), {"role": "user", "content": [block]}]
    call = called(request(MESSAGES, messages=messages))
    assert told("tool_result: {is_error: true}", call) == []
    assert told("tool_result: {is_error: false}", call) == ["the tool_result is an error, wanted no error"]


def test_one_result_must_pass_all_that_is_wanted() -> None:
    blocks: list[JsonValue] = [
        {"type": "tool_result", "tool_use_id": "a", "content": "no", "is_error": True},
        {"type": "tool_result", "tool_use_id": "b", "content": "yes"},
    ]
    messages: JsonValue = [*HELLO, DIALECTS[0].call("a", "b"), {"role": "user", "content": blocks}]
    call = called(request(MESSAGES, messages=messages))
    assert told("tool_result: {id: a, text: 'no'}", call) == []
    assert told("tool_result: {text: 'yes', is_error: true}", call) == ["the tool_result is no error, wanted an error"]


# The request

REQUESTS: list[tuple[str, Request, str, str | None]] = [
    ("operation: messages", request(), "start", None),
    ("operation: [chat, messages]", request(), "start", None),
    ("operation: chat", request(), "start", "the operation is messages, wanted chat"),
    ("operation: [chat, models]", request(), "start", "the operation is messages, wanted chat or models"),
    ("operation: chat_byok", request(BYOK), "start", None),
    ("path: /v1/*", request(), "start", None),
    ("path: /V1/MESSAGES", request(), "start", None),
    ("path: /v1", request(), "start", "the path is /v1/messages, wanted /v1"),
    ("path: /v?/messages", request(CHAT), "start", "the path is /api/v1/chat/completions, wanted /v?/messages"),
    ("wire: anthropic", request(), "start", None),
    ("wire: openai", request(), "start", "the wire is anthropic, wanted openai"),
    ("state: start", request(), "start", None),
    ("state: asked", request(), "asked", None),
    ("state: asked", request(), "start", "the state is start, wanted asked"),
    ("headers: {X-Team: Red Team}", request(headers=TRACED), "start", None),
    ("headers: {x-TEAM: {contains: RED, ignore_case: true}}", request(headers=TRACED), "start", None),
    (
        "headers: {X-Team: Blue}",
        request(headers=TRACED),
        "start",
        "the header x-team is 'Red Team', wanted exactly 'Blue'",
    ),
    ("headers: {x-user: Al}", request(headers=TRACED), "start", "the header x-user is missing, wanted exactly 'Al'"),
    ("headers: {x-user: {regex: .*}}", request(headers=TRACED), "start", "the header x-user is missing, wanted there"),
    ("key: sk_test_0123456789", request(headers=TRACED), "start", None),
    ("key: {regex: '^sk_'}", request(headers=TRACED), "start", None),
    ("key: sk_other", request(headers=TRACED), "start", "the key is sk_…89, wanted another"),
    (
        "model: '*'",
        Request("GET", "/v1/models", KEY),
        "start",
        "the request is a call of models, wanted a conversation",
    ),
    (
        "last: user",
        Request("GET", "/v1/models", KEY),
        "start",
        "the request is a call of models, wanted a conversation",
    ),
    ("operation: models", Request("GET", "/v1/models", KEY), "start", None),
    ("body: {'': {}}", Request("GET", "/v1/models", KEY), "start", None),
]


@pytest.mark.parametrize(("wanted", "sent", "state", "words"), REQUESTS, ids=[row[0] for row in REQUESTS])
def test_a_request_is_compared(wanted: str, sent: Request, state: str, words: str | None) -> None:
    assert told(wanted, called(sent, state)) == ([] if words is None else [words])


def test_every_key_has_a_row_in_these_tables() -> None:
    tables = [*CONVERSATION, *RESULTS, *TOOLS, *[(row[0], row[3]) for row in REQUESTS]]
    for key in set(MATCHERS) - {"all", "any", "not_"}:
        rows = [words for wanted, words in tables if wanted.startswith(f"{key}:")]
        assert None in rows, key
        assert any(rows), key
    assert set(MATCHERS) == set(When.model_fields)


def test_every_difference_of_a_when_is_told_in_the_order_of_the_table() -> None:
    words = told("{text: Bye, stream: true, model: gpt-*, operation: chat}", called(request()))
    assert [line.split(" is ")[0] for line in words] == [
        "the operation",
        "the model",
        "what",
        "the text of the last user message",
    ]


def test_a_long_text_is_shown_on_one_line_and_cut() -> None:
    [words] = told("text: x", called(request(messages=[{"role": "user", "content": "a\nb" + "c" * 500}])))
    assert words == "the text of the last user message is 'a\\nb" + "c" * (LONGEST_VALUE - 4) + "…', wanted exactly 'x'"


def test_a_when_without_keys_matches_anything() -> None:
    assert told("{}", called(Request("GET", "/v1/models", KEY))) == []


# Secrets

SECRET = "sk_live_very_secret_8471"
HEADERS = ["authorization", "x-api-key", "Cookie", "Proxy-Authorization"]


def test_a_key_is_never_shown_nor_what_is_wanted_of_it() -> None:
    [words] = told(f"key: {SECRET}", called(request(headers={"x-api-key": SECRET + "x"})))
    assert "secret" not in words


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_that_carries_a_secret_is_never_shown(name: str) -> None:
    headers = {"x-api-key": "sk_test", name.lower(): f"Bearer {SECRET}"}
    words = told(f"headers: {{{name}: Bearer other_very_secret_one}}", called(request(headers=headers)))
    assert len(words) == 1
    assert "secret" not in words[0]


# Values of the body

VALUES: list[tuple[str, JsonValue, bool]] = [
    ("1", 1, True),
    ("1", 1.0, True),
    ("1", True, False),
    ("true", 1, False),
    ("true", True, True),
    ("0", False, False),
    ("'1'", 1, False),
    ("null", None, True),
    ("null", 0, False),
    ("[1, 2]", [1, 2], True),
    ("[1, 2]", [2, 1], False),
    ("{a: [x]}", {"a": ["x"]}, True),
    ("{a: [x]}", {"a": ["x"], "b": 1}, False),
    ("[true]", [1], False),
    ("{a: 0}", {"a": False}, False),
]


@pytest.mark.parametrize(("wanted", "given", "same"), VALUES)
def test_a_value_of_the_body_is_compared_as_json_compares_it(wanted: str, given: JsonValue, same: bool) -> None:
    assert (told(f"body: {{/metadata/x: {wanted}}}", called(request(metadata={"x": given}))) == []) is same


@pytest.mark.parametrize(
    ("pointer", "key"), [("a~1b", "a/b"), ("m~0n", "m~n"), ("~01", "~1"), ("", ""), (" ", " "), ("0", "0"), ("é", "é")]
)
def test_a_pointer_escapes_what_the_rfc_escapes(pointer: str, key: str) -> None:
    metadata: JsonValue = {key: "here"}
    assert told(f"body: {{'/metadata/{pointer}': here}}", called(request(metadata=metadata))) == []


def test_a_missing_value_and_a_null_are_not_the_same() -> None:
    call = called(request(metadata={"x": None}))
    assert told("body: {/metadata/x: null}", call) == []
    assert told("body: {/metadata/y: null}", call) == ["the body's /metadata/y is missing, wanted 'null'"]


# Patterns take linear time


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "^(a|aa)+$", "(.*)*(.*)*x", "(a*)*c"])
def test_a_pattern_that_would_blow_up_elsewhere_returns_on_a_long_text(pattern: str) -> None:
    call = called(request(messages=[{"role": "user", "content": "a" * 100_000 + "!"}]))
    assert len(told(f"text: {{regex: '{pattern}'}}", call)) == 1


@pytest.mark.parametrize("pattern", ["(?=a)b", "(?!a)b", "(?<=a)b", r"(a)\1", "(", "[", "*", "a{2,1}", "(?P<n"])
def test_a_pattern_that_cannot_run_in_linear_time_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="linear time; close every bracket"):
        matchers(f"text: {{regex: '{pattern}'}}")
