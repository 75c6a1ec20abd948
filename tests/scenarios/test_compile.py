"""The compiler of scenarios: what each part becomes, and every unknown name, at its path."""

from pathlib import Path

import msgspec
import pytest

from mockserver.core.conversation import Conversation
from mockserver.scenarios.script import FailurePlan, RawPlan, ReplyPlan, TextPlan, ToolPlan, fill
from mockserver.scenarios.templates import TemplateContext, parse
from tests.support.calls import compile_yaml, problem_texts
from tests.support.engine import script

LINEAR = (
    "is not a regular expression that can be tried in linear time; close every bracket, and use no look-around "
    "and no back-reference"
)
POINTER = "'metadata' is not a JSON Pointer; it begins with / as in /metadata/user_id"
UNKNOWN = "unknown value '{{last_usr_text}}'; did you mean 'last_user_text'?"

WRONG: list[tuple[str, str, str]] = [
    ("{when: {text: {regex: '('}}, reply: x}", "when/text", f"/(/ {LINEAR}"),
    ("{when: {system: {regex: '(?=x)'}}, reply: x}", "when/system", f"/(?=x)/ {LINEAR}"),
    ("{when: {key: {regex: '['}}, reply: x}", "when/key", f"/[/ {LINEAR}"),
    ("{when: {headers: {x-a: {regex: '*'}}}, reply: x}", "when/headers", f"/*/ {LINEAR}"),
    ("{when: {tool_result: {text: {regex: '('}}}, reply: x}", "when/tool_result", f"/(/ {LINEAR}"),
    ("{when: {all: [{text: a}, {text: {regex: '('}}]}, reply: x}", "when/all/1/text", f"/(/ {LINEAR}"),
    ("{when: {any: [{not: {text: {regex: '('}}}]}, reply: x}", "when/any/0/not/text", f"/(/ {LINEAR}"),
    ("{when: {not: {all: [{system: {regex: '('}}]}}, reply: x}", "when/not/all/0/system", f"/(/ {LINEAR}"),
    ("{when: {body: {metadata: 1}}, reply: x}", "when/body", POINTER),
    ("{when: {not: {body: {metadata: 1}}}, reply: x}", "when/not/body", POINTER),
    (
        "{when: {any: [{body_schema: {type: objekt}}]}, reply: x}",
        "when/any/0/body_schema",
        "not a JSON Schema: \"objekt\" is not valid under any of the schemas listed in the 'anyOf' keyword",
    ),
    ("{reply: '{{last_usr_text}}'}", "reply/0/text", UNKNOWN),
    ("{reply: [a, '{{last_usr_text}}']}", "reply/1/text", UNKNOWN),
    (
        "{reply: [{tool_use: {name: t, input: {a: [{b: '{{last_usr_text}}'}]}}}]}",
        "reply/0/tool_use/input/a/0/b",
        UNKNOWN,
    ),
    ("{error: {status: 400, message: '{{last_usr_text}}'}}", "error/message", UNKNOWN),
    ("{response: {body: '{{last_usr_text}}'}}", "response/body", UNKNOWN),
    ("{response: {body: {a: [0, '{{last_usr_text}}']}}}", "response/body/a/1", UNKNOWN),
    (
        "{reply: x, faults: [short_seqence]}",
        "faults/0",
        "no fault is called 'short_seqence'; did you mean 'short_sequence'?",
    ),
    (
        "{reply: x, faults: [short_sequence, {quirk: short_sequnce}]}",
        "faults/1",
        "no fault is called 'short_sequnce'; did you mean 'short_sequence'?",
    ),
]


@pytest.mark.parametrize(("turn", "path", "message"), WRONG, ids=[row[0] for row in WRONG])
def test_a_bad_value_is_reported_at_its_path(turn: str, path: str, message: str) -> None:
    assert problem_texts(f"turns: [{{reply: first}}, {turn}]") == [(f"turns/1/{path}", message)]


def test_every_mistake_of_a_turn_is_reported() -> None:
    turn = "{when: {text: {regex: '('}, not: {system: {regex: '['}}}, reply: ['{{a}}', '{{b}}']}"
    assert [path for path, _ in problem_texts(f"turns: [{turn}]")] == [
        "turns/0/reply/0/text",
        "turns/0/reply/1/text",
        "turns/0/when/text",
        "turns/0/when/not/system",
    ]


