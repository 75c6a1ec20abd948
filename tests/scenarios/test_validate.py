"""Checks of a whole scenario: each problem with its exact path and message."""

import pytest

from mockserver.core.errors import AuthorError
from mockserver.scenarios import validate
from mockserver.scenarios.when import When
from tests.support.calls import problem_texts

READ = "tools:\n  read: {type: object, properties: {n: {type: integer}}, required: [n], additionalProperties: false}\n"

WRONG: list[tuple[str, str, str, str]] = [
    (
        "an unknown operation",
        "turns: [{when: {operation: mesages}, reply: x}]",
        "turns/0/when/operation/0",
        "unknown operation 'mesages'; did you mean 'messages'?",
    ),
    (
        "the second of two operations",
        "turns: [{when: {operation: [chat, chatt]}, reply: x}]",
        "turns/0/when/operation/1",
        "unknown operation 'chatt'; did you mean 'chat'?",
    ),
    (
        "an unknown operation under not",
        "turns: [{when: {not: {operation: modells}}, reply: x}]",
        "turns/0/when/not/operation/0",
        "unknown operation 'modells'; did you mean 'models'?",
    ),
    (
        "an unknown operation under any under all",
        "turns: [{when: {all: [{any: [{text: a}, {operation: chta}]}]}, reply: x}]",
        "turns/0/when/all/0/any/1/operation/0",
        "unknown operation 'chta'; did you mean 'chat'?",
    ),
    (
        "a reply to an operation that takes no messages",
        "turns: [{when: {operation: [messages, models]}, reply: x}]",
        "turns/0/when/operation/1",
        "'models' takes no messages, so a reply cannot answer it; use error or response",
    ),
    (
        "a reply to a count of tokens",
        "turns: [{when: {any: [{operation: count_tokens}]}, reply: x}]",
        "turns/0/when/any/0/operation/0",
        "'count_tokens' takes no messages, so a reply cannot answer it; use error or response",
    ),
    (
        "a list where an object is asked for",
        "turns: [{when: {response_format: json_object}, reply: {json: [1]}}]",
        "turns/0/reply/0/json",
        "expected a mapping, which response_format asks for; to break it on purpose, write the JSON as text",
    ),
    (
        "JSON that breaks the schema of its condition",
        "turns: [{when: {response_format: {properties: {a: {type: integer}}}}, reply: [x, {json: {a: b}}]}]",
        "turns/0/reply/1/json/a",
        'does not satisfy the schema in response_format: "b" is not of type "integer"; '
        "to break it on purpose, write the JSON as text",
    ),
    (
        "JSON that breaks the schema under all",
        "turns: [{when: {all: [{response_format: {required: [a]}}]}, reply: {json: {}}}]",
        "turns/0/reply/0/json",
        'does not satisfy the schema in response_format: "a" is a required property; '
        "to break it on purpose, write the JSON as text",
    ),
    (
        "a schema that is none",
        "turns: [{when: {response_format: {type: strin}}, reply: x}]",
        "turns/0/when/response_format",
        "not a JSON Schema: at '#/type': it is not a JSON Schema: \"strin\" is not valid under any of the schemas "
        "listed in the 'anyOf' keyword",
    ),
    (
        "a state that no turn leads to",
        "turns: [{reply: x, then: asked}, {when: {state: askde}, reply: y}]",
        "turns/1/when/state",
        "no turn sets the state 'askde' with `then`; did you mean 'asked'?",
    ),
    (
        "a state where there is none",
        "turns: [{when: {not: {state: qqq}}, reply: y}]",
        "turns/0/when/not/state",
        "no turn sets the state 'qqq' with `then`; known: start",
    ),
    (
        "a turn behind one that takes everything",
        "turns: [{reply: x, times: always}, {reply: y}]",
        "turns/1",
        "is never played: turn 1 matches every request that it matches",
    ),
    (
        "a turn that demands more than one that is always played",
        "turns: [{when: {text: a}, reply: x, times: always}, {when: {text: a, stream: true}, reply: y}]",
        "turns/1",
        "is never played: turn 1 matches every request that it matches",
    ),
    (
        "a turn with the same condition",
        "turns: [{reply: z}, {when: {text: a}, reply: x, times: always}, {when: {text: a}, reply: y, times: always}]",
        "turns/2",
        "is never played: turn 2 matches every request that it matches",
    ),
    (
        "a tool's schema that is none",
        "tools: {read: {type: objekt}}\nturns: [{reply: x}]",
        "tools/read",
        "not a JSON Schema: \"objekt\" is not valid under any of the schemas listed in the 'anyOf' keyword",
    ),
    (
        "a schema that would be fetched",
        "tools: {read: {$ref: 'http://127.0.0.1/x'}}\nturns: [{reply: x}]",
        "tools/read",
        "not a JSON Schema: Resource 'http://127.0.0.1/x' is not present in a registry and retrieving it failed: "
        "Retrieval is disabled, cannot fetch http://127.0.0.1/x",
    ),
    (
        "a call without a required value",
        READ + "turns: [{reply: [{tool_use: {name: read, input: {}}}]}]",
        "turns/0/reply/0/tool_use/input",
        'does not satisfy the schema of read: "n" is a required property',
    ),
    (
        "a call with a value of the wrong type",
        READ + "turns: [{reply: [hi, {tool_use: {name: read, input: {n: '1'}}}]}]",
        "turns/0/reply/1/tool_use/input/n",
        'does not satisfy the schema of read: "1" is not of type "integer"',
    ),
    (
        "a call with a value too many",
        READ + "turns: [{reply: [{tool_use: {name: read, input: {n: 1, m: 2}}}]}]",
        "turns/0/reply/0/tool_use/input",
        "does not satisfy the schema of read: Additional properties are not allowed ('m' was unexpected)",
    ),
]


