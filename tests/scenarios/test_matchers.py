"""Each key of `when`: what matches, and the exact differences of what does not."""

import pytest
from pydantic import JsonValue

from mockserver.engine.request import Request
from mockserver.scenarios.difference import LONGEST_VALUE
from mockserver.scenarios.matcher import matches
from tests.support.calls import SAMPLE_HEADERS, call_of, difference_texts, matchers_of, request
from tests.support.dialects import DIALECTS, Dialect, Json
from tests.support.engine import BYOK, CHAT, HELLO, KEY, MESSAGES

BOTH = pytest.mark.parametrize("dialect", DIALECTS, ids=["anthropic", "openai"])
SCHEMA: Json = {"type": "object"}


def results(dialect: Dialect) -> list[JsonValue]:
    """Return a conversation that ends with two results of read_file."""
    return [*HELLO, dialect.call("a", "b"), *dialect.results("a", "b")]


# The conversation: the same differences on both wires

CONVERSATION: list[tuple[str, str | None]] = [
    ("model: test-model", None),
    ("model: TEST-*", None),
    ("model: [gpt-*, 'test-?odel']", None),
    ("model: test", "model is 'test-model'; expected test"),
    ("model: [gpt-*, claude-*]", "model is 'test-model'; expected gpt-* or claude-*"),
    ("stream: false", None),
    ("stream: true", "request asks for a complete response; expected a stream"),
    ("last: user", None),
    ("last: assistant", "last message is a user message; expected an assistant message"),
    ("last: tool_result", "last message is a user message; expected a tool_result"),
    ("text: Hello", None),
    ("text: hello", "last user text is 'Hello'; expected 'hello'"),
    ("text: {equals: HELLO, ignore_case: true}", None),
    ("text: {contains: ell}", None),
    ("text: {contains: ELL, ignore_case: true}", None),
    ("text: {contains: x}", "last user text is 'Hello'; expected text containing 'x'"),
    ("text: {regex: '^H.*o$'}", None),
    ("text: {regex: '^h', ignore_case: true}", None),
    ("text: {regex: '^h'}", "last user text is 'Hello'; expected text matching /^h/"),
    ("text: {contains: H, regex: x}", "last user text is 'Hello'; expected text matching /x/"),
    ("tools: []", None),
    ("tools: [a]", "request offers no tools; expected a"),
    ("tools: [a, b]", "request offers no tools; expected a and b"),
    ("tool_choice: auto", None),
    ("tool_choice: required", "tool_choice is auto; expected required"),
    ("tool_result: {}", "last message is a user message; expected a tool_result"),
    ("assistant_turns: 0", None),
    ("assistant_turns: {at_most: 0}", None),
    ("assistant_turns: {at_least: 0, at_most: 3}", None),
    ("assistant_turns: 2", "conversation has 0 assistant turns; expected 2"),
    ("assistant_turns: {at_least: 1}", "conversation has 0 assistant turns; expected at least 1"),
    ("system: ''", None),
    ("system: {contains: You}", "system text is ''; expected text containing 'You'"),
    ("body: {/messages/0/content: Hello, /model: test-model}", None),
    ("body: {/messages/0/content: Bye}", '/messages/0/content is "Hello"; expected "Bye"'),
    ("body: {/messages/1: Bye}", '/messages/1 is missing; expected "Bye"'),
    ("body_schema: {required: [model]}", None),
    (
        "body_schema: {properties: {messages: {minItems: 2}}}",
        "/messages does not satisfy the schema (minItems)",
    ),
]


@BOTH
@pytest.mark.parametrize(("condition", "expected"), CONVERSATION, ids=[condition for condition, _ in CONVERSATION])
def test_a_hello_has_the_same_differences_on_both_wires(dialect: Dialect, condition: str, expected: str | None) -> None:
    call = call_of(request(dialect.path))
    assert difference_texts(condition, call) == ([] if expected is None else [expected])
    assert matches(matchers_of(condition), call) is (expected is None)


RESULTS: list[tuple[str, str | None]] = [
    ("last: tool_result", None),
    ("text: Hello", None),
    ("assistant_turns: {equals: 1}", None),
    ("assistant_turns: {at_most: 0}", "conversation has 1 assistant turn; expected at most 0"),
    ("tool_result: {}", None),
    ("tool_result: {id: a}", None),
    ("tool_result: {id: b, name: read_file, text: found, is_error: false}", None),
    ("tool_result: {id: c}", "id of the tool_result is b; expected c"),
    ("tool_result: {name: weather}", "tool of the tool_result is read_file; expected weather"),
    ("tool_result: {is_error: true}", "tool_result is a success; expected an error"),
    (
        "tool_result: {text: {contains: lost}}",
        "text of the tool_result is 'found'; expected text containing 'lost'",
    ),
]


