"""The question of a turn: a request that the scenario answers with it, or the reason why there is none."""

import orjson
import pytest

from mockserver.files import loader
from mockserver.recording.question import NoQuestion, Question, questions
from mockserver.scenarios.compile import compile_scenario
from mockserver.scenarios.recorded import RecordedAnswer, RecordedRequest, says
from tests.support.engine import contract


def asked(turn: str, *requests: RecordedRequest) -> Question | NoQuestion:
    """Return the question of a scenario's only turn, of which these requests were recorded."""
    source = f"scenario: test\nturns:\n  - {turn}\n".encode()
    scenario = loader.parse(source, "test.yaml").scenario
    script, problems = compile_scenario(scenario, contract())
    assert problems == []
    said = says(scenario.turns[0])
    answers = [RecordedAnswer(says=said, operation="messages", request=request, status=200) for request in requests]
    [question] = questions(scenario, script, contract(), model="some-model", key="sk_test", answers=answers)
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


def recorded(text: str) -> RecordedRequest:
    """Return a recorded request that says a text."""
    body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": text}]}
    return RecordedRequest(method="POST", path="/v1/messages", body=body)


def test_a_recorded_request_is_asked_as_it_was() -> None:
    question = asked("{when: {text: {regex: '^b+'}}, reply: Hi}", recorded("bb {{secret.1}}"))
    assert isinstance(question, Question)
    assert orjson.loads(question.request.body)["messages"][0]["content"] == "bb secret"


def test_a_recorded_request_that_the_turn_does_not_match_any_more_is_made_up_anew() -> None:
    question = asked("{when: {text: Hello}, reply: Hi}", recorded("other"))
    assert isinstance(question, Question)
    assert orjson.loads(question.request.body)["messages"][0]["content"][0]["text"] == "Hello"


@pytest.mark.parametrize(("status", "is_asked"), [(404, True), (429, False), (500, False)])
def test_an_error_is_asked_about_if_its_request_was_recorded_and_brings_it_about(status: int, is_asked: bool) -> None:
    question = asked(f"{{error: {{status: {status}}}}}", recorded("Hello"))
    assert isinstance(question, Question) is is_asked
