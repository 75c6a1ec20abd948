"""A comparison: the questions of a scenario, asked within a budget, and what is said of the answers."""

import asyncio
from collections.abc import Mapping
from xml.etree import ElementTree as Xml

import orjson
import pytest

from mockserver.contracts.document import ContractDocument
from mockserver.core.actions import Close, Head
from mockserver.engine.request import Request
from mockserver.files import bundled, loader
from mockserver.gate.budget import BudgetLimits
from mockserver.gate.comparison import Comparison, broken_promises, compare
from mockserver.gate.reports import drift as report
from mockserver.recording.drift import keeps_all
from mockserver.recording.exchange import RecordedExchange
from mockserver.recording.played import played
from mockserver.recording.question import questions
from mockserver.scenarios.compile import compile_scenario
from mockserver.upstream.asking import Ask
from tests.support.engine import Talk, contract, turns

UNLIMITED = BudgetLimits()
ERROR = "its answer is an error, which no request can bring about"

SCENARIO = """\
scenario: weather
turns:
  - {when: {text: Hello}, reply: Good day.}
  - {when: {last: tool_result}, reply: It rains.}
  - {error: {status: 429}}
"""


def gateway(*answers: str) -> Ask:
    """Return a gateway that plays these turns."""
    talk = Talk(turns("".join([f"  - {{{answer}, times: always}}\n" for answer in answers])))

    async def ask(request: Request) -> tuple[RecordedExchange, str]:
        return played(request, talk.send(request).actions), ""

    return ask


def compared(ask: Ask, limits: BudgetLimits = UNLIMITED, *, checks: bool = False) -> Comparison:
    """Return the comparison of the scenario with a gateway."""
    scenario = loader.parse(SCENARIO.encode(), "weather.yaml").scenario
    script, _ = compile_scenario(scenario, contract())
    comparison = Comparison("weather", "https://gateway.example")
    broken = broken_promises(ContractDocument.open(bundled.OPENAPI)) if checks else keeps_all
    asked = questions(scenario, script, contract(), model="qwen-coder-32b", key="sk_secret_of_mine")
    asyncio.run(compare(comparison, asked, ask, limits, broken))
    return comparison


def test_other_words_are_the_same_and_an_error_of_the_scenario_is_left_out() -> None:
    comparison = compared(gateway("reply: Anything."), checks=True)
    assert [turn.state for turn in comparison.turns] == ["same", "same", "left out"]
    assert comparison.exit_code == 0
    assert list(report.lines(comparison)) == [
        "turn 1   same",
        "turn 2   same",
        "turn 3   left out: its answer is an error, which no request can bring about",
        "The gateway behaves as the scenario says: 2 same, 1 left out (2 requests, at most 2,600 tokens).",
    ]


def test_a_changed_gateway_is_told_by_the_names_of_promises() -> None:
    ask = gateway("when: {last: user}, reply: [{tool_use: {name: look}}]", "reply: Fine.")
    comparison = compared(ask)
    assert comparison.exit_code == 1
    lines = list(report.lines(comparison))
    assert lines[:3] == [
        "turn 1   differs",
        "         not-empty: the scenario says text, the gateway tool calls",
        "         stop-matches-content: the scenario says end_turn, the gateway tool_use",
    ]
    assert lines[-1].startswith("The gateway differs from the scenario: 1 same, 1 differs, 1 left out")


def test_a_stream_of_another_grammar_breaks_promises_that_the_scenario_keeps() -> None:
    ask = gateway("reply: Good day., faults: [{quirk: no_content_block_start}]")
    comparison = compared(ask, checks=True)
    assert {drift.promise for drift in comparison.turns[0].drifts} >= {"messages-blocks"}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("error: {status: 429}", "it answered 429"),
        ("error: {status: 401}", "it answered 401"),
        ("error: {status: 500}", "it answered 500"),
        ("reply: Good day., faults: [{close: {at: 3}}]", "its answer did not arrive whole (closed)"),
    ],
)
def test_a_gateway_that_fails_was_not_checked(answer: str, reason: str) -> None:
    comparison = compared(gateway(answer))
    assert (comparison.turns[0].state, comparison.turns[0].reason) == ("not checked", reason)
    assert comparison.exit_code == 2


def test_a_gateway_that_cannot_be_asked_was_not_checked() -> None:
    async def ask(request: Request) -> tuple[RecordedExchange, str]:
        return played(request, (Head(502), Close())), "The upstream cannot be reached"

    comparison = compared(ask)
    assert comparison.turns[0].reason == "The upstream cannot be reached"
    assert comparison.exit_code == 2


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (BudgetLimits(requests=1), "the budget of 1 requests is used up"),
        (BudgetLimits(tokens=1_500), "it may cost 1446 tokens, but the budget has only 346 left"),
    ],
)
def test_the_budget_is_never_exceeded(limits: BudgetLimits, reason: str) -> None:
    comparison = compared(gateway("reply: Fine."), limits)
    assert [turn.state for turn in comparison.turns] == ["same", "not checked", "left out"]
    assert comparison.turns[1].reason == reason
    assert comparison.exit_code == 2


def test_a_scenario_without_any_question_could_not_be_checked() -> None:
    assert Comparison("empty", "https://gateway.example").exit_code == 2


def test_the_json_report_has_every_turn_and_no_key() -> None:
    content = report.as_json(compared(gateway("error: {status: 404}")))
    assert b"sk_secret" not in content
    value: Mapping[str, object] = orjson.loads(content)
    assert value["exit_code"] == 1
    assert value["turns"] == [
        {
            "turn": 1,
            "request": "POST /v1/messages",
            "state": "differs",
            "drift": [{"promise": "known-status", "expected": "200", "got": "404"}],
        },
        {
            "turn": 2,
            "request": "POST /v1/messages",
            "state": "differs",
            "drift": [{"promise": "known-status", "expected": "200", "got": "404"}],
        },
        {
            "turn": 3,
            "request": "",
            "state": "left out",
            "why": ERROR,
        },
    ]


@pytest.mark.parametrize(
    ("answer", "element"), [("error: {status: 404}", "failure"), ("error: {status: 401}", "error")]
)
def test_the_junit_report_has_a_case_for_each_turn(answer: str, element: str) -> None:
    cases = Xml.fromstring(report.as_junit(compared(gateway(answer)))).findall("testsuite/testcase")
    assert [case.get("name") for case in cases] == ["turn 1", "turn 2", "turn 3"]
    assert [case[0].tag for case in cases] == [element, element, "skipped"]