@BOTH
@pytest.mark.parametrize(("condition", "expected"), RESULTS, ids=[condition for condition, _ in RESULTS])
def test_tool_results_have_the_same_differences_on_both_wires(
    dialect: Dialect, condition: str, expected: str | None
) -> None:
    call = call_of(request(dialect.path, messages=results(dialect)))
    assert difference_texts(condition, call) == ([] if expected is None else [expected])


TOOLS: list[tuple[str, str | None]] = [
    ("tools: [b, a]", None),
    ("tools: [a]", None),
    ("tools: []", "request offers a, b; expected none"),
    ("tools: [a, c]", "request offers only a, b; expected c"),
    ("tool_choice: b", None),
    ("tool_choice: a", "tool_choice is b; expected a"),
    ("tool_choice: auto", "tool_choice is b; expected auto"),
    ("stream: true", None),
    ("stream: false", "request asks for a stream; expected a complete response"),
]


@BOTH
@pytest.mark.parametrize(("condition", "expected"), TOOLS, ids=[condition for condition, _ in TOOLS])
def test_offered_and_forced_tools_are_compared(dialect: Dialect, condition: str, expected: str | None) -> None:
    tools: JsonValue = [dialect.tool("a", SCHEMA), dialect.tool("b", SCHEMA)]
    call = call_of(request(dialect.path, tools=tools, tool_choice=dialect.forced("b"), stream=True))
    assert difference_texts(condition, call) == ([] if expected is None else [expected])


def test_an_error_of_a_tool_matches_on_the_wire_that_has_it() -> None:
    block: JsonValue = {"type": "tool_result", "tool_use_id": "a", "content": "no", "is_error": True}
    messages: JsonValue = [*HELLO, DIALECTS[0].call("a"), {"role": "user", "content": [block]}]
    call = call_of(request(MESSAGES, messages=messages))
    assert difference_texts("tool_result: {is_error: true}", call) == []
    assert difference_texts("tool_result: {is_error: false}", call) == ["tool_result is an error; expected a success"]


def test_one_result_must_pass_every_key() -> None:
    blocks: list[JsonValue] = [
        {"type": "tool_result", "tool_use_id": "a", "content": "no", "is_error": True},
        {"type": "tool_result", "tool_use_id": "b", "content": "yes"},
    ]
    messages: JsonValue = [*HELLO, DIALECTS[0].call("a", "b"), {"role": "user", "content": blocks}]
    call = call_of(request(MESSAGES, messages=messages))
    assert difference_texts("tool_result: {id: a, text: 'no'}", call) == []
    assert difference_texts("tool_result: {text: 'yes', is_error: true}", call) == [
        "tool_result is a success; expected an error"
    ]


# The request

REQUESTS: list[tuple[str, Request, str, str | None]] = [
    ("operation: messages", request(), "start", None),
    ("operation: [chat, messages]", request(), "start", None),
    ("operation: chat", request(), "start", "operation is messages; expected chat"),
    ("operation: [chat, models]", request(), "start", "operation is messages; expected chat or models"),
    ("operation: chat_byok", request(BYOK), "start", None),
    ("path: /v1/*", request(), "start", None),
    ("path: /V1/MESSAGES", request(), "start", None),
    ("path: /v1", request(), "start", "path is /v1/messages; expected /v1"),
    ("path: /v?/messages", request(CHAT), "start", "path is /api/v1/chat/completions; expected /v?/messages"),
    ("wire: anthropic", request(), "start", None),
    ("wire: openai", request(), "start", "wire is anthropic; expected openai"),
    ("state: start", request(), "start", None),
    ("state: asked", request(), "asked", None),
    ("state: asked", request(), "start", "state is start; expected asked"),
    ("headers: {X-Team: Red Team}", request(headers=SAMPLE_HEADERS), "start", None),
    ("headers: {x-TEAM: {contains: RED, ignore_case: true}}", request(headers=SAMPLE_HEADERS), "start", None),
    (
        "headers: {X-Team: Blue}",
        request(headers=SAMPLE_HEADERS),
        "start",
        "header x-team is 'Red Team'; expected 'Blue'",
    ),
    ("headers: {x-user: Al}", request(headers=SAMPLE_HEADERS), "start", "header x-user is missing; expected 'Al'"),
    (
        "headers: {x-user: {regex: .*}}",
        request(headers=SAMPLE_HEADERS),
        "start",
        "header x-user is missing; expected a value",
    ),
    ("key: sk_test_0123456789", request(headers=SAMPLE_HEADERS), "start", None),
    ("key: {regex: '^sk_'}", request(headers=SAMPLE_HEADERS), "start", None),
    ("key: sk_other", request(headers=SAMPLE_HEADERS), "start", "API key is sk_…89; expected a different key"),
    (
        "model: '*'",
        Request("GET", "/v1/models", KEY),
        "start",
        "operation is models; expected one that takes messages",
    ),
    (
        "last: user",
        Request("GET", "/v1/models", KEY),
        "start",
        "operation is models; expected one that takes messages",
    ),
    ("operation: models", Request("GET", "/v1/models", KEY), "start", None),
    ("body: {'': {}}", Request("GET", "/v1/models", KEY), "start", None),
]