def test_a_schema_of_a_body_reads_no_file(tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text('{"required": ["never"]}')
    problems = problem_texts(f"turns: [{{when: {{body_schema: {{$ref: '{other.as_uri()}'}}}}, reply: x}}]")
    assert [path for path, _ in problems] == ["turns/0/when/body_schema"]


RIGHT = [
    "{reply: x}",
    "{reply: '{{last_user_text}} {{ system }} {{body/a/0}} {{faker.city}}'}",
    "{reply: 'braces { } and {a} }} {'}",
    "{reply: [{tool_use: {name: t, input: {a: '{{turn}}'}}}], usage: {input: 1}, stop: tool_use, id: abc}",
    "{error: {status: 418, code: teapot, message: '{{last_user_text}}', retry_after: 0}}",
    "{response: {status: 204}, headers: {x-a: b}}",
    "{reply: x, faults: [short_sequence]}",
    "{reply: x, faults: [{quirk: short_sequence}]}",
    "{when: {text: {regex: '(?i)^a'}, body: {'': {}}, body_schema: {}, all: [{}], any: [{}]}, reply: x}",
]


@pytest.mark.parametrize("turn", RIGHT)
def test_a_valid_turn_has_no_problems(turn: str) -> None:
    assert problem_texts(f"turns: [{turn}]") == []


# What each part becomes


def test_a_script_has_every_field_of_its_scenario() -> None:
    ready = script("scenario: test\nabout: It.\nseed: 42\nafter: repeat\nturns: [{reply: x}]")
    assert (ready.name, ready.about, ready.seed, ready.after) == ("test", "It.", "42", "repeat")


def test_turns_are_numbered_from_one_with_their_plays_state_and_headers() -> None:
    text = "turns: [{reply: x}, {reply: y, times: 3, then: s, headers: {X-A: b}}, {reply: z, times: always}]"
    turns = compile_yaml(text)[0].turns
    assert [(turn.number, turn.times, turn.then) for turn in turns] == [(1, 1, None), (2, 3, "s"), (3, None, None)]
    assert turns[1].headers == (("x-a", "b"),)


def plan(turn: str) -> object:
    return compile_yaml(f"turns: [{turn}]")[0].turns[0].plan


def test_a_reply_becomes_blocks() -> None:
    compiled = plan("{reply: [hi, {tool_use: {name: t, input: {a: 1}, id: x}}], stop: refusal, id: abc}")
    assert isinstance(compiled, ReplyPlan)
    assert compiled.blocks == (TextPlan(parse("hi")), ToolPlan("t", {"a": 1}, "x", {}))
    assert (compiled.stop, compiled.id, compiled.pace, compiled.usage) == ("refusal", "abc", None, None)


@pytest.mark.parametrize(
    ("error", "headers"),
    [
        ("{status: 429}", (("retry-after", "1"),)),
        ("{status: 429, retry_after: 7}", (("retry-after", "7"),)),
        ("{status: 503, retry_after: 5}", (("retry-after", "5"),)),
        ("{status: 503}", ()),
    ],
)
def test_only_a_429_has_a_default_retry_after(error: str, headers: object) -> None:
    compiled = plan(f"{{error: {error}}}")
    assert isinstance(compiled, FailurePlan)
    assert compiled.failure.headers == headers


def test_the_headers_of_a_response_are_in_lower_case() -> None:
    compiled = plan("{response: {headers: {Content-Type: text/html}, body: x}}")
    assert isinstance(compiled, RawPlan)
    assert (compiled.status, compiled.headers, compiled.body) == (200, (("content-type", "text/html"),), "x")


SCENE = TemplateContext(Conversation(model="m", messages=(), body={}), {"a": 1}, 3, 2, 9.5)


def test_only_texts_are_filled_in() -> None:
    value: dict[str, object] = {"a": parse("{{turn}}"), "b": [1, None, True, parse("x")], "{{turn}}": 2.5}
    assert fill(value, SCENE) == {"a": "3", "b": [1, None, True, "x"], "{{turn}}": 2.5}


def test_a_script_is_frozen() -> None:
    ready = script("scenario: test\nturns: [{reply: x}]")
    with pytest.raises(AttributeError):
        ready.name = "other"  # type: ignore[misc]  # what is tried
    assert msgspec.structs.replace(ready, name="other").turns is ready.turns
