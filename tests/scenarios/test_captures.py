"""Values of a condition: the answer repeats the text that the request has there."""

from collections.abc import Mapping

import pytest

from mockserver.files import loader
from mockserver.scenarios.captures import values_in
from mockserver.scenarios.compile import compile_scenario
from tests.support.engine import HELLO, Talk, contract, turns
from tests.support.recordings import ask, said

VALUES: list[tuple[str, str, bool, Mapping[str, str]]] = [
    ("Read a.txt, please.", "Read {{value.1}}, please.", True, {"1": "a.txt"}),
    ("Read a.txt, b.txt, please.", "Read {{value.1}}, {{value.2}}, please.", True, {"1": "a.txt", "2": "b.txt"}),
    ("a-b-c", "{{value.1}}-{{value.2}}", True, {"1": "a", "2": "b-c"}),
    ("key sk_1 of bob", "key {{secret.1}} of {{value.3}}", True, {"3": "bob"}),
    ("so: read a.txt now", "read {{value.1}} now", False, {"1": "a.txt"}),
    ("so: read a.txt", "read {{value.1}}", False, {"1": "a.txt"}),
    ("so: read a.txt", "read {{value.1}}", True, {}),
    ("nothing", "read {{value.1}}", False, {}),
    ("read  now", "read {{value.1}} now", True, {}),
    ("Read a.txt, thanks.", "Read {{value.1}}, please.", True, {}),
]


@pytest.mark.parametrize(("text", "expected", "is_whole", "values"), VALUES)
def test_a_value_ends_where_the_text_behind_it_begins(
    text: str, expected: str, is_whole: bool, values: Mapping[str, str]
) -> None:
    assert values_in(text, expected, is_whole=is_whole) == values


TURN = "  - {when: {text: 'Say {{value.1}}, then {{value.2}}.'}, reply: '{{value.2}} and {{value.1}}', times: always}\n"


def test_the_answer_says_what_the_request_says() -> None:
    answer = Talk(turns(TURN)).send(ask("anthropic", said("Say a, then b.")))
    assert b'"b and a"' in answer.payload


def test_a_value_is_found_in_a_scenario_with_many_turns() -> None:
    many = "".join([f"  - {{when: {{text: 'n{number}'}}, reply: x}}\n" for number in range(100)])
    answer = Talk(turns(many + TURN)).send(ask("anthropic", said("Say a, then b.")))
    assert answer.status == 200
    part = "  - {when: {text: {contains: '{{value.1}} is it'}}, reply: ok}\n"
    assert Talk(turns(many + part)).send(ask("anthropic", said("so: Oslo is it!"))).status == 200


def test_a_value_that_the_condition_does_not_name_is_a_mistake() -> None:
    text = "scenario: x\nturns:\n  - {when: {system: 'a {{value.1}}'}, reply: '{{value.1}} {{value.2}}'}\n"
    problems = compile_scenario(loader.parse(text.encode(), "x.yaml").scenario, contract())[1]
    assert [problem.message for problem in problems] == [
        "{{value.2}} is in no text of this turn's `when`; write it there too"
    ]


def test_without_the_text_a_value_is_a_word() -> None:
    text = "  - {when: {tool_result: {text: 'a {{value.1}}'}}, reply: ok}\n  - {reply: hi}\n"
    assert Talk(turns(text)).send(ask("anthropic", HELLO)).status == 200