@pytest.mark.parametrize(("condition", "sent", "state", "expected"), REQUESTS, ids=[row[0] for row in REQUESTS])
def test_a_request_is_compared(condition: str, sent: Request, state: str, expected: str | None) -> None:
    assert difference_texts(condition, call_of(sent, state)) == ([] if expected is None else [expected])


def test_differences_are_listed_in_the_order_of_the_table() -> None:
    texts = difference_texts("{text: Bye, stream: true, model: gpt-*, operation: chat}", call_of(request()))
    assert [line.split("; ")[0] for line in texts] == [
        "operation is messages",
        "model is 'test-model'",
        "request asks for a complete response",
        "last user text is 'Hello'",
    ]


def test_a_long_text_is_shown_on_one_line_and_cut() -> None:
    call = call_of(request(messages=[{"role": "user", "content": "a\nb" + "c" * 500}]))
    [text] = difference_texts("text: x", call)
    assert text == "last user text is 'a\\nb" + "c" * (LONGEST_VALUE - 4) + "…'; expected 'x'"


def test_a_condition_without_keys_matches_every_request() -> None:
    assert difference_texts("{}", call_of(Request("GET", "/v1/models", KEY))) == []


# Secrets

SECRET = "sk_live_very_secret_8471"
HEADERS = ["authorization", "x-api-key", "Cookie", "Proxy-Authorization"]


def test_neither_a_key_nor_the_expected_key_is_printed() -> None:
    [text] = difference_texts(f"key: {SECRET}", call_of(request(headers={"x-api-key": SECRET + "x"})))
    assert "secret" not in text


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_that_carries_a_secret_is_never_printed(name: str) -> None:
    headers = {"x-api-key": "sk_test", name.lower(): f"Bearer {SECRET}"}
    texts = difference_texts(f"headers: {{{name}: Bearer other_very_secret_one}}", call_of(request(headers=headers)))
    assert len(texts) == 1
    assert "secret" not in texts[0]


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


@pytest.mark.parametrize(("condition", "value", "same"), VALUES)
def test_a_value_of_the_body_is_compared_as_json_compares_it(condition: str, value: JsonValue, same: bool) -> None:
    call = call_of(request(metadata={"x": value}))
    assert (difference_texts(f"body: {{/metadata/x: {condition}}}", call) == []) is same


@pytest.mark.parametrize(
    ("pointer", "key"), [("a~1b", "a/b"), ("m~0n", "m~n"), ("~01", "~1"), ("", ""), (" ", " "), ("0", "0"), ("é", "é")]
)
def test_a_pointer_escapes_what_the_rfc_escapes(pointer: str, key: str) -> None:
    metadata: JsonValue = {key: "here"}
    assert difference_texts(f"body: {{'/metadata/{pointer}': here}}", call_of(request(metadata=metadata))) == []


def test_a_missing_value_and_a_null_are_not_the_same() -> None:
    call = call_of(request(metadata={"x": None}))
    assert difference_texts("body: {/metadata/x: null}", call) == []
    assert difference_texts("body: {/metadata/y: null}", call) == ["/metadata/y is missing; expected null"]


# Patterns take linear time


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "^(a|aa)+$", "(.*)*(.*)*x", "(a*)*c"])
def test_a_pattern_that_would_blow_up_elsewhere_returns_on_a_long_text(pattern: str) -> None:
    call = call_of(request(messages=[{"role": "user", "content": "a" * 100_000 + "!"}]))
    assert len(difference_texts(f"text: {{regex: '{pattern}'}}", call)) == 1


@pytest.mark.parametrize("pattern", ["(?=a)b", "(?!a)b", "(?<=a)b", r"(a)\1", "(", "[", "*", "a{2,1}", "(?P<n"])
def test_a_pattern_that_cannot_run_in_linear_time_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="linear time; close every bracket"):
        matchers_of(f"text: {{regex: '{pattern}'}}")


@pytest.mark.parametrize(
    ("test", "text", "is_match"),
    [
        ("'My key is {{secret.1}}.'", "My key is sk_live_123.", True),
        ("'My key is {{secret.1}}.'", "My key is .", False),
        ("'My key is {{secret.1}}.'", "And my key is sk_live_123.", False),
        ('"One\\nTwo (*): {{secret.1}}"', "One\nTwo (*): sk_\nlive", True),
        ("{contains: 'key is {{secret.1}}'}", "And my key is sk_live_123.", True),
        ("{contains: 'KEY is {{secret.1}}', ignore_case: true}", "my key is x", True),
    ],
)
def test_the_placeholder_of_a_secret_is_any_text(test: str, text: str, is_match: bool) -> None:
    call = call_of(request(messages=[{"role": "user", "content": text}]))
    assert matches(matchers_of(f"text: {test}"), call) is is_match
