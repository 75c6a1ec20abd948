"""The question of a turn: a request that the scenario answers with it, or the reason why there is none."""

import orjson
import pytest

from mockserver.files import loader
from mockserver.recording.question import NoQuestion, Question, questions
from mockserver.scenarios.compile import compile_scenario
from tests.support.engine import contract


def asked(turn: str) -> Question | NoQuestion:
    """Return the question of a scenario's only turn."""
    source = f"scenario: test\nturns:\n  - {turn}\n".encode()
    scenario = loader.parse(source, "test.yaml").scenario
    script, problems = compile_scenario(scenario, contract())
    assert problems == []
    [question] = questions(scenario, script, contract(), model="some-model", key="sk_test")
    return question


@pytest.mark.parametrize(
    "when",
    [
        "{}",
        "{text: Hello}",
        "{text: {contains: weather}, stream: false}",
        "{text: 'My key is {{secret.1}}'}",
        "{last: tool_result}",
        "{last: tool_result, assistant_turns: 3, text: Go on}",
        "{last: assistant}",
        "{last: user, assistant_turns: 2}",
        "{tool_result: {name: look, text: rain, is_error: true}}",
        "{tool_result: {id: call_9}, tools: [look, find]}",
        "{tools: []}",
        "{system: Be brief, model: my-model}",
        "{wire: openai, assistant_turns: {at_least: 2}}",
        "{assistant_turns: {at_least: 1, at_most: 1}}",
        "{operation: chat}",
        "{response_format: json_object}",
    ],
)
def test_conditions_become_a_request_that_fulfils_them(when: str) -> None:
    question = asked(f"{{when: {when}, reply: Hi}}")
    assert isinstance(question, Question)
    assert question.expected.status == 200


def test_a_tool_that_the_reply_calls_is_offered_with_the_types_of_its_arguments() -> None:
    question = asked("{reply: [{tool_use: {name: look, input: {city: Oslo, days: 3}}}]}")
    assert isinstance(question, Question)
    [tool] = orjson.loads(question.request.body)["tools"]
    properties = {"city": {"type": "string"}, "days": {"type": "integer"}}
    assert (tool["name"], tool["input_schema"]["properties"]) == ("look", properties)


def test_a_plain_route_is_asked_too() -> None:
    question = asked("{when: {operation: models}, response: {body: {data: []}}}")
    assert isinstance(question, Question)
    assert (question.request.method, question.expected.payload) == ("GET", b'{"data":[]}')
    named = asked("{when: {path: /v1/other}, response: {body: {ok: true}}}")
    assert isinstance(named, Question)
    assert named.request.path == "/v1/other"


@pytest.mark.parametrize(
    ("turn", "reason"),
    [
        ("{error: {status: 429}}", "its answer is an error, which no request can bring about"),
        ("{when: {operation: models}, response: {status: 503}}", "its answer is an error, which"),
        ("{reply: Hi, faults: [{reset: {at: 3}}]}", "its answer is broken on purpose (reset)"),
        ("{when: {text: {regex: '^b+$'}}, reply: Hi}", "last user text is 'Hello'; expected text matching /^b+$/"),
        ("{when: {model: 'gpt-*'}, reply: Hi}", "some-model"),
        ("{when: {headers: {x-team: blue}}, reply: Hi}", "no request can be made up for its conditions: "),
        ("{when: {operation: login}, response: {body: {}}}", "its operation has no request that can be made up"),
    ],
)
def test_a_turn_that_cannot_be_asked_about_has_a_reason(turn: str, reason: str) -> None:
    question = asked(turn)
    assert isinstance(question, NoQuestion)
    assert reason in question.reason