@pytest.mark.parametrize(("text", "path", "message"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_mistake_is_reported_at_its_path(text: str, path: str, message: str) -> None:
    assert problem_texts(text) == [(path, message)]


RIGHT: list[tuple[str, str]] = [
    ("every operation that takes messages", "turns: [{when: {operation: [messages, chat, chat_byok]}, reply: x}]"),
    ("a response for any operation", "turns: [{when: {operation: [models, credits_balance]}, response: {body: []}}]"),
    ("JSON in the form of its condition", "turns: [{when: {response_format: json_object}, reply: {json: {a: 1}}}]"),
    (
        "JSON under a schema of which only a part is known",
        "turns: [{when: {response_format: {properties: {a: {}}, additionalProperties: false}}, reply: {json: {b: 1}}}]",
    ),
    (
        "JSON whose value is filled in later",
        "turns: [{when: {response_format: {properties: {a: {pattern: x}}}}, reply: {json: {a: '{{hit}}'}}}]",
    ),
    (
        "text that breaks the schema on purpose",
        "turns: [{when: {response_format: {type: object}}, reply: {text: '[]'}}]",
    ),
    (
        "JSON that breaks a schema that only some requests have",
        "turns: [{when: {any: [{response_format: {type: object}}, {text: a}]}, reply: {json: [1]}}]",
    ),
    ("an error for any operation", "turns: [{when: {operation: login}, error: {status: 401}}]"),
    ("a reply to all but an operation", "turns: [{when: {not: {operation: models}}, reply: x}]"),
    ("the state that every session begins in", "turns: [{when: {state: start}, reply: x}]"),
    ("a state that a later turn leads to", "turns: [{when: {state: s}, reply: x}, {reply: y, then: s}]"),
    ("a state that an error leads to", "turns: [{when: {state: s}, reply: x}, {error: {status: 500}, then: s}]"),
    ("a turn behind one that is played a number of times", "turns: [{reply: x, times: 99}, {reply: y}]"),
    ("a general turn behind a special one", "turns: [{when: {text: a}, reply: x, times: always}, {reply: y}]"),
    (
        "another value of the same key",
        "turns: [{when: {text: a}, reply: x, times: always}, {when: {text: b}, reply: y}]",
    ),
    (
        "another operation behind all conversations",
        "turns: [{reply: x, times: always}, {when: {operation: models}, response: {body: []}}]",
    ),
    (
        "a path behind all conversations",
        "turns: [{reply: x, times: always}, {when: {path: '*/models'}, response: {body: []}}]",
    ),
    ("a call that keeps its schema", READ + "turns: [{reply: [{tool_use: {name: read, input: {n: 1}}}]}]"),
    ("a call without input", READ + "turns: [{reply: [{tool_use: {name: read}}]}]"),
    ("a call of a tool without a schema", READ + "turns: [{reply: [{tool_use: {name: write, input: {x: 1}}}]}]"),
]


@pytest.mark.parametrize("text", [row[1] for row in RIGHT], ids=[row[0] for row in RIGHT])
def test_a_valid_scenario_has_no_problems(text: str) -> None:
    assert problem_texts(text) == []


def test_every_mistake_is_reported_in_one_pass() -> None:
    text = """
tools: {read: {type: objekt}}
turns:
  - {when: {operation: chta, text: {regex: (}, state: gone}, reply: '{{nothing}}', faults: [reset_it]}
  - {reply: x, times: always}
  - {reply: y}
"""
    assert sorted(path for path, _ in problem_texts(text)) == [
        "tools/read",
        "turns/0/faults/0",
        "turns/0/reply/0/text",
        "turns/0/when/operation/0",
        "turns/0/when/state",
        "turns/0/when/text",
        "turns/2",
    ]


UNKNOWN_YET = [
    ("{enum: [a, b]}", "'{{tool_result}}'", 0),
    ("{pattern: '^[a-z]+$'}", "'{{tool_result}}'", 0),
    ("{maxLength: 5}", "'{{tool_result}}'", 0),
    ("{format: date}", "'{{tool_result}}'", 0),
    ("{enum: [[a]]}", "['{{tool_result}}']", 0),
    ("{if: {properties: {a: {const: b}}}, else: {required: [c]}}", "{a: '{{tool_result}}'}", 0),
    ("{if: {properties: {a: {const: b}}}, else: {required: [c]}}", "{a: c}", 1),
    ("{type: integer}", "'{{turn}}'", 1),
    ("{maxItems: 1}", "['{{turn}}', a]", 1),
    ("{required: [b]}", "{a: '{{turn}}'}", 1),
    ("{properties: {b: {enum: [c]}}}", "{a: '{{turn}}', b: d}", 1),
]


@pytest.mark.parametrize(("schema", "value", "count"), UNKNOWN_YET)
def test_a_value_with_a_template_is_checked_only_for_what_is_certain(schema: str, value: str, count: int) -> None:
    tools = f"tools: {{read: {{properties: {{x: {schema}}}}}}}\n"
    problems = problem_texts(tools + f"turns: [{{reply: [{{tool_use: {{name: read, input: {{x: {value}}}}}}}]}}]")
    assert len(problems) == count, problems


@pytest.mark.parametrize(
    "when", ["{operation: []}", "{model: []}", "{assistant_turns: {at_least: 3, at_most: 2}}", "{model: ''}"]
)
def test_a_condition_that_no_request_matches_is_refused(when: str) -> None:
    with pytest.raises(AuthorError):  # by its shape
        problem_texts(f"turns: [{{when: {when}, reply: x}}]")


@pytest.mark.parametrize("header", ["x-a: 日本", "content-length: '3'", "transfer-encoding: chunked"])
def test_a_header_that_cannot_be_sent_is_refused(header: str) -> None:
    try:
        problems = problem_texts(f"turns: [{{reply: x, headers: {{{header}}}}}]")
    except AuthorError as error:  # the shape may forbid it as well
        problems = [("", str(error))]
    assert problems != []


def test_looking_for_turns_that_are_never_played_does_not_grow_with_the_square(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[int] = []
    covers = validate._covers

    def counting(wide: When, narrow: When) -> bool:
        compared.append(1)
        return covers(wide, narrow)

    monkeypatch.setattr(validate, "_covers", counting)
    rules = "".join(f"  - {{when: {{text: m{number}}}, reply: x, times: always}}\n" for number in range(300))
    assert problem_texts(f"turns:\n{rules}") == []
    assert len(compared) < 300 * 30
